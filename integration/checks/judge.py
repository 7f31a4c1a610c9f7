"""The checks of a link, one function each: what it looks at, what it says, and where the remedy lies."""

from collections.abc import Iterator
from ipaddress import ip_address
from urllib.parse import urlsplit

from django.conf import settings
from django.utils import timezone

from integration.catalogue.scopes import scopes_in_use
from integration.checks.facts import LinkFacts
from integration.checks.results import JUDGES, CheckResult, check
from integration.connections.check import missing_scopes
from integration.models import AlertChannel, Connection, ConnectionStatus, Link, Mode, Provider, Workflow
from integration.providers.ghl.oauth import NEEDED_SCOPES
from integration.workflows.actions import ACTIONS
from integration.workflows.triggers import TRIGGERS

# Gist's webhooks that say something new of a contact: without them a change waits for the next run.
CONTACT_TOPICS = (
    "contact_created", "contact_tagged", "contact_untagged", "custom_property_value_updated", "contact_email_updated",
    "contact_unsubscribed_from_emails",
)  # fmt: skip
# Days after which GHL advises a new private token, and from when on this is said.
TOKEN_END, TOKEN_NEAR_END = 90, 76
# Seconds by which our clock may differ from GHL's: an answer takes a while, and its time is cut to seconds.
CLOCK_MAY_DIFFER = 60


def check_link(link: Link) -> list[CheckResult]:
    """Every check of the link: what fails first, then what misleads, then what is fine. Nobody is asked."""
    facts = LinkFacts(link)
    results = [result for judge in JUDGES.values() for result in judge(facts)]
    return sorted(results, key=lambda one: (one.ok, one.misleads))


@check("login")
def _check_logins(facts: LinkFacts) -> Iterator[CheckResult]:
    for side, connection in facts.link.connections.items():
        name = f"{Provider(side).label} is signed in"
        if not connection.needs_person:
            yield CheckResult(f"login:{side}", facts.link.key, True, f"{name}: {connection.name}")
            continue
        reason = connection.status_reason or "The login was refused."
        yield CheckResult(
            f"login:{side}", facts.link.key, False, f"{connection.name}: {connection.get_status_display().lower()}",
            f"{reason} Reconnect it: mappings and history stay.", ("reconnect", connection.key, "Reconnect"),
        )  # fmt: skip


@check("scopes")
def _check_scopes(facts: LinkFacts) -> Iterator[CheckResult]:
    ghl = facts.link.ghl
    # A private token does not tell its scopes, and a broken login says nothing of them.
    if not ghl.uses_oauth or not ghl.scopes or ghl.needs_person:
        return
    for scope in missing_scopes(ghl):
        yield _missing_scope(facts.link, scope, f"Without it Gistline cannot {NEEDED_SCOPES[scope]}.")
    for scope, names in scopes_in_use(ghl).items():
        if scope not in ghl.scopes.split():
            yield _missing_scope(facts.link, scope, f"The workflow “{'”, “'.join(names)}” needs it.")


def _missing_scope(link: Link, scope: str, why: str) -> CheckResult:
    return CheckResult(
        f"scope:{scope}", link.key, False, f"GHL did not grant {scope}",
        f"{why} Add it to the app in GHL’s marketplace, then sign in again.",
        ("reconnect", link.ghl.key, "Grant it"),
    )  # fmt: skip


@check("mapping")
def _check_mapping(facts: LinkFacts) -> Iterator[CheckResult]:
    link = facts.link
    if facts.version is None:
        yield CheckResult(
            "mapping", link.key, False, "No field is mapped",
            "Nothing can be kept in step without a mapping. Publish one.", ("mapping", link.key, "Map fields"),
        )  # fmt: skip
        return
    for row in facts.broken_rows:
        side, field = Provider(row.missing).label, row.ghl if row.missing == "ghl" else row.gist
        yield CheckResult(
            f"mapping:{row.gist}:{row.ghl}", link.key, False, f"{side} has no field {field} any more",
            f"The row {row.gist} and {row.ghl} rests; the others go on. Choose another field, or take the row out.",
            ("mapping", link.key, "Open the mapping"),
        )  # fmt: skip
    if not facts.broken_rows:
        yield CheckResult("mapping", link.key, True, "Every mapped field exists on both sides")


