"""What `manage.py apply` refuses: the sentence names the place, and nothing is written."""

from typing import Any

import pytest

from integration.errors import SetupError
from integration.models import Link, Snapshot
from integration.setup_file.changes import apply_document
from tests.setup_example import ENV, apply, refusal

pytestmark = pytest.mark.django_db


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
        ("links.0.gist_filter", {"conditions": [{"field": "tagz"}]}, "links[0].gist_filter.conditions[0]", "“tagz”"),
        ("links.0.gist_filter", {"conditions": [{"field": "tags"}]}, "links[0].gist_filter.conditions[0]", "a value"),
        ("links.0.ghl_filter", {"when": 1}, "links[0].ghl_filter.conditions", "is missing"),
        (
            "links.0.ghl_filter",
            {"conditions": [{"field": "city", "op": "near", "value": "Rome"}]},
            "links[0].ghl_filter.conditions[0]",
            "“near” is no comparison",
        ),
        (
            "links.0.ghl_filter",
            {"conditions": [{"field": "segments", "value": "VIP"}]},
            "links[0].ghl_filter.conditions[0]",
            "GHL has no field “segments”",
        ),
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
        apply_document(text, {})


@pytest.mark.parametrize("text", ['{"version": 1, "version": 1}', "version: 1\nversion: 1"])
def test_a_key_given_twice_is_refused(text):
    with pytest.raises(SetupError, match="given twice"):
        apply_document(text, {})


@pytest.mark.parametrize("text", ['{"a": "s3cret" "b"}', "access_token: s3cret\n  bad: [", 'a: "s3cret\\q"'])
def test_a_refusal_does_not_repeat_secrets(text):
    with pytest.raises(SetupError) as refused:
        apply_document(text, {})
    assert "s3cret" not in str(refused.value)
