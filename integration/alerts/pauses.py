"""What was paused by itself: a workflow of which almost everything failed, and a run that is over its link's cap."""

from collections.abc import Iterator

from integration.alerts.lifecycle import Condition
from integration.alerts.messages import one_line
from integration.models import Alert, Pause, Run, RunStatus, Workflow


def watch_pauses() -> Iterator[Condition]:
    for pause in Pause.objects.resting().filter(automatic=True).select_related("link"):
        name = one_line(pause.link.name)
        yield Condition(
            "paused",
            f"pause:{pause.pk}",
            pause.created_at,
            f"{name}: {_name_of(pause)} was paused by itself",
            f"{one_line(pause.reason)}. What it would do waits and is caught up later.",
            "Look at its failures on the page of problems, repair the cause, and have it go on there.",
            "problems",
            link=pause.link,
        )
    for run in Run.objects.filter(status=RunStatus.PAUSED, error_code="change_cap").select_related("link"):
        yield Condition(
            "paused",
            f"run:{run.pk}",
            run.started_at or run.created_at,
            f"{one_line(run.link.name)}: run {run.pk} waits for a yes",
            "It would change more than the link’s cap allows, so nothing of it was written.",
            "Look at what it would write, then allow it on its page, or cancel it.",
            "run",
            str(run.pk),
            link=run.link,
        )


def end_of_pause(alert: Alert) -> str | None:
    kind, _, number = alert.subject.partition(":")
    if kind == "run":
        run = Run.objects.filter(pk=int(number)).first()
        if run is None:
            return ""
        return None if run.status == RunStatus.PAUSED else "It goes on, or was cancelled by a person."
    pause = Pause.objects.filter(pk=int(number)).first()
    if pause is None:
        return ""
    return "It goes on." if pause.resumed_at else None


def _name_of(pause: Pause) -> str:
    if pause.what == Pause.What.WORKFLOW and pause.key.isdecimal():
        name = Workflow.objects.filter(pk=int(pause.key)).values_list("name", flat=True).first()
        return f"workflow “{one_line(name or 'deleted')}”"
    return str(pause.get_what_display()).lower()
