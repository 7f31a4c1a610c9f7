"""`manage.py import_csv LINK FILE`: import a file of people, CSV or XLSX, and follow the import with --wait."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from integration.errors import SetupError
from integration.management.following import follow_run
from integration.management.reporting import ReportingCommand, find_link
from integration.models import COUNTS, ImportFile, ImportMode, ImportTarget, Link, Run, RunStatus
from integration.records import parse_json
from integration.runs.imports.due import HELP
from integration.runs.imports.files import keep_file, read_pieces
from integration.runs.imports.order import accounts_of, read_order, rules_of
from integration.runs.imports.rejected import MARK, rejected_pieces
from integration.runs.imports.start import start_import
from integration.runs.start import AlreadyRunning, check_ready

FINISHED = (RunStatus.SUCCEEDED, RunStatus.PARTIAL)


class Command(ReportingCommand):
    help = "Imports a file of people into a link; exit code 0 when the import finished, or without --wait was started."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("link", metavar="LINK")
        parser.add_argument("file", metavar="FILE")
        parser.add_argument(
            "--target", choices=ImportTarget.values, default=ImportTarget.BOTH, help="the side to write"
        )
        parser.add_argument("--mode", choices=ImportMode.values, default=ImportMode.BOTH, help="create, update or both")
        parser.add_argument("--tag", action="append", default=[], help="a tag for everybody; may repeat")
        parser.add_argument("--note", action="append", default=[], help="a note for everybody, as “From {{ Source }}”")
        parser.add_argument("--task", action="append", default=[], metavar="TITLE", help="a task for everybody")
        parser.add_argument("--task-due", default="", metavar="WHEN", help=f"when tasks are due: {HELP}")
        parser.add_argument("--mapping", metavar="FILE", help="JSON: what each header means")
        parser.add_argument("--rejected", metavar="FILE", help="write the rows that were not taken there; waits")
        parser.add_argument("--dry-run", action="store_true", help="store what it would write, write nothing")
        parser.add_argument("--wait", action="store_true", help="follow the import to its end")

    def run(self, **options: Any) -> None:
        link = find_link(options["link"])
        check_ready(link)
        rejected = _checked_target(options["rejected"])
        file = self._keep_file(link, options)
        try:
            run = self._start(file, options["dry_run"])
        except BaseException:
            file.delete()
            raise
        if not (options["wait"] or rejected):
            self.report([f"Run {run.pk} (import) started."], run.report())
            return
        self._follow(run)
        if rejected and run.status in FINISHED:
            _write_rejected(run, rejected)
        self.report([_summary_of(run)], run.report())
        if run.status == RunStatus.PAUSED:
            self.fail(f"Run {run.pk} is paused. Resume, confirm or cancel it on its page; it goes on where it is.")
        if run.status not in FINISHED:
            self.fail(f"Run {run.pk} ended as {run.status}. {run.report()['error']}".strip())

    def _keep_file(self, link: Link, options: dict[str, Any]) -> ImportFile:
        path = Path(options["file"])
        if path.is_dir():
            raise SetupError("This is a folder. Name a file.", str(path))
        file = keep_file(link, path.name, read_pieces(path))
        file.save_fields(
            target=options["target"], mode=options["mode"], tags=options["tag"], notes=options["note"],
            tasks=options["task"], task_due=options["task_due"][:520], columns=_read_mapping(options["mapping"]),
        )  # fmt: skip
        try:
            # What cannot work is said at once, and not by a run that fails.
            accounts = accounts_of(link)
            read_order(file, rules_of(link, accounts), accounts, strict=bool(options["mapping"]))
        except BaseException:
            file.delete()
            raise
        return file

    def _start(self, file: ImportFile, dry_run: bool) -> Run:
        while True:
            try:
                return start_import(file, dry_run=dry_run, trigger="command")
            except AlreadyRunning as busy:
                if busy.run.status == RunStatus.PAUSED:
                    sentence = f"Run {busy.run.pk} is paused. Resume or cancel it, then start again."
                    raise SetupError(sentence, file.link.key) from busy
                self.stderr.write(f"Run {busy.run.pk} is under way; the import comes after it.")
                self._follow(busy.run)

    def _follow(self, run: Run) -> None:
        try:
            follow_run(run, self.stderr)
        except KeyboardInterrupt:
            self.fail(f"No longer following run {run.pk}. Workers go on with it; its page shows how far it is.")


def _read_mapping(name: str | None) -> dict[str, Any]:
    if not name:
        return {}
    try:
        found = parse_json(Path(name).read_text(encoding="utf-8-sig"))
    except OSError as problem:
        raise SetupError(f"cannot be read: {problem.strerror}.", name) from problem
    except ValueError as problem:
        raise SetupError(f"{problem}.", name) from problem
    if not isinstance(found, dict):
        raise SetupError("must be an object: header on the left, what it means on the right.", name)
    return found


def _checked_target(name: str | None) -> Path | None:
    """Raises SetupError before anything is imported when nothing can be written there."""
    if not name:
        return None
    path = Path(name)
    if path.is_dir() or not path.absolute().parent.is_dir():
        raise SetupError("The rejected rows cannot be written there: its folder does not exist, or it is one.", name)
    return path


def _write_rejected(run: Run, path: Path) -> None:
    try:
        with path.open("wb") as target:
            target.write(MARK)
            target.writelines(rejected_pieces(run))
    except OSError as problem:
        raise SetupError(
            f"The import is finished, and its rejected rows cannot be written: {problem.strerror}. They wait on the"
            f" page of run {run.pk}.",
            str(path),
        ) from problem


def _summary_of(run: Run) -> str:
    counts = " + ".join(f"{getattr(run, name)} {name}" for name in COUNTS)
    kind = "import, dry run" if run.dry_run else "import"
    return f"Run {run.pk} ({kind}) {run.status}: {run.examined} rows = {counts}"
