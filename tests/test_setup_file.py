"""The setup file: what `manage.py apply` makes of it, and how it comes out again."""

import json
from datetime import UTC, datetime, timedelta

import pytest
import yaml

from dashboard.links.forms import LinkForm
from integration.mapping.versions import current_rows
from integration.models import Connection, ConnectionStatus, Link
from integration.setup_file.changes import apply_document
from integration.setup_file.exporting import export_document
from tests.setup_example import ENV, EXPORT_ENV, apply

pytestmark = pytest.mark.django_db


# Applying -----------------------------------------------------------------------------------------------


def test_the_country_of_numbers_is_the_locations_unless_the_file_says_otherwise(acme):
    (link,) = acme["links"]
    del link["mappings"]  # Nothing then to look up in GHL.
    for given, stands in (({}, ""), ({"default_country": "GB"}, "GB"), ({}, "GB"), ({"default_country": ""}, "")):
        apply({**acme, "links": [link | given]})
        assert Link.objects.get().default_country == stands
        assert export_document()["links"][0]["default_country"] == stands


def test_every_setting_of_a_link_s_page_stands_in_the_file(acme):
    apply(acme)
    own = {"merge_seconds": 4.5, "change_cap": 300}
    assert apply({**acme, "links": [acme["links"][0] | own]}) == [
        "link acme: merge_seconds 0.3 → 4.5",
        "link acme: change_cap 0 → 300",
    ]
    (exported,) = export_document()["links"]
    assert set(LinkForm.Meta.fields) <= set(exported)
    Link.objects.all().delete()
    apply({**acme, "links": [exported]})
    assert own == {name: getattr(Link.objects.get(), name) for name in own}


def test_the_first_time_everything_is_created(acme):
    assert apply(acme) == [
        "connection acme-gist created",
        "connection acme-ghl created",
        "link acme created",
        "link acme: mapping version 1 saved (5 rows)",
        "link acme: workflow “Welcome new contact” created, on",
    ]
    ghl = Connection.objects.get(key="acme-ghl")
    assert ghl.credentials == {"access_token": "access-1", "refresh_token": "refresh-1"}
    assert ghl.token_expires_at == datetime(2026, 1, 1, tzinfo=UTC)
    assert Connection.objects.get(key="acme-gist").credentials == {"access_token": "gist-key"}
    assert current_rows(Link.objects.get())[2].steps == [{"name": "phone_e164"}]


def test_the_second_time_nothing_changes(acme):
    apply(acme)
    assert apply(acme) == []


def test_yaml_says_the_same_as_json(acme):
    apply(acme)
    assert apply_document(yaml.safe_dump(acme), ENV).changed == []


def test_json_may_be_indented_with_tabs(acme):
    assert apply_document(json.dumps(acme, indent="\t"), ENV).changed


def test_changed_rules_are_named_with_before_and_after(acme):
    apply(acme)
    acme["links"][0] |= {"direction": "gist_to_ghl", "enabled": False, "match": ["email"]}
    assert apply(acme) == [
        "link acme: enabled yes → no",
        "link acme: direction two_way → gist_to_ghl",
        "link acme: match email, phone → email",
    ]


def test_a_filter_is_set_kept_exported_and_taken_away(acme):
    acme["links"][0]["gist_filter"] = {"conditions": [{"field": "tags", "value": "clinic-a"}, {"field": "opt_in"}]}
    apply(acme)
    exported = export_document()["links"][0]["gist_filter"]
    assert exported == {
        "match": "all",
        "conditions": [
            {"field": "tags", "op": "is", "value": "clinic-a"},
            {"field": "opt_in", "op": "is", "value": "yes"},
        ],
    }
    assert apply(export_document(), EXPORT_ENV) == []
    del acme["links"][0]["gist_filter"]
    assert apply(acme) == []  # Left out, it stays.
    acme["links"][0]["gist_filter"] = None
    assert apply(acme) == ["link acme: Gist: Everybody"]
    assert Link.objects.get().gist_filter is None


def test_a_changed_row_makes_a_new_mapping_version(acme):
    apply(acme)
    acme["links"][0]["mappings"][1]["owner"] = "gist"
    assert apply(acme) == ["link acme: mapping version 2 saved (5 rows)"]


def test_what_is_left_out_stays(acme):
    apply(acme)
    for name in ("mappings", "schedule_minutes", "conflict"):
        del acme["links"][0][name]
    Link.objects.update(schedule_minutes=60, conflict="ghl")
    assert apply(acme) == []
    assert current_rows(Link.objects.get())


