"""Every address of the dashboard; the addresses others rely on stand in README.md."""

from functools import partial

from allauth.urls import urlpatterns as account_urls
from django.conf import settings
from django.urls import URLPattern, URLResolver, include, path

import dashboard.converters  # noqa: F401 -- the parts that addresses of contacts are made of
from dashboard.accounts import passkeys
from dashboard.accounts import views as accounts
from dashboard.accounts import views_company as company
from dashboard.alerts import views as alerts
from dashboard.api import views as api
from dashboard.api.service import api_addresses
from dashboard.audit import views as audit
from dashboard.capabilities import views as capabilities
from dashboard.catalogue import views as catalogue
from dashboard.checks import views as checks
from dashboard.connect_links import client as connect_client
from dashboard.connect_links import views as connect_links
from dashboard.connections import views as connections
from dashboard.connections import views_gist_fields as gist_fields
from dashboard.contacts import views as contacts
from dashboard.contacts import views_booking as contact_booking
from dashboard.contacts import views_person as contact_person
from dashboard.contacts import views_records as contact_records
from dashboard.data import views as data
from dashboard.encryption import views as encryption
from dashboard.exports import views as exports
from dashboard.glossary import views as glossary
from dashboard.guide import views as guide
from dashboard.health import views as health
from dashboard.imports import views as imports
from dashboard.keys import views as keys
from dashboard.links import launch
from dashboard.links import views as links
from dashboard.live import views as live
from dashboard.log import views as log
from dashboard.mapping import field_check
from dashboard.mapping import views as mapping
from dashboard.mapping.copying import copy_mapping
from dashboard.match import views as match
from dashboard.mcp import views as mcp
from dashboard.oauth import agency
from dashboard.oauth import views as oauth
from dashboard.overview import views as overview
from dashboard.palette import views as palette
from dashboard.people import views as people
from dashboard.plans import views as plans
from dashboard.plans.export import export_plan
from dashboard.problems import views as problems
from dashboard.problems import views_causes as problem_causes
from dashboard.routes import command, form, intake, limit_to_forms, page
from dashboard.runs import views as runs
from dashboard.saved_views import views as saved_views
from dashboard.suggestions import views as suggestions
from dashboard.traces import views as traces
from dashboard.webhooks import views as webhooks
from dashboard.workflows import views as workflows
from dashboard.workflows import views_executions as executions

PERSON = "contacts/<slug:link>/<side:side>/<external:contact_id>/"

