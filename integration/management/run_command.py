"""What commands share that start a run: following it, its report in words, and its exit code."""

from integration.errors import SetupError
from integration.management.following import follow_run
from integration.management.reporting import ReportingCommand
from integration.models import COUNTS, Run, RunStatus
from integration.plans.report import report_of
from integration.queue import check_queue


class RunCommand(ReportingCommand):
    """Subclasses call `report_started`, or `follow_to_end`, once."""

    def report_started(self, run: Run) -> None:
        workers = "" if check_queue().workers else " No worker is alive: start `manage.py up`, or use --wait."
        self.report([f"Run {run.pk} ({run.kind}) started.{workers}"], report_of(run))

    def follow_to_end(self, run: Run) -> None:
        """Exit code 1 when it does not succeed."""
        self.follow(run)
        self.report([_summary_of(run)], report_of(run))
        if run.status != RunStatus.SUCCEEDED:
            self.fail(f"Run {run.pk} ended as {run.status}, not succeeded. {run.report()['error']}".strip())

    def follow(self, run: Run) -> None:
        try:
            follow_run(run, self.stderr)
        except KeyboardInterrupt:
            goes_on = "the workers go on with it" if check_queue().workers else "the next worker goes on with it"
            self.fail(f"No longer following run {run.pk}; {goes_on}. The same command with --wait follows it again.")


def find_run(number: int, where: str = "RUN") -> Run:
    """The run with this number. Raises SetupError when there is none."""
    run = Run.objects.select_related("link__gist", "link__ghl", "mapping").filter(pk=number).first()
    if run is None:
        raise SetupError(f"There is no run {number}.", where)
    return run


def _summary_of(run: Run) -> str:
    """The report in words."""
    counts = " + ".join(f"{getattr(run, name)} {name}" for name in COUNTS)
    data = report_of(run)
    calls = ", ".join(f"{count} to {side}" for side, count in data["api_calls"].items())
    lines = [
        f"Run {run.pk} ({run.kind}{', dry run' if run.dry_run else ''}) {run.status}: "
        f"{run.examined} examined = {counts}; calls {calls}; {data['seconds']} s"
    ]
    if data.get("held"):
        lines.append(f"{data['held']} held: what stands there is not what was planned for.")
    if "digest" in data:
        price = ", ".join(f"{count} to {side}" for side, count in data["estimated_calls"].items())
        lines.append(f"Plan {run.pk}, digest {data['digest']}: applying it makes about {price} calls.")
    return "\n".join(lines)