def test_a_private_token_signs_in_instead_of_oauth(acme):
    del acme["connections"][1]["oauth"]
    acme["connections"][1]["private_token"] = "pit-1"
    apply(acme)
    assert Connection.objects.get(key="acme-ghl").credentials == {"private_token": "pit-1"}


def test_one_transform_many_and_one_with_options_are_read(acme):
    acme["links"][0]["mappings"] = [
        {"gist": "email", "ghl": "email", "transforms": ["trim", "lower"]},
        {"gist": "name", "ghl": "name", "steps": [{"name": "title"}]},
        {"gist": "job_title", "ghl": "source", "transform": {"name": "table", "table": {"a": "b"}}},
    ]
    apply(acme)
    names = [[step["name"] for step in row.steps] for row in current_rows(Link.objects.get())]
    assert names == [["trim", "lower"], ["title"], ["table"]]


@pytest.mark.parametrize(
    "template",
    ["welcome_new_contact", "keep_in_step", "task_done", "contact_opened", "meeting_booked", "tag_bridge"],
)
def test_every_template_is_usable_with_only_enabled_given(acme, template):
    acme["links"][0]["workflows"] = [{"template": template, "enabled": True}]
    assert apply(acme)


# Logins that changed meanwhile --------------------------------------------------------------------------


def refreshed() -> Connection:
    """The GHL connection after a worker renewed its tokens."""
    connection = Connection.objects.get(key="acme-ghl")
    tokens = {"access_token": "access-2", "refresh_token": "refresh-2"}
    connection.save_tokens(tokens, datetime.now(UTC) + timedelta(days=1))
    return connection


def test_older_tokens_of_the_file_do_not_replace_refreshed_ones(acme):
    apply(acme)
    connection = refreshed()
    assert apply(acme) == []
    connection.refresh_from_db()
    assert connection.credentials["refresh_token"] == "refresh-2"
    assert connection.token_expires_at > datetime.now(UTC)


def test_new_tokens_in_the_file_replace_what_stands(acme):
    apply(acme)
    connection = refreshed()
    connection.set_status(ConnectionStatus.RECONNECT, "refused")
    assert apply(acme, ENV | {"ACME_GHL_ACCESS": "access-9", "ACME_GHL_REFRESH": "refresh-9"}) == [
        "connection acme-ghl: login replaced"
    ]
    connection.refresh_from_db()
    assert connection.credentials == {"access_token": "access-9", "refresh_token": "refresh-9"}
    assert connection.status == ConnectionStatus.NEW


def test_another_end_of_the_same_token_is_believed(acme):
    apply(acme)
    acme["connections"][1]["oauth"]["expires_at"] = "2030-01-01T00:00:00Z"
    assert apply(acme) == ["connection acme-ghl: end of the access token corrected"]


def test_a_disconnected_connection_is_connected_again(acme):
    apply(acme)
    Connection.objects.filter(key="acme-gist").update(credentials={}, status=ConnectionStatus.DISCONNECTED)
    assert apply(acme) == ["connection acme-gist: login replaced"]


def test_a_new_gist_key_keeps_the_webhook_addresses(acme):
    apply(acme)
    Connection.objects.filter(key="acme-gist").update(credentials={"access_token": "gist-key", "webhook_token": "w"})
    apply(acme, ENV | {"ACME_GIST_TOKEN": "gist-key-2"})
    credentials = Connection.objects.get(key="acme-gist").credentials
    assert credentials == {"access_token": "gist-key-2", "webhook_token": "w"}


# Exporting ----------------------------------------------------------------------------------------------


def test_the_export_applied_again_changes_nothing(acme):
    apply(acme)
    assert apply(export_document(), EXPORT_ENV) == []


def test_the_export_makes_the_same_on_an_empty_installation(acme):
    apply(acme)
    exported = export_document()
    Link.objects.all().delete()
    Connection.objects.all().delete()
    apply(exported, EXPORT_ENV)
    assert export_document() == exported


def test_the_export_holds_no_secret(acme):
    apply(acme)
    text = json.dumps(export_document())
    assert not [secret for secret in ENV.values() if secret in text]


def test_the_export_of_one_link_holds_its_connections_only(acme):
    acme["connections"].append({"key": "other", "provider": "gist", "access_token": "x"})
    apply(acme)
    assert [c["key"] for c in export_document(Link.objects.all())["connections"]] == ["acme-ghl", "acme-gist"]
    assert len(export_document()["connections"]) == 3
