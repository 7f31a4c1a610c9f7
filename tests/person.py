"""Ann Lee, who is on both sides and paired, and hands to give her tasks, notes and appointments."""

from typing import Any

from integration.people.find import KnownPerson, find_by_id
from tests.world import World


class Ann:
    """A person in the world, as the tests speak of her."""

    def __init__(self, world: World, link: Any, ghl_id: str):
        self.world, self.link, self.ghl_id = world, link, ghl_id

    @property
    def known(self) -> KnownPerson:
        return find_by_id(self.link, "ghl", self.ghl_id)

    def task(self, title: str = "Call Ann", **fields: Any) -> str:
        body = {"title": title, "dueDate": "2030-01-02T15:00:00Z", "completed": False, **fields}
        return str(self.world.ghl("POST", f"/contacts/{self.ghl_id}/tasks", json=body)["task"]["id"])

    def note(self, body: str = "Prefers mornings") -> str:
        return str(self.world.ghl("POST", f"/contacts/{self.ghl_id}/notes", json={"body": body})["note"]["id"])

    def tasks(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.world.ghl("GET", f"/contacts/{self.ghl_id}/tasks")["tasks"]
        return found

    def notes(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.world.ghl("GET", f"/contacts/{self.ghl_id}/notes")["notes"]
        return found

    def appointments(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.world.ghl("GET", f"/contacts/{self.ghl_id}/appointments")["events"]
        return found