@check("webhooks")
def _check_webhooks(facts: LinkFacts) -> Iterator[CheckResult]:
    link = facts.link
    for connection in (link.gist, link.ghl):
        side, seen = Provider(connection.provider), facts.topics_seen[connection.pk]
        if seen:
            yield CheckResult(f"webhooks:{side.value}", link.key, True, f"{side.label} sends webhooks")
        else:
            yield CheckResult(
                f"webhooks:{side.value}", link.key, False, f"{side.label} has sent no webhook yet",
                f"Changes in {side.label} are seen by the next run only, every {link.schedule_minutes} min. "
                "Set the webhooks up with the addresses on the connection’s page.",
                ("connection", connection.key, "Set them up"), misleads=True,
            )  # fmt: skip
    missing = [topic for topic in CONTACT_TOPICS if topic not in facts.topics_seen[link.gist_id]]
    title = f"Gist has not sent {len(missing)} of {len(CONTACT_TOPICS)} webhooks"
    if facts.topics_seen[link.gist_id] and missing:
        yield CheckResult(
            "webhooks:gist:topics", link.key, False, title,
            f"None came of: {', '.join(missing)}. Until they come, such changes are seen by the next run only.",
            ("connection", link.gist.key, "Set them up"), misleads=True,
        )  # fmt: skip


@check("large_webhooks")
def _check_large_webhooks(facts: LinkFacts) -> Iterator[CheckResult]:
    for side in sorted(facts.too_large):
        yield CheckResult(
            f"large_webhooks:{side}", facts.link.key, False,
            f"A webhook of {Provider(side).label} was too large to be taken in",
            "Run a full sync: it reads what contacts hold. For a task, note or appointment open the page of its "
            "contact, which reads them. Problems, Turned away shows how the webhook begins.",
            ("connection", facts.link.connection(side).key, "Open the connection"), misleads=True,
        )  # fmt: skip


@check("workflow_webhooks")
def _check_workflow_webhooks(facts: LinkFacts) -> Iterator[CheckResult]:
    link = facts.link
    for workflow in facts.workflows:
        triggers = [TRIGGERS[one["on"]] for one in workflow.definition["triggers"]]
        silent = [
            topic for one in triggers for topic in one.topics
            if not facts.topics_seen[link.connection(one.side).pk].intersection(one.topics)
        ]  # fmt: skip
        if silent:
            yield CheckResult(
                f"workflow_webhooks:{workflow.pk}", link.key, False,
                f"“{workflow.name}” is on, but its webhook never came",
                f"It begins by {' or '.join(dict.fromkeys(silent))} only, and none has come. Set that webhook up.",
                ("connection", link.connection(triggers[0].side).key, "Set it up"),
            )  # fmt: skip


@check("people")
def _check_assignees(facts: LinkFacts) -> Iterator[CheckResult]:
    if not facts.users:
        return
    for workflow in facts.workflows:
        for action, name, value in _values_of(workflow, "user"):
            if value not in facts.users and value != "owner":
                yield CheckResult(
                    f"assignee:{workflow.pk}:{name}", facts.link.key, False,
                    f"“{workflow.name}” assigns to somebody who left",
                    f"{action}: the person {value} no longer works in this location. Choose somebody else.",
                    ("workflow", str(workflow.pk), "Open the workflow"),
                )  # fmt: skip


@check("calendars")
def _check_calendars(facts: LinkFacts) -> Iterator[CheckResult]:
    if not facts.calendars:
        return
    for workflow in facts.workflows:
        for action, name, value in _values_of(workflow, "calendar"):
            calendar = facts.calendars.get(value)
            if calendar and calendar["members"]:
                continue
            what = f"the calendar “{calendar['name']}” has no team member" if calendar else "its calendar is gone"
            yield CheckResult(
                f"calendar:{workflow.pk}:{name}", facts.link.key, False, f"“{workflow.name}” cannot book",
                f"{action}: {what}. Choose another calendar, or add somebody to it in GHL.",
                ("workflow", str(workflow.pk), "Open the workflow"), misleads=bool(calendar),
            )  # fmt: skip


def _values_of(workflow: Workflow, kind: str) -> Iterator[tuple[str, str, str]]:
    """Title of the action, name and value of each input of this type that holds a plain id."""
    for one in workflow.definition["actions"]:
        action = ACTIONS.get(one["do"])
        for known in action.inputs if action else ():
            value = one["values"].get(known.name)
            if action and known.type == kind and isinstance(value, str) and value and "{{" not in value:
                yield action.title, known.name, value


@check("country")
def _check_country(facts: LinkFacts) -> Iterator[CheckResult]:
    link = facts.link
    if link.phone_country:
        yield CheckResult("country", link.key, True, f"Numbers without a prefix are read as of {link.phone_country}")
        return
    yield CheckResult(
        "country", link.key, False, "The country of numbers without a prefix is not known",
        "Such numbers stay as they are and match nobody. Say the country in the link’s rules.",
        ("link", link.key, "Open the rules"), misleads=True,
    )  # fmt: skip


