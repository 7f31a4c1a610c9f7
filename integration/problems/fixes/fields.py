"""Fixes of the fields that an account has: make the one that is missing, read again those that there are."""

from typing import Any

from integration.connections.fields import fields_of
from integration.connections.session import exchange_for
from integration.errors import SetupError
from integration.models import Change, ChangeAction, Mode
from integration.problems.fixes.affected import Affected
from integration.problems.fixes.offer import Offer
from integration.providers.exchange import Steps
from integration.providers.ghl import locations
from integration.providers.ghl.fields import CUSTOM
from integration.records import PersonRef
from integration.related.write_result import WriteResult, log_result, run_of_person
from integration.sync.apply import send_call


def _field_name(affected: Affected) -> str:
    return affected.problem.subject.removeprefix(CUSTOM).replace("_", " ").strip()


def test_creating(affected: Affected) -> Offer | None:
    """Only GHL's custom fields are made by API (docs/ghl-api.md#custom-fields); Gist's come with their first value."""
    if affected.problem.side != "ghl" or not affected.problem.subject.startswith(CUSTOM):
        return None
    name = _field_name(affected).capitalize()
    return Offer(
        f"Create the field “{name}” in GHL as a text",
        "The mapping row works from the next run on.",
        "Create the field",
        affected.count,
        affected.count,
        retries=False,
    )


def create_field(affected: Affected, user: Any) -> str:
    """Raises SetupError, ProviderError."""
    link, name = affected.problem.link, _field_name(affected).capitalize()
    if link.mode == Mode.WATCH:
        raise SetupError(f"{link.name} only watches: it writes nothing. Set its mode to live first.")
    body = {"name": name, "dataType": "TEXT", "model": "contact"}
    change = Change(kind="field", side="ghl", action=ChangeAction.CREATE, after={"name": name})
    call = locations.CREATE_CUSTOM_FIELD(location_id=link.ghl.account_id, body=body)

    def steps() -> Steps[None]:
        made = yield from send_call(call, change)
        change.external_id = made.customField.id

    with exchange_for(link.ghl) as exchange:
        exchange.carry_out(steps())
        calls = dict(exchange.made)
    run = run_of_person(link, user)
    run.api_calls = calls
    run.save(update_fields=["api_calls"])
    result = WriteResult("field", f"Field “{name}”", did="created", message=f"Field “{name}” was created in GHL.")
    log_result(run, result, PersonRef(label=name), [change])
    fields_of(link.ghl, refresh=True)
    return f"The field “{name}” was created in GHL."


def test_reading(affected: Affected) -> Offer | None:
    side = affected.problem.get_side_display() or "the account"
    return Offer(
        f"Read the choices of the field in {side} again",
        f"For when the option was added in {side} since.",
        "Read again",
    )


def read_fields(affected: Affected, user: Any) -> str:
    """Raises ProviderError."""
    fields_of(affected.problem.link.connection(affected.problem.side or "ghl"), refresh=True)
    return "The fields were read again."
