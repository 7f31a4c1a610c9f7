"""Answers that differ in ids, values and numbers have one cause; other answers have others."""

from types import SimpleNamespace

import pytest

from integration.causes.classify import classify, normalise
from integration.causes.registry import BY_REASON, BY_SKIP, CAUSES
from integration.errors import ProviderError
from integration.problems.fixes.registry import REMEDIES


def entry(reason="rejected", message="", response=None, status=400, operation="ghl.contacts.update", **facts):
    call = {"operation": operation, "status": status, "response": response, "error": reason}
    call["request"] = facts.pop("request", None)
    standard = {"outcome": "failed", "kind": "contact", "side": "", "left_out": [], "label": "Ann"}
    calls = [call] if response is not None else []
    return SimpleNamespace(reason=reason, message=message, calls=calls, **{**standard, **facts})


def cause(*args, changes=(), **facts):
    found = classify(entry(*args, **facts), changes)
    return found.cause, found.subject


def refusal(*texts):
    return {"statusCode": 422, "message": list(texts), "traceId": "a81"}


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["phone must be a valid phone number"], ("ghl.phone_invalid", "phone")),
        (["city must be a real city"], ("ghl.value_invalid", "city")),
        (["property gender should not exist"], ("ghl.field_unknown", "gender")),
        (["email must be an email"], ("ghl.email_invalid", "email")),
        (["country must be a valid ISO 3166 code"], ("ghl.country_invalid", "country")),
        (["dateOfBirth must be a valid ISO 8601 date string"], ("ghl.date_invalid", "dateOfBirth")),
    ],
)
def test_a_property_that_an_answer_names_is_the_subject(texts, expected):
    assert cause(response=refusal(*texts), status=422) == expected


@pytest.mark.parametrize(
    ("text", "one", "other"),
    [
        ("The slot {} is gone", "12", "7"),
        ("Record {} is locked", "kW2pAb39sQ7x", "00aB7c91dE2z"),
        ("{} is no plan", "“Family 24”", "“Starter”"),
        ("Nothing is known of {}", "ann@example.test", "bo.ray@example.org"),
        ("It is closed to {}", "Annabel", "Bo Ray"),
    ],
)
def test_what_belongs_to_one_record_makes_no_other_cause(text, one, other):
    found = {cause(response={"message": text.format(value)}, request={"name": value}) for value in (one, other)}
    assert len(found) == 1


def test_values_that_were_sent_are_taken_out_of_an_answer():
    texts = {normalise(f"{plan} is closed", {"request": {"plan": plan}}) for plan in ("Family", "Starter")}
    assert texts == {"… is closed"}


def test_other_statuses_and_texts_are_other_causes():
    found = {
        cause(response={"message": "It is full"}, status=400),
        cause(response={"message": "It is full"}, status=409),
        cause(response={"message": "It is closed"}, status=400),
        cause(response={"errors": [{"message": "It is full"}]}, status=400, operation="gist.contacts.save"),
    }
    assert len(found) == 4


@pytest.mark.parametrize(
    ("reason", "message", "expected"),
    [
        (
            "missing_scope",
            "GHL: no. The call “Create a task” needs contacts.write.",
            ("ghl.scope_missing", "contacts.write"),
        ),
        ("internal", "Gistline met a fault of its own (KeyError).", ("internal", "KeyError")),
        ("temporary", "Alder GHL: GHL did not answer in time.", ("ghl.unreachable", "")),
        ("duplicate", "GHL has a contact with this phone already (ab12).", ("ghl.duplicate", "phone")),
        ("gone", "GHL: Contact with id 12 not found.", ("ghl.record_gone", "contact")),
    ],
)
def test_reason_codes_that_say_enough_are_causes(reason, message, expected):
    side = {} if reason == "internal" else {"side": "ghl"}
    assert cause(reason, message, **side) == expected


def test_a_field_that_was_left_out_is_the_subject_whatever_the_answer_names():
    left_out = SimpleNamespace(state="failed", field="customFields.plan", side="ghl")
    answer = refusal("customFields.0.field_value must be a number")
    found = cause("left_out", response=answer, status=422, changes=[left_out])
    assert found == ("ghl.number_invalid", "customFields.plan")


@pytest.mark.parametrize(
    "response", ["<html>Bad gateway</html>" * 500, [], {"message": {"a": 1}}, {"message": [None]}, 7]
)
def test_no_answer_is_too_odd_to_be_classified(response):
    assert cause(response=response, status=502)[0]


def test_every_cause_that_is_named_stands_in_the_registry_and_so_does_every_fix():
    assert {*BY_REASON.values(), *BY_SKIP.values()} <= CAUSES.keys()
    assert {fix for one in CAUSES.values() for fix in one.fixes} <= REMEDIES.keys()


def errors(kind=ProviderError):
    # The dashboard has errors of its own, which are no entries of the log.
    if kind.__module__ == ProviderError.__module__:
        yield kind
    for below in kind.__subclasses__():
        yield from errors(below)


def test_every_error_of_a_provider_has_a_cause():
    refusals = {"rejected", "left_out", "provider_error"}
    assert {one.code for one in errors()} - refusals <= BY_REASON.keys()
