"""Every address of the dashboard; the addresses others rely on stand in README.md."""

from django.conf import settings
from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("accounts/", include("allauth.urls")),
]
if settings.DEMO:
    urlpatterns.append(path("sandbox/", include("integration.twin.urls")))
