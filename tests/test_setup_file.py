"""The setup file: what `manage.py apply` makes of it, what it refuses, and how it comes out again."""

import copy
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import yaml

from integration.errors import SetupError
from integration.mapping.versions import current_rows
from integration.models import Connection, ConnectionStatus, Link, MappingVersion, Snapshot
from integration.setup_file import apply_file, export

pytestmark = pytest.mark.django_db

ENV = {"ACME_GIST_TOKEN": "gist-key", "ACME_GHL_ACCESS": "access-1", "ACME_GHL_REFRESH": "refresh-1"}
EXPORT_ENV = {
    "ACME_GIST_ACCESS_TOKEN": "gist-key",
    "ACME_GHL_ACCESS_TOKEN": "access-1",
    "ACME_GHL_REFRESH_TOKEN": "refresh-1",
}
ACME: dict[str, Any] = {
    "version": 1,
    "connections": [
        {"key": "acme-gist", "provider": "gist", "name": "Acme Gist", "access_token": {"env": "ACME_GIST_TOKEN"}},
        {
            "key": "acme-ghl",
            "provider": "ghl",
            "name": "Acme GHL",
            "location_id": "ve9EPM428h8vShlRW1KT",
            "oauth": {
                "access_token": {"env": "ACME_GHL_ACCESS"},
                "refresh_token": {"env": "ACME_GHL_REFRESH"},
                "expires_at": "2026-01-01T00:00:00Z",
            },
        },
    ],
    "links": [
        {
            "key": "acme",
            "gist": "acme-gist",
            "ghl": "acme-ghl",
            "mode": "live",
            "enabled": True,
            "direction": "two_way",
            "conflict": "newest",
            "deletes": "ignore",
            "schedule_minutes": 15,
            "match": ["email", "phone"],
            "mappings": [
                {"gist": "email", "ghl": "email", "direction": "two_way"},
                {"gist": "name", "ghl": "name", "direction": "two_way"},
                {"gist": "phone", "ghl": "phone", "direction": "two_way", "transform": "phone_e164"},
                {"gist": "tags", "ghl": "tags", "direction": "two_way"},
                {"gist": "custom_properties.plan", "ghl": "customFields.plan", "direction": "gist_to_ghl"},
            ],
            "workflows": [
                {
                    "template": "welcome_new_contact",
                    "enabled": True,
                    "tags": ["from-gist"],
                    "tasks": [{"title": "Call {{ contact.name }}", "due_in_days": 2}],
                    "notes": [{"body": "Came from Gist"}],
                }
            ],
        }
    ],
}


@pytest.fixture
def acme() -> dict[str, Any]:
    """The example of the contract, to be changed at will."""
    return copy.deepcopy(ACME)


def apply(document: dict[str, Any], env: dict[str, str] = ENV) -> list[str]:
    return apply_file(json.dumps(document), env)


def refusal(document: dict[str, Any], env: dict[str, str] = ENV) -> SetupError:
    """The refusal of a document, after making sure that nothing was written."""
    before = Connection.objects.count(), Link.objects.count(), MappingVersion.objects.count()
    with pytest.raises(SetupError) as refused:
        apply(document, env)
    assert (Connection.objects.count(), Link.objects.count(), MappingVersion.objects.count()) == before
    return refused.value


# Applying -----------------------------------------------------------------------------------------------


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
    assert apply_file(yaml.safe_dump(acme), ENV) == []


def test_json_may_be_indented_with_tabs(acme):
    assert apply_file(json.dumps(acme, indent="\t"), ENV)


def test_changed_rules_are_named_with_before_and_after(acme):
    apply(acme)
    acme["links"][0] |= {"direction": "gist_to_ghl", "enabled": False, "match": ["email"]}
    assert apply(acme) == [
        "link acme: enabled yes → no",
        "link acme: direction two_way → gist_to_ghl",
        "link acme: match email, phone → email",
    ]


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


