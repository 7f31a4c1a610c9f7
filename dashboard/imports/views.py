"""CSV import: bring a file, say what its columns mean, see its check, import it, fetch the rows that are left over."""

from itertools import chain

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.text import get_valid_filename

from dashboard.exports.recording import record_export
from dashboard.grants import visible
from dashboard.htmx import report_problem
from dashboard.imports import columns, context
from dashboard.imports.forms import ReadingForm, UploadForm
from dashboard.inputs import read_number
from dashboard.lists import read_whole_list, render_list
from dashboard.permissions import operators_only, personal_data_only
from integration.connections.fields import fields_of
from integration.errors import ProviderError, SetupError
from integration.imports.csv_source import DELIMITERS
from integration.models import CheckState, ImportFile, Run, RunKind
from integration.runs.imports.check_ahead import begin_check
from integration.runs.imports.files import keep_file, remove_bytes
from integration.runs.imports.rejected import MARK, rejected_pieces
from integration.runs.imports.start import start_import
from integration.runs.start import AlreadyRunning

CSV = "text/csv; charset=utf-8"
LOCKED = "This file is being imported. What its columns mean can be changed once that run has ended."


def import_list(request: HttpRequest, form: UploadForm | None = None) -> HttpResponse:
    found = read_whole_list(context.list_words(), context.import_rows)
    form = form or UploadForm(initial={"link": read_number(request.GET.get("link", "")) or None})
    response = render_list(request, "imports/list.html", {**found, **context.upload_limits(), "form": form})
    response.status_code = 422 if form.errors else 200
    return response


@operators_only
def upload_file(request: HttpRequest) -> HttpResponse:
    """Keep a file; with `like`, the number of an earlier one, it is read and goes where that one did."""
    form = UploadForm(_with_settings_of_earlier(request), request.FILES)
    if not form.is_valid():
        return import_list(request, form)
    data = form.cleaned_data
    try:
        file = keep_file(data["link"], data["file"].name, data["file"].chunks(), request.user)
    except SetupError as problem:
        form.add_error("file", problem.problem)
        return import_list(request, form)
    earlier = _earlier(request)
    if earlier and earlier.link_id == file.link_id:
        for name in ("columns", "tags", "notes", "tasks", "task_due", "leave_blank"):
            setattr(file, name, getattr(earlier, name))
    file.target, file.mode = data["target"], data["mode"]
    file.save()
    _refresh_fields(request, file)
    return redirect("import", file.pk)


def _earlier(request: HttpRequest) -> ImportFile | None:
    return visible(ImportFile.objects.filter(pk=read_number(request.POST.get("like", "")))).first()


def _with_settings_of_earlier(request: HttpRequest) -> dict[str, str]:
    earlier = _earlier(request)
    known = {"link": str(earlier.link_id), "target": earlier.target, "mode": earlier.mode} if earlier else {}
    return known | {name: value for name, value in request.POST.items() if isinstance(value, str)}


def _refresh_fields(request: HttpRequest, file: ImportFile) -> None:
    """Columns can mean any field there is now; without an answer, those that are known."""
    try:
        for connection in file.link.connections.values():
            fields_of(connection)
    except ProviderError as problem:
        report_problem(request, problem)


@personal_data_only
def import_columns(request: HttpRequest, pk: int) -> HttpResponse:
    """How the file is read, what its columns mean, and what is added to every row."""
    file = _find_file(pk)
    if request.method == "POST":
        return _save_columns(request, file)
    return _show_columns(request, file, ReadingForm(instance=file))


def _find_file(pk: int) -> ImportFile:
    return get_object_or_404(ImportFile.objects.select_related("link__gist", "link__ghl", "uploaded_by"), pk=pk)


def _show_columns(request: HttpRequest, file: ImportFile, form: ReadingForm) -> HttpResponse:
    page = {"file": file, "link": file.link, "form": form, "steps": context.steps_of("Columns", upload=file.name)}
    page |= {"locked": LOCKED if context.active_runs_of(file).exists() else ""}
    try:
        order = context.order_of(file)
        problem = columns.problem_of(order)
        becomes = None if problem else columns.what_becomes(order, read_number(request.GET.get("row", ""), 4))
        page |= {"order": order, "rows": columns.column_rows(order), "choices": columns.choices_of(order.accounts)}
        page |= {"separator": DELIMITERS.get(order.table.delimiter, ""), "problem": problem, "becomes": becomes}
        page |= {"used": sum(1 for one in order.columns if one.target)}
    except SetupError as problem:
        page |= {"unreadable": problem.problem}
    return render(request, "imports/columns.html", page, status=422 if form.errors else 200)