handler400 = "dashboard.api.errors.answer_bad_request"
handler404 = "dashboard.api.errors.answer_not_found"
urlpatterns: list[URLPattern | URLResolver] = [
    page("", overview.overview, "overview"),
    command("overview/look/", overview.choose_look, "overview_look"),
    page("palette/", palette.palette, "palette"),
    page("palette/links/", palette.switch_link, "link_switcher"),
    command("views/", saved_views.save_view, "saved_view_new"),
    command("views/<int:pk>/remove/", saved_views.remove_view, "saved_view_remove"),
    page("suggestions/", suggestions.suggest, "suggestions"),
    page("rail/health/", overview.rail_health, "rail_health"),
    page("connections/", connections.connection_list, "connections"),
    form("connections/new/gist/", connections.new_gist, "connection_new_gist"),
    form("connections/new/ghl/", connections.new_ghl, "connection_new_ghl"),
    page("connections/<slug:key>/", connections.connection_detail, "connection"),
    command("connections/<slug:key>/check/", connections.check_connection, "connection_check"),
    command("connections/<slug:key>/rename/", connections.rename_connection, "connection_rename"),
    form("connections/<slug:key>/reconnect/", connections.reconnect_account, "connection_reconnect"),
    command("connections/<slug:key>/disconnect/", connections.disconnect_account, "connection_disconnect"),
    command("connections/<slug:key>/addresses/", connections.renew_webhook_addresses, "connection_addresses"),
    command("connections/<slug:key>/delete/", connections.delete_connection, "connection_delete"),
    form("connections/<slug:key>/gist-fields/", gist_fields.gist_fields, "connection_gist_fields"),
    page("oauth/ghl/start/", oauth.start_sign_in, "oauth_start"),
    page("oauth/ghl/callback/", oauth.receive_callback, "oauth_callback"),
    form("oauth/ghl/confirm/", oauth.confirm_install, "oauth_confirm"),
    form("oauth/ghl/location/", agency.choose_location, "oauth_location"),
    page("connect-links/", connect_links.connect_link_list, "connect_links"),
    form("connect-links/new/", connect_links.new_connect_link, "connect_link_new"),
    command("connect-links/<int:pk>/withdraw/", connect_links.withdraw_connect_link, "connect_link_revoke"),
    page("connect/done/", connect_client.done, "connect_done"),
    page("connect/<str:token>/", connect_client.ask_client, "connect_client"),
    page("connect/<str:token>/start/", connect_client.start, "connect_start"),
    page("links/", links.link_list, "links"),
    form("links/new/", links.new_link, "link_new"),
    form("links/<slug:key>/", links.link_detail, "link"),
    command("links/<slug:key>/sync/", links.start_sync, "link_sync"),
    command("links/<slug:key>/filters/", links.save_filters, "link_filters"),
    command("links/<slug:key>/undo/", plans.undo_rule, "link_undo"),
    command("links/<slug:key>/delete/", links.delete_link, "link_delete"),
    page("links/<slug:key>/checks/", checks.check_list, "checks"),
    command("links/<slug:key>/checks/again/", checks.check_again, "checks_again"),
    command("links/<slug:key>/live/", launch.go_live, "link_launch"),
    page("links/<slug:key>/match/", match.match_questions, "match"),
    page("links/<slug:key>/match/<matched:show>/", match.match_people, "match_people"),
    command("links/<slug:key>/match/questions/all/", match.answer_all, "match_all"),
    command("links/<slug:key>/match/questions/<int:pk>/", match.answer_one, "match_answer"),
    command("links/<slug:key>/match/questions/<int:pk>/undo/", match.undo_one, "match_undo"),
    command("links/<slug:key>/match/pairs/<int:pk>/", match.decide_pair, "match_pair"),
    form("links/<slug:key>/mapping/", mapping.mapping_editor, "mapping"),
    command("links/<slug:key>/mapping/carried/", mapping.save_carried, "mapping_carried"),
    form("links/<slug:key>/mapping/publish/", mapping.publish_mapping, "mapping_publish"),
    form("links/<slug:key>/mapping/copy/", copy_mapping, "mapping_copy"),
    page("links/<slug:key>/mapping/fields/", field_check.show_fields, "mapping_fields"),
    command("links/<slug:key>/mapping/fields/check/", field_check.run_check, "mapping_fields_check"),
    page("links/<slug:key>/mapping/versions/", mapping.version_list, "mapping_versions"),
    command("links/<slug:key>/mapping/versions/<int:number>/restore/", mapping.restore_version, "mapping_restore"),
    page("imports/", imports.import_list, "imports"),
    command("imports/upload/", imports.upload_file, "import_upload"),
    form("imports/<int:pk>/", imports.import_columns, "import"),
    page("imports/<int:pk>/check/", imports.import_check, "import_check"),
    command("imports/<int:pk>/blank/", imports.leave_blank, "import_blank"),
    command("imports/<int:pk>/start/", imports.start, "import_start"),
    command("imports/<int:pk>/discard/", imports.discard, "import_discard"),
    page("imports/runs/<int:pk>/", imports.imported, "imported"),
    page("imports/runs/<int:pk>/rejected/", imports.download_rejected, "imported_rejected"),
    page("runs/", runs.runs, "runs"),
    page("runs/export/", partial(exports.export_list, place="runs"), "runs_export"),
    page("runs/<int:pk>/", runs.run, "run"),
    command("runs/<int:pk>/cancel/", runs.cancel, "run_cancel"),
    command("runs/<int:pk>/pause/", runs.pause, "run_pause"),
    command("runs/<int:pk>/resume/", runs.resume, "run_resume"),
    command("runs/<int:pk>/retry/", runs.retry, "run_retry"),
    command("runs/<int:pk>/confirm/", runs.confirm, "run_confirm"),
    command("runs/<int:pk>/undo/", plans.undo_run, "run_undo"),
    page("plans/<int:pk>/", plans.plan, "plan"),
    page("plans/<int:pk>/export/", export_plan, "plan_export"),
    command("plans/<int:pk>/choose/", plans.choose_changes, "plan_choose"),
    command("plans/<int:pk>/apply/", plans.apply, "plan_apply"),
    page("workflows/", workflows.workflow_list, "workflows"),
    form("workflows/new/", workflows.new_workflow, "workflow_new"),
    form("workflows/<int:pk>/", workflows.workflow_editor, "workflow"),
    command("workflows/<int:pk>/test/", workflows.try_workflow, "workflow_test"),
    command("workflows/<int:pk>/switch/", workflows.switch_workflow, "workflow_switch"),
    form("workflows/<int:pk>/settings/", workflows.workflow_settings, "workflow_settings"),
    command("workflows/<int:pk>/delete/", workflows.delete_workflow, "workflow_delete"),
    page("workflows/<int:pk>/versions/", workflows.version_list, "workflow_versions"),
    command("workflows/<int:pk>/versions/<int:number>/restore/", workflows.restore_version, "workflow_restore"),
    page("workflows/<int:pk>/runs/", executions.execution_history, "workflow_runs"),
    page("workflows/runs/<int:pk>/", executions.execution_detail, "workflow_run"),
    command("workflows/runs/<int:pk>/retry/", executions.retry_execution, "workflow_run_retry"),
    command("workflows/runs/<int:pk>/stop/", executions.stop_execution, "workflow_run_stop"),
    page("problems/", problem_causes.problem_list, "problems"),
    page("problems/export/", partial(exports.export_list, place="problems"), "problems_export"),
    command("problems/retry/", problem_causes.retry_since, "problems_retry"),
    page("problems/<int:pk>/", problem_causes.problem, "problem"),
    page("problems/<int:pk>/export/", problem_causes.export_people, "problem_export"),
    command("problems/<int:pk>/retry/", problem_causes.retry, "problem_retry"),
    command("problems/<int:pk>/fix/", problem_causes.fix, "problem_fix"),
    command("problems/<int:pk>/state/", problem_causes.change_state, "problem_state"),
    command("problems/resting/<int:pk>/resume/", problem_causes.resume_pause, "pause_resume"),
    page("problems/person/", problems.question_list, "problems_person"),
    command("problems/person/<int:pk>/answer/", problems.answer_question, "question_answer"),
    command("problems/person/<int:pk>/dismiss/", problems.dismiss_question, "question_dismiss"),
    page("problems/rejected/", problems.rejected_event_list, "problems_rejected"),
    page("problems/rejected/<int:pk>/", problems.rejected_event, "rejected_event"),
    command("problems/rejected/<int:pk>/values/", problems.show_rejected_values, "rejected_values"),
    page("problems/waiting/", problems.waiting_person_list, "problems_waiting"),
    page("problems/waiting/events/", problems.waiting_event_list, "problems_waiting_events"),
    command("problems/waiting/<int:pk>/retry/", problems.retry_person, "waiting_retry"),
    page("alerts/", alerts.alert_list, "alerts"),
    page("contacts/", contacts.contact_list, "contacts"),
    page("contacts/export/", partial(exports.export_list, place="contacts"), "contacts_export"),
    page(PERSON, contacts.contact_detail, "contact"),
    page(f"{PERSON}timeline/", contacts.contact_timeline, "contact_timeline"),
    page(f"{PERSON}working/", contacts.contact_working, "contact_working"),
    command(f"{PERSON}act/", contact_person.contact_command, "contact_command"),
    command(f"{PERSON}link/", contact_person.contact_join, "contact_join"),
    command(f"{PERSON}delete/", contact_person.contact_delete, "contact_delete"),
    command(f"{PERSON}undo/", plans.undo_contact, "contact_undo"),
    command(f"{PERSON}tags/", contact_person.contact_tags, "contact_tags"),
    form(f"{PERSON}book/", contact_booking.contact_book, "contact_book"),
    command(f"{PERSON}<kind:kind>/", contact_records.contact_add, "contact_add"),
    command(f"{PERSON}<kind:kind>/<external:record>/", contact_records.contact_record, "contact_record"),
    page(f"{PERSON}<kind:kind>/<external:record>/edit/", contact_records.contact_edit, "contact_edit"),
    page("commands/<uuid:token>/", live.command_result, "command_result"),
    page("log/", log.log, "log"),
    page("log/export/", partial(exports.export_list, place="log"), "log_export"),
    command("log/retry/", problem_causes.retry_matching, "log_retry_matching"),
    page("log/<int:pk>/", log.entry, "log_entry"),
    command("log/<int:pk>/retry/", log.retry, "log_retry"),
    command("log/<int:pk>/values/", log.show_values, "log_values"),
    page("traces/<trace:trace>/", traces.trace, "trace"),
    page("catalogue/", catalogue.catalogue, "catalogue"),
    page("catalogue/export/", catalogue.export, "catalogue_export"),
    form("catalogue/<str:key>/", catalogue.operation, "operation"),
    page("capabilities/", capabilities.capabilities, "capabilities"),
    page("guide/", guide.guide, "guide"),
    command("guide/app/save/", guide.save_app, "guide_app"),
    command("guide/app/forget/", guide.forget_app, "guide_app_forget"),
    page("guide/<slug:chapter>/", guide.guide_chapter, "guide_chapter"),
    page("glossary/", glossary.glossary, "glossary"),
    page("settings/people/", people.people, "people"),
    form("settings/people/invite/", people.invite_person, "person_invite"),
    form("settings/people/<int:pk>/", people.person, "person"),
    command("settings/people/<int:pk>/deactivate/", people.deactivate_person, "person_deactivate"),
    command("settings/people/<int:pk>/activate/", people.activate_person, "person_activate"),
    command("settings/people/<int:pk>/reset-factors/", people.reset_factors_of_person, "person_reset_factors"),
    command("settings/people/<int:pk>/sign-out/", people.sign_out_person, "person_sign_out"),
    command("settings/invitations/<int:pk>/revoke/", people.revoke_invitation, "invitation_revoke"),
    page("settings/alerts/", alerts.alert_settings, "alert_settings"),
    command("settings/alerts/rules/", alerts.save_rules, "alert_rules"),
    form("settings/alerts/new/<slug:kind>/", alerts.new_channel, "alert_channel_new"),
    form("settings/alerts/<int:pk>/", alerts.change_channel, "alert_channel"),
    command("settings/alerts/<int:pk>/test/", alerts.test_channel, "alert_channel_test"),
    command("settings/alerts/<int:pk>/again/", alerts.send_given_up, "alert_channel_again"),
    command("settings/alerts/<int:pk>/delete/", alerts.delete_channel, "alert_channel_delete"),
    page("settings/keys/", keys.keys, "keys"),
    form("settings/keys/new/", keys.new_key, "key_new"),
    command("settings/keys/<int:pk>/revoke/", keys.revoke_key, "key_revoke"),
    page("settings/audit/", audit.audit_trail, "audit"),
    page("settings/audit/check/", audit.check_trail, "audit_check"),
    page("settings/audit/export/", audit.export_trail, "audit_export"),
    form("settings/data/", data.data, "data"),
    page("settings/encryption/", encryption.encryption, "encryption"),
    command("settings/encryption/rotate/", encryption.rotate_secrets, "encryption_rotate"),
    page("settings/health/", health.health, "health"),
    command("settings/data/retention/", data.save_retention, "retention_save"),
    command("settings/data/erasures/<int:pk>/allow/", data.allow_person, "erasure_allow"),
    form("invitation/<str:token>/", people.invitation, "invitation"),
    form("accounts/login/", accounts.login, "account_login"),
    form("accounts/password/reset/", accounts.reset_password, "account_reset_password"),
    form("accounts/email/", accounts.change_email, "account_email"),
    page("accounts/company/", company.start, "company_sign_in"),
    page("accounts/company/callback/", company.come_back, "company_callback"),
    form("accounts/2fa/authenticate/", passkeys.second_step, "mfa_authenticate"),
    page("accounts/2fa/webauthn/", passkeys.list_passkeys, "mfa_list_webauthn"),
    form("accounts/2fa/webauthn/login/", passkeys.sign_in_by_passkey, "mfa_login_webauthn"),
    form("accounts/2fa/webauthn/reauthenticate/", passkeys.show_passkey_again, "mfa_reauthenticate_webauthn"),
    path("accounts/", include(limit_to_forms(account_urls))),
    *intake("webhooks/ghl/", webhooks.receive_ghl_webhook, "webhook_ghl"),
    *intake("webhooks/gist/<str:token>/<str:topic>/", webhooks.receive_gist_webhook, "webhook_gist"),
    page("api/v1/openapi.json", api.openapi, "api_openapi"),
    page("api/v1/docs", api.docs, "api_docs"),
    *api_addresses(),
    path("mcp/", mcp.receive, name="mcp"),
    page("healthz", health.healthz, "healthz"),
    page("readyz", health.readyz, "readyz"),
    page("metrics", health.metrics, "metrics"),
]
if settings.DEMO:
    urlpatterns.append(path("sandbox/", include("integration.twin.urls")))
