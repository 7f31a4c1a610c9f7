"""What the templates of imports need."""

from itertools import islice
from typing import Any

from django.conf import settings
from django.db.models import Prefetch, QuerySet
from django.urls import reverse_lazy

from dashboard.grants import visible
from dashboard.links.env import with_sides
from dashboard.lists import EmptyState, ListWords
from integration.connections.fields import known_fields
from integration.errors import SetupError
from integration.imports.faults import REASONS
from integration.imports.targets import AccountFields
from integration.models import ACTIVE_RUNS, COUNTS, ImportFile, ImportTarget, Link, Run
from integration.privacy.masking import is_masking, mask_sentence
from integration.retention.prune import days_of
from integration.runs.imports.check_ahead import is_silent
from integration.runs.imports.checking import open_store
from integration.runs.imports.order import ImportOrder, read_order, rules_of
from integration.runs.imports.rejected import rejections_of
from integration.runs.progress import is_still_writing, progress_of

LIST = ListWords(
    things="imports",
    nothing=EmptyState("No imports yet", "Choose a file above. Nothing is written before you have seen its check."),
)
WITHOUT_LINK = ListWords(
    things="imports",
    nothing=EmptyState(
        "No link yet",
        "A file is imported into a link: two connections with the rules between them.",
        reverse_lazy("links"),
        "Open the links",
    ),
)
# Rejected rows that the page shows; the file has them all.
SHOWN = 50
# Columns of the preview.
SHOWN_COLUMNS = 6
# Each file leaves the list with its bytes.
MOST_LISTED = 100
STEPS = ("Upload", "Columns", "Check", "Import", "Left over")


def import_rows() -> list[ImportFile]:
    runs = Prefetch("runs", Run.objects.order_by("-id"), to_attr="newest_runs")
    rows = with_sides(visible(ImportFile.objects.select_related("uploaded_by"))).prefetch_related(runs)
    return list(rows[:MOST_LISTED])


def list_words() -> ListWords:
    return LIST if visible(Link.objects.all(), "pk").exists() else WITHOUT_LINK


def upload_limits() -> dict[str, Any]:
    return {"most_mb": settings.IMPORT_MAX_MB, "keep_days": days_of("files")}


def order_of(file: ImportFile) -> ImportOrder:
    """By the fields that are known: opening a page asks nobody. Raises SetupError."""
    accounts = accounts_known(file.link)
    return read_order(file, rules_of(file.link, accounts), accounts)


def accounts_known(link: Link) -> AccountFields:
    return {"gist": known_fields(link.gist), "ghl": known_fields(link.ghl)}


def steps_of(present: str, **notes: str) -> list[tuple[str, str, str]]:
    """Label, state ("done", "now" or "") and note of each step."""
    now = STEPS.index(present)
    states = ["done" if index < now else "now" if index == now else "" for index in range(len(STEPS))]
    return [(label, state, notes.get(label.split()[0].lower(), "")) for label, state in zip(STEPS, states, strict=True)]


def check_context(file: ImportFile) -> dict[str, Any]:
    """What the check of the file came to, or how far it is."""
    totals = file.check_result if file.is_checked else {}
    context: dict[str, Any] = {"file": file, "link": file.link, "silent": is_silent(file), "totals": totals}
    context |= {"into": ImportTarget(file.target).label, "steps": steps_of("Check", upload=file.name)}
    if not file.is_checked:
        return context
    with open_store(file) as store:
        problems = list(store.fact("problems", {}).values())
        preview, context["notes"] = store.fact("preview", []), store.fact("notes", [])
    rejected = totals["rows"] - totals["ok"]
    for one in problems:
        one["can_be_blank"] = bool(one["column"]) and one["reason"] not in ("unreadable_character", "cell_too_long")
    by_count = sorted(problems, key=lambda one: -one["count"])
    used = [column for column in order_of(file).columns if column.target][:SHOWN_COLUMNS]
    labels, places = [column.header for column in used], [column.index for column in used]
    for row in preview:
        cells = [row["cells"][place] if place < len(row["cells"]) else "" for place in places]
        row["shown"] = list(zip(labels, cells, strict=True))
    return {**context, "problems": by_count, "rejected": rejected, "headers": labels, "preview": preview}


def result_context(run: Run) -> dict[str, Any]:
    file = run.import_file
    rejected, gone = [], ""
    titles = dict(REASONS)
    if not run.is_active and file:
        try:
            for one in islice(rejections_of(run), SHOWN):
                # Those of the check stand in a file beside the database.
                sentence = mask_sentence(one.sentence) if is_masking() else one.sentence
                rejected.append({"number": one.number, "sentence": sentence, "title": titles.get(one.reason, "")})
        except SetupError as problem:
            gone = str(problem)
    left_over = run.skipped + run.failed
    taken = sum(getattr(run, name) for name in COUNTS) - left_over
    return {
        "run": run, "file": file, "link": run.link, "progress": progress_of(run),
        "still_writing": is_still_writing(run), "rejected": rejected, "gone": gone,
        "left_over": left_over, "taken": taken, "more": max(0, left_over - len(rejected)),
        "steps": steps_of("Left over" if run.is_finished else "Import", upload=file.name if file else ""),
    }  # fmt: skip


def active_runs_of(file: ImportFile) -> "QuerySet[Run]":
    return file.runs.filter(status__in=ACTIVE_RUNS)
