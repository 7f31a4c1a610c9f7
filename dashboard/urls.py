"""Every address of the dashboard; the addresses others rely on stand in README.md."""

from django.conf import settings
from django.urls import URLPattern, URLResolver, include, path

from dashboard.views import accounts, connections, health, links, log, mapping, oauth, overview, runs

urlpatterns: list[URLPattern | URLResolver] = [
    path("", overview.overview, name="overview"),
    path("rail/health/", overview.rail_health, name="rail_health"),
    path("connections/", connections.connections, name="connections"),
    path("connections/new/gist/", connections.new_gist, name="connection_new_gist"),
    path("connections/new/ghl/", connections.new_ghl, name="connection_new_ghl"),
    path("connections/<slug:key>/", connections.connection, name="connection"),
    path("connections/<slug:key>/check/", connections.check, name="connection_check"),
    path("connections/<slug:key>/rename/", connections.rename, name="connection_rename"),
    path("connections/<slug:key>/reconnect/", connections.reconnect, name="connection_reconnect"),
    path("connections/<slug:key>/disconnect/", connections.disconnect, name="connection_disconnect"),
    path("connections/<slug:key>/delete/", connections.delete, name="connection_delete"),
    path("oauth/ghl/start/", oauth.start, name="oauth_start"),
    path("oauth/ghl/callback/", oauth.callback, name="oauth_callback"),
    path("oauth/ghl/confirm/", oauth.confirm, name="oauth_confirm"),
    path("oauth/ghl/location/", oauth.location, name="oauth_location"),
    path("links/", links.links, name="links"),
    path("links/new/", links.new, name="link_new"),
    path("links/<slug:key>/", links.link, name="link"),
    path("links/<slug:key>/sync/", links.sync, name="link_sync"),
    path("links/<slug:key>/delete/", links.delete, name="link_delete"),
    path("links/<slug:key>/mapping/", mapping.mapping, name="mapping"),
    path("links/<slug:key>/mapping/versions/", mapping.versions, name="mapping_versions"),
    path("links/<slug:key>/mapping/versions/<int:number>/restore/", mapping.restore, name="mapping_restore"),
    path("runs/", runs.runs, name="runs"),
    path("runs/<int:pk>/", runs.run, name="run"),
    path("runs/<int:pk>/cancel/", runs.cancel, name="run_cancel"),
    path("runs/<int:pk>/retry/", runs.retry, name="run_retry"),
    path("log/", log.log, name="log"),
    path("log/<int:pk>/", log.entry, name="log_entry"),
    path("log/<int:pk>/retry/", log.retry, name="log_retry"),
    path("accounts/login/", accounts.login, name="account_login"),
    path("accounts/", include("allauth.urls")),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", health.metrics, name="metrics"),
]
if settings.DEMO:
    urlpatterns.append(path("sandbox/", include("integration.twin.urls")))
