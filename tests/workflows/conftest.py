"""Both twins send their webhooks to Gistline, and a worker is there whenever the test says so."""

from dataclasses import dataclass
from typing import Any

import pytest

from integration.models import ACTIVE_RUNS, Execution, Link, PendingRead, Run
from integration.runs.recover import process_name
from integration.webhooks.addresses import webhook_addresses
from integration.webhooks.process import process_link
from integration.workflows import versions
from tests.world import World, finish, sync


@dataclass
class Stage:
    """A link that is in step and listens. `settle` lets everything that was set going come to rest."""

    world: World
    link: Link

    def settle(self) -> None:
        for _ in range(20):
            delivered = self.world.control("POST", "deliver", {"ahead": 60})["delivered"]
            Execution.objects.exclude(due_at=None).update(due_at="2020-01-01T00:00:00Z")
            for lost in Run.objects.filter(status__in=ACTIVE_RUNS):
                finish(lost)  # As the watchdog does with what a killed worker left.
            process_link(self.link.pk, process_name(), 20)
            if not delivered and not PendingRead.objects.exists():
                return
        raise AssertionError("the webhooks do not come to rest")

    def workflow(self, template: str, definition: Any = None) -> Any:
        return versions.create_workflow(self.link, template, definition=definition, enabled=True)

    def person(self, name: str = "Ann Lee", **fields: Any) -> tuple[str, str]:
        """Somebody on both sides; their ids in Gist and in GHL."""
        email = f"{name.split()[0].lower()}@example.test"
        gist = self.world.gist_contact(email=email, name=name, **fields)
        self.settle()
        (there,) = (one for one in self.world.everyone("ghl") if one["email"] == email)
        return str(gist["id"]), there["id"]

    def tasks(self, ghl_id: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.world.ghl("GET", f"/contacts/{ghl_id}/tasks")["tasks"]
        return found

    def notes(self, ghl_id: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.world.ghl("GET", f"/contacts/{ghl_id}/notes")["notes"]
        return found

    def appointments(self, ghl_id: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.world.ghl("GET", f"/contacts/{ghl_id}/appointments")["events"]
        return found

    def task(self, ghl_id: str, title: str = "Call back", due: str = "2030-01-02T10:00:00Z") -> dict[str, Any]:
        """A task made by hand in GHL."""
        body = {"title": title, "dueDate": due, "completed": False}
        made: dict[str, Any] = self.world.ghl("POST", f"/contacts/{ghl_id}/tasks", json=body)["task"]
        return made

    def in_gist(self, gist_id: str) -> dict[str, Any]:
        found: dict[str, Any] = self.world.gist("GET", f"/contacts/{gist_id}")["contact"]
        return found

    def carried(self, gist_id: str) -> dict[str, Any]:
        held: dict[str, Any] = self.in_gist(gist_id)["custom_properties"]
        return held

    def write_in_gist(self, gist_id: str, **properties: Any) -> None:
        self.world.gist("POST", "/contacts", json={"id": int(gist_id), "custom_properties": properties})

    def trigger(self, topic: str, gist_id: str, **data: Any) -> None:
        """An event of Gist that no call brings about."""
        body = {"side": "gist", "account": "alder", "topic": topic, "contact": gist_id, "data": data}
        self.world.control("POST", "trigger", body)

    def count(self, side: str, operation: str) -> int:
        """How often an operation of a twin was called, as "POST /events"."""
        counted: dict[str, int] = self.world.control("GET", "calls")[side]["by_operation"]
        return counted.get(operation, 0)


@pytest.fixture
def stage(world: World, link: Link, settings) -> Stage:
    link.merge_seconds = 0
    link.save()
    sync(link)
    shown = world.control("GET", "hooks")
    settings.GHL_WEBHOOK_PUBLIC_KEYS = shown["public_keys"]
    hooks = {"account": "alder", "ghl": webhook_addresses(link.ghl)["ghl"], "gist": webhook_addresses(link.gist)}
    world.control("POST", "hooks", hooks)
    link.refresh_from_db()
    return Stage(world, link)
