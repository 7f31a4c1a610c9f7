"""A link with one of everything that some page has a form for."""

from django.urls import get_resolver, reverse
from django.utils import timezone

from dashboard.guide.chapters import CHAPTERS
from dashboard.keys.issue import make_key
from dashboard.models import SavedView, User
from dashboard.people.invitations import invite
from integration.mapping.drafts import Place, draft_now, save_draft
from integration.mapping.rows import as_input
from integration.mapping.versions import current_rows, save_version
from integration.models import (
    Alert,
    AlertChannel,
    AlertDelivery,
    Connection,
    ErasedDigest,
    Erasure,
    Link,
    Pair,
    Pause,
    Question,
    Related,
    Run,
    Snapshot,
)
from integration.oauth.connect_links import make_connect_link
from integration.runs.imports.check_ahead import begin_check
from integration.runs.imports.files import keep_file
from integration.runs.imports.start import start_import
from integration.workflows import versions
from tests import consent
from tests.dashboard import things
from tests.dashboard.browser import Browser
from tests.person import Ann
from tests.world import finish, sync

RELATED = {
    "note": {"body": "Likes tea"},
    "task": {"title": "Call Ann", "due_at": "2030-01-02T15:00:00Z", "completed": False},
    "appointment": {"title": "Check", "calendar_id": "c1", "start_at": "2030-01-02T15:00:00Z", "status": "confirmed"},
}


def stage_everything(ann: Ann) -> list[str]:
    """Makes it all; returns the addresses from which every page is reached."""
    ann.world.gist_contact(email="zoe@example.test", name="Zoe Ray", unsubscribed_from_emails=True)
    sync(ann.link)
    _stage_settings(ann.link)
    guide = [reverse("guide_chapter", args=[chapter]) for chapter in CHAPTERS]
    return [*_stage_people(ann), *_stage_runs(ann), *_stage_versions(ann.link), *map(reverse, _plain_names()), *guide]


def _stage_settings(link: Link) -> None:
    """Somebody invited, deactivated, erased of whom a digest is left; a client who was asked; a message given up."""
    make_connect_link("Alder Dental", "Harbour Pine", hours=72, sandbox=True)
    make_key("Grafana", "read", [link], 30)
    invite("lee@gistline.example", "viewer", None)
    mia = User.objects.create_user("mia@gistline.example", is_active=False)
    SavedView.objects.create(user=mia, place="log", name="Failed", filters={"outcome": "failed"}, shared=True)
    channel = AlertChannel.objects.create(kind="email", name="Team", address={"to": ["ops@example.test"]})
    since = timezone.now()
    alert = Alert.objects.create(event="silence", subject="1", since=since, title="No webhooks", connection=link.ghl)
    AlertDelivery.objects.create(alert=alert, channel=channel, state="given_up")
    ErasedDigest.objects.create(erasure=Erasure.objects.create(link=link), digest="0" * 64)


def _stage_people(ann: Ann) -> list[str]:
    link, made = ann.link, {"note": ann.note(), "task": ann.task(), "appointment": "app1"}
    for kind, base in RELATED.items():
        Related.objects.create(link=link, kind=kind, ghl_id=made[kind], contact_id=ann.ghl_id, base=base)
    opted_out = Pair.objects.exclude(ghl_id=ann.ghl_id).get()
    held = Pair.objects.create(link=link, gist_id="7001", ghl_id="held1", state=Pair.State.HELD)
    (lone,) = things.alone(link, "ghl")
    of_ann = [link.key, "ghl", ann.ghl_id]
    addresses = [
        *(reverse("contact_edit", args=[*of_ann, kind, pk]) for kind, pk in made.items()),
        *(reverse("contact", args=[link.key, "gist", one.gist_id]) for one in (opted_out, held)),
        reverse("contact", args=of_ann), reverse("contact", args=[link.key, "ghl", lone.external_id]),
        reverse("contact_book", args=of_ann),
    ]  # fmt: skip
    return [f"{one}?read=now" for one in addresses]


def _stage_runs(ann: Ann) -> list[str]:
    link = ann.link
    # While a run is paused no other one starts.
    pages = _stage_imports(link)
    Snapshot.objects.create(link=link, side="gist", external_id="1001", parked=True)
    failed = things.failure(things.finished_run(link, status="partial", failed=1), ghl_id=ann.ghl_id)
    paused = Run.objects.create(link=link, status="paused", error_code="change_cap")
    things.conflict(link)
    things.match(link)
    things.event(link, state="refused", reason="unreadable", body=b"{")
    acknowledged = things.failure(failed.run, "Bo Ray")
    problems = [things.problem(failed), things.problem(acknowledged, subject="phone", state="acknowledged")]
    Pause.objects.create(link=link, what="mapping", key="phone=phone")
    addresses = [*(reverse("problem", args=[one.pk]) for one in problems), *_stage_match(link)]
    wrote = link.runs.filter(changes__state="applied").first()
    runs = [reverse("run", args=[pk]) for pk in (failed.run_id, paused.pk, wrote.pk)]
    return [*pages, *runs, reverse("plan", args=[things.plan(link).pk]), *addresses]