# Refusals -----------------------------------------------------------------------------------------------


def set_at(document: Any, path: str, value: Any) -> None:
    """`set_at(doc, "links.0.mode", "x")`."""
    *parents, last = path.split(".")
    for part in parents:
        document = document[int(part) if part.isdigit() else part]
    document[int(last) if last.isdigit() else last] = value


@pytest.mark.parametrize(
    ("path", "value", "where", "words"),
    [
        ("version", 2, "version", "possible values: 1"),
        ("connexions", [], "connexions", "known here: version, connections, links"),
        ("connections.0.provider", "hubspot", "connections[0].provider", "'gist' or 'ghl'"),
        ("connections.0.token", "x", "connections[0].token", "known here: key, provider"),
        ("connections.0.key", "a b", "connections[0].key", "pattern"),
        ("connections.0.access_token", {"env": "NOT_SET"}, "connections[0].access_token", "NOT_SET is not set"),
        ("connections.0.access_token", {"file": "x"}, "connections[0].access_token", '{"env": "NAME"}'),
        ("connections.0.access_token", "", "connections[0].access_token", "must be a text"),
        ("connections.0.location_id", "x", "connections[0].location_id", "not for a Gist connection"),
        ("connections.1.access_token", "x", "connections[1].access_token", "not for a GHL connection"),
        ("connections.1.private_token", "x", "connections[1].private_token", "beside oauth"),
        ("connections.1.location_id", None, "connections[1].location_id", "is missing"),
        ("connections.1.oauth.expires_at", "soon", "connections[1].oauth.expires_at", "datetime"),
        ("connections.1.oauth.refresh", "x", "connections[1].oauth.refresh", "known here: access_token, refresh_token"),
        ("connections.1.key", "acme-gist", "connections[1].key", "key of connections[0] already"),
        ("links.0.gist", "nobody", "links[0].gist", "Gist connections here: acme-gist"),
        ("links.0.ghl", "acme-gist", "links[0].ghl", "is a Gist connection"),
        ("links.0.direction", "both", "links[0].direction", "two_way"),
        ("links.0.conflict", "oldest", "links[0].conflict", "newest"),
        ("links.0.deletes", "all", "links[0].deletes", "propagate"),
        ("links.0.mode", "dry", "links[0].mode", "watch"),
        ("links.0.schedule_minutes", -1, "links[0].schedule_minutes", "greater than or equal to 0"),
        ("links.0.match", ["name"], "links[0].match[0]", "'email' or 'phone'"),
        ("links.0.match", ["email", "email"], "links[0].match", "same field twice"),
        ("links.0.default_country", "XX", "links[0].default_country", "no country"),
        ("links.0.mappings.2.ghl", "fone", "links[0].mappings[2].ghl", "GHL has no field “fone”"),
        ("links.0.mappings.2.gist", "fone", "links[0].mappings[2].gist", "Gist has no field “fone”"),
        ("links.0.mappings.2.ghl", "customFields.", "links[0].mappings[2].ghl", "GHL has no field"),
        ("links.0.mappings.2.ghl", "dateAdded", "links[0].mappings[2].ghl", ""),
        ("links.0.mappings.2.transform", "shout", "links[0].mappings[2].transform", "no transform “shout”"),
        ("links.0.mappings.2.transfrom", "trim", "links[0].mappings[2].transfrom", "known here: gist, ghl"),
        ("links.0.mappings.2.steps", ["trim"], "links[0].mappings[2].steps", "beside transform"),
        ("links.0.mappings.2.direction", "up", "links[0].mappings[2].direction", "two_way"),
        ("links.0.mappings.2.owner", "mine", "links[0].mappings[2].owner", "newest"),
        ("links.0.workflows.0.template", "magic", "links[0].workflows[0].template", "tag_bridge"),
        ("links.0.workflows.0.tasks.0.due", 1, "links[0].workflows[0].tasks[0].due", "known here: title"),
        ("links.0.workflows.0.notes.0.body", "", "links[0].workflows[0].notes[0].body", "at least 1 character"),
    ],
)
def test_a_refusal_names_the_place_and_writes_nothing(acme, path, value, where, words):
    set_at(acme, path, value)
    if path.endswith("mappings.2.ghl") and value == "dateAdded":
        acme["links"][0]["mappings"][2]["direction"] = "gist_to_ghl"
    refused = refusal(acme)
    assert refused.where == where
    assert words in refused.problem
    assert str(refused).startswith(f"{where}: ")