@check("address")
def _check_public_address(facts: LinkFacts) -> Iterator[CheckResult]:
    live = [one for one in facts.link.connections.values() if not one.sandbox]
    if not live:
        return
    address = urlsplit(settings.PUBLIC_URL)
    ok = address.scheme == "https"
    why = "only this machine reaches it" if _is_own_machine(address.hostname or "") else "it is sent in the clear"
    remedy = f"Webhooks go to {settings.PUBLIC_URL}: {why}. Set PUBLIC_URL to the address that the world sees."
    yield CheckResult(
        "address", facts.link.key, ok, "Webhooks come by HTTPS" if ok else "PUBLIC_URL is no HTTPS address",
        "" if ok else remedy,
    )  # fmt: skip


def _is_own_machine(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


@check("private_token")
def _check_private_token(facts: LinkFacts) -> Iterator[CheckResult]:
    """GHL advises a new one every 90 days, and ends one that was not used for so long (docs/ghl-api.md#auth)."""
    ghl = facts.link.ghl
    if ghl.needs_person or ghl.sandbox or not ghl.credentials.get("private_token"):
        return
    age = (timezone.now() - (ghl.token_refreshed_at or ghl.created_at)).days
    if age < TOKEN_NEAR_END:
        yield CheckResult("private_token", facts.link.key, True, f"The private token is {age} days old, of {TOKEN_END}")
        return
    left = f"ends its 90 days in {TOKEN_END - age}" if age < TOKEN_END else "is past its 90 days"
    yield CheckResult(
        "private_token", facts.link.key, False, f"The private token of {ghl.name} {left}",
        "Make a new one in GHL under Settings, Private Integrations (the old one may work for seven more days), and "
        "enter it here. Mappings and history stay.",
        ("reconnect", ghl.key, "Enter the new token"), misleads=True,
    )  # fmt: skip


@check("clock")
def _check_clock(facts: LinkFacts) -> Iterator[CheckResult]:
    """By what the time that GHL's last answers gave."""
    ahead = facts.link.ghl.settings.get("clock_ahead")
    if ahead is None:
        return
    if abs(ahead) <= CLOCK_MAY_DIFFER:
        yield CheckResult("clock", facts.link.key, True, "The clock of this machine is right")
        return
    how = f"{abs(ahead):,} s {'fast' if ahead > 0 else 'slow'}"
    yield CheckResult(
        "clock", facts.link.key, False, f"The clock of this machine is {how}",
        "The newest value wins by time, signed webhooks have an age, and tokens an end: all three go wrong by it. Have "
        "the machine set its clock by NTP (timedatectl set-ntp true), then check again.",
    )  # fmt: skip


@check("alerts")
def _check_alerts(facts: LinkFacts) -> Iterator[CheckResult]:
    if AlertChannel.objects.filter(enabled=True).exists():
        yield CheckResult("alerts", facts.link.key, True, "Somebody is alerted when something breaks")
        return
    mailed = " A broken login is mailed to those who may reconnect it." if settings.SENDS_EMAIL else ""
    yield CheckResult(
        "alerts", facts.link.key, False, "Nobody is alerted",
        f"What breaks, falls silent or fails anew is seen only by whoever looks.{mailed} An owner adds a channel.",
        ("alerts", "", "Set a channel up"), misleads=True,
    )  # fmt: skip


@check("first_run")
def _check_first_run(facts: LinkFacts) -> Iterator[CheckResult]:
    link = facts.link
    if link.full_run_at:
        yield CheckResult("first_run", link.key, True, "Everybody was compared once")
        return
    what = "shows what it would do" if link.mode == Mode.WATCH else "brings both sides into step"
    yield CheckResult(
        "first_run", link.key, False, "Nobody was compared yet",
        f"The first full sync {what}. Start it on the link’s page.", ("link", link.key, "Open the link"), misleads=True,
    )  # fmt: skip


@check("checked")
def _check_checked(facts: LinkFacts) -> Iterator[CheckResult]:
    for connection in facts.link.connections.values():
        if not connection.needs_person and connection.status == ConnectionStatus.NEW:
            yield _never_checked(facts.link, connection)


def _never_checked(link: Link, connection: Connection) -> CheckResult:
    return CheckResult(
        f"checked:{connection.provider}", link.key, False, f"{connection.name} was never checked",
        "Whether its login works and reads contacts is not known. Check it once.",
        ("connection", connection.key, "Check it"), misleads=True,
    )  # fmt: skip