def _stage_imports(link: Link) -> list[str]:
    """A file that was checked, one whose import left a row over, and one that was only planned."""
    text = b"E-mail,Phone\nann@example.test,12\nben@example.test,\n"
    checked, done, planned = (keep_file(link, f"{name}.csv", [text]) for name in ("checked", "done", "planned"))
    begin_check(checked)
    runs = [finish(start_import(done)), finish(start_import(planned, dry_run=True))]
    names = [reverse(name, args=[checked.pk]) for name in ("import", "import_check")]
    return [*names, *(reverse("imported", args=[run.pk]) for run in runs)]


def _stage_match(link: Link) -> list[str]:
    """A question, a decision and a pair without a rule; and a link that only watches, with its dry run."""
    things.match(link, "Cy Fox")
    Question.objects.filter(label="Cy Fox").update(standing="clear")
    for side, pk in (("gist", "1001"), ("ghl", "ghl1")):
        Snapshot.objects.get_or_create(link=link, side=side, external_id=pk, defaults={"label": "Cy Fox", "base": {}})
    Question.objects.create(
        link=link, kind="near", about="near:gist:9", side="gist", external_id="9", answer="apart",
        answered_at=link.created_at, closed_at=link.created_at, options=[{"id": "ghl9", "label": "Cy", "side": "ghl"}],
    )  # fmt: skip
    Pair.objects.filter(state=Pair.State.LINKED).update(lost_rule="nothing")
    (watching,) = things.links(1)
    Link.objects.filter(pk=watching.pk).update(mode="watch")
    things.finished_run(watching, dry_run=True, rules={
        name: getattr(watching, name) for name in ("direction", "create_on", "deletes", "match")
    })  # fmt: skip
    lists = [reverse("match_people", args=[link.key, show]) for show in ("lost", "decided")]
    match = reverse("match", args=[link.key])
    return [*lists, match, f"{match}?standing=clear", reverse("link", args=[watching.key])]


def _stage_versions(link: Link) -> list[str]:
    rows = [as_input(row) for row in current_rows(link)]
    rows[0]["steps"] = [{"name": "table", "table": {"a": "b"}, "otherwise": "keep"}]
    version = save_version(link, rows)
    # Something to publish.
    save_draft(link, [*rows[:2], *rows[3:]], version.number, Place(draft_now(link).revision))
    flow = things.workflow(link)
    condition = {"field": "contact.email", "op": "is", "value": "a"}
    versions.save_workflow_version(flow, {**flow.definition, "conditions": [condition]}, user=None)
    things.execution(flow)
    return [
        *_stage_other_links(),
        reverse("mapping_publish", args=[link.key]), reverse("mapping_fields", args=[link.key]),
        reverse("mapping_copy", args=[link.key]),
        *(reverse("connection_reconnect", args=[one.key]) for one in (link.gist, link.ghl)),
    ]  # fmt: skip


def _stage_other_links() -> list[str]:
    """One to which a mapping can be copied, with a run that can be paused, and one whose import rests; their accounts
    are never asked.
    """
    pages, rests = [], {"status": "paused", "error_code": "paused", "kind": "import"}
    for name, page, facts in (("birch", "run", {"status": "queued"}), ("cedar", "imported", rests)):
        ends = {
            side: Connection.objects.create(key=f"{name}-{side}", name=f"{name} {side}", provider=side, account_id=name)
            for side in ("gist", "ghl")
        }
        link = Link.objects.create(key=name, name=name.title(), enabled=False, **ends)
        pages.append(reverse(page, args=[Run.objects.create(link=link, **facts).pk]))
    return pages


def _plain_names() -> list[str]:
    """Names of all addresses that take no argument."""
    known = get_resolver().reverse_dict
    return sorted(name for name in known if isinstance(name, str) and any(not takes for _, takes in known[name][0]))


def begin_sign_ins(browser: Browser) -> None:
    """Two sign-ins at GHL wait in the session: of an agency, and from the marketplace."""
    for answer in ({"location": "agency"}, {"choice": "marketplace"}):
        asked = browser.get("oauth_start", sandbox="1")["Location"]
        browser.client.get(consent.answer(asked, **answer))
    browser.get("oauth_confirm", read="now")