@operators_only
def _save_columns(request: HttpRequest, file: ImportFile) -> HttpResponse:
    if context.active_runs_of(file).exists():
        messages.info(request, LOCKED)
        return redirect("import", file.pk)
    before = ImportFile.objects.select_related("link__gist", "link__ghl").get(pk=file.pk)
    form = ReadingForm(request.POST, instance=file)
    if not form.is_valid():
        return _show_columns(request, before, form)
    try:
        # By the columns as they stood on the page: what was not touched stays a guess.
        file.columns = columns.read_columns(context.order_of(before), request.POST.dict())
        context.order_of(file)
    except SetupError as problem:
        report_problem(request, problem)
    file.check_state = CheckState.NONE
    file.save()
    if request.POST.get("do") != "check":
        return redirect("import", file.pk)
    return _begin_check(request, file)


def _begin_check(request: HttpRequest, file: ImportFile) -> HttpResponse:
    try:
        begin_check(file)
    except (SetupError, ProviderError) as problem:
        report_problem(request, problem)
        return redirect("import", file.pk)
    return redirect("import_check", file.pk)


@personal_data_only
def import_check(request: HttpRequest, pk: int) -> HttpResponse:
    file = _find_file(pk)
    if file.removed_at or not file.check_state:
        return redirect("import", pk)
    try:
        page = context.check_context(file)
    except SetupError as problem:
        report_problem(request, problem)
        return redirect("import", pk)
    return render(request, "imports/check.html", page)


@operators_only
def leave_blank(request: HttpRequest, pk: int) -> HttpResponse:
    """Count the cells of a kind of problem as blank, so that they no longer reject their rows, and check again."""
    file = _find_file(pk)
    if context.active_runs_of(file).exists():
        messages.info(request, LOCKED)
        return redirect("import_check", pk)
    kind = [request.POST.get("reason", "")[:40], request.POST.get("column", "")[:500]]
    if all(kind) and kind not in file.leave_blank:
        file.save_fields(leave_blank=[*file.leave_blank, kind][:200])
    return _begin_check(request, file)


@operators_only
def start(request: HttpRequest, pk: int) -> HttpResponse:
    """Import the file; with `dry_run` only store what that would write."""
    file = _find_file(pk)
    try:
        run = start_import(file, dry_run="dry_run" in request.POST, user=request.user)
    except AlreadyRunning as busy:
        messages.info(request, str(busy))
        return redirect("import", pk)
    except (SetupError, ProviderError) as problem:
        report_problem(request, problem)
        return redirect("import", pk)
    return redirect("imported", run.pk)


@operators_only
def discard(request: HttpRequest, pk: int) -> HttpResponse:
    """Delete the file's bytes and what was read of them. What was written of it stays, and so does its log."""
    file = _find_file(pk)
    if context.active_runs_of(file).exists():
        messages.info(request, "This file is being imported. Cancel that run first.")
        return redirect("import", pk)
    if file.runs.exists():
        remove_bytes(file)
    else:
        remove_bytes(file)
        file.delete()
    messages.success(request, f"“{file.name}” is deleted. What was imported of it stays.")
    return redirect("imports")


def imported(request: HttpRequest, pk: int) -> HttpResponse:
    """The import under way, then what became of the rows."""
    page = context.result_context(_find_run(pk))
    if request.htmx and request.htmx.target == "live":  # type: ignore[attr-defined]
        response = render(request, "imports/result.html#live", page)
        if page["run"].is_finished:
            response["HX-Refresh"] = "true"
        return response
    return render(request, "imports/result.html", page)


def _find_run(pk: int) -> Run:
    runs = Run.objects.select_related("link__gist", "link__ghl", "import_file__link", "started_by")
    return get_object_or_404(runs, pk=pk, kind=RunKind.IMPORT)


@personal_data_only
def download_rejected(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The rows that were not taken, as a CSV file with the reasons in its last column."""
    run = _find_run(pk)
    pieces = rejected_pieces(run)
    try:
        # What is gone is said by a page, and not by a file that ends half-way.
        first = next(pieces, b"")
    except SetupError as problem:
        report_problem(request, problem)
        return redirect("imported", pk)
    record_export(request, f"run {pk}", run.link.key)
    name = get_valid_filename(f"rejected-{run.import_file.name if run.import_file else run.pk}").rsplit(".", 1)[0]
    response: HttpResponseBase = StreamingHttpResponse(chain([MARK, first], pieces), content_type=CSV)
    if request.method == "HEAD":
        response = HttpResponse(content_type=CSV)
    response["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return response