def test_an_environment_variable_that_is_empty_counts_as_not_set(acme):
    assert "ACME_GIST_TOKEN is not set" in str(refusal(acme, ENV | {"ACME_GIST_TOKEN": ""}))


def test_further_refusals_are_counted(acme):
    acme["links"][0] |= {"mode": "x", "deletes": "y", "conflict": "z"}
    assert "(2 more after this one.)" in str(refusal(acme))


def test_a_new_connection_needs_a_login(acme):
    del acme["connections"][0]["access_token"]
    assert refusal(acme).where == "connections[0].access_token"


def test_one_location_is_one_connection(acme):
    acme["connections"].append({**acme["connections"][1], "key": "again"})
    assert "connected as “acme-ghl” already" in str(refusal(acme))


def test_two_accounts_are_joined_once(acme):
    acme["links"].append({**acme["links"][0], "key": "again"})
    assert "joined by link “acme” already" in str(refusal(acme))


def test_a_connection_keeps_its_account(acme):
    apply(acme)
    acme["connections"][1]["location_id"] = "another"
    assert "stands for location ve9EPM428h8vShlRW1KT" in str(refusal(acme))


def test_a_link_that_knows_people_keeps_its_connections(acme):
    apply(acme)
    Snapshot.objects.create(link=Link.objects.get(), side="gist", external_id="1")
    acme["connections"].append({"key": "other-gist", "provider": "gist", "access_token": "x"})
    acme["links"][0]["gist"] = "other-gist"
    assert "has read people" in str(refusal(acme))


@pytest.mark.parametrize("text", ['{"version": 1,', "version: [1", "- a\n- b", "", "\x00"])
def test_text_that_is_no_setup_file_is_refused(text):
    with pytest.raises(SetupError):
        apply_file(text, {})


@pytest.mark.parametrize("text", ['{"version": 1, "version": 1}', "version: 1\nversion: 1"])
def test_a_key_given_twice_is_refused(text):
    with pytest.raises(SetupError, match="given twice"):
        apply_file(text, {})


@pytest.mark.parametrize("text", ['{"a": "s3cret" "b"}', "access_token: s3cret\n  bad: [", 'a: "s3cret\\q"'])
def test_a_refusal_does_not_repeat_secrets(text):
    with pytest.raises(SetupError) as refused:
        apply_file(text, {})
    assert "s3cret" not in str(refused.value)


# Exporting ----------------------------------------------------------------------------------------------


def test_the_export_applied_again_changes_nothing(acme):
    apply(acme)
    assert apply(export(), EXPORT_ENV) == []


def test_the_export_makes_the_same_on_an_empty_installation(acme):
    apply(acme)
    exported = export()
    Link.objects.all().delete()
    Connection.objects.all().delete()
    apply(exported, EXPORT_ENV)
    assert export() == exported


def test_the_export_holds_no_secret(acme):
    apply(acme)
    text = json.dumps(export())
    assert not [secret for secret in ENV.values() if secret in text]


def test_the_export_of_one_link_holds_its_connections_only(acme):
    acme["connections"].append({"key": "other", "provider": "gist", "access_token": "x"})
    apply(acme)
    assert [c["key"] for c in export(Link.objects.all())["connections"]] == ["acme-ghl", "acme-gist"]
    assert len(export()["connections"]) == 3
