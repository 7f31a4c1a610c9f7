"""What an address of the API, or a tool of the MCP endpoint, is about. What a key does not see is not there."""

from django.shortcuts import get_object_or_404

from dashboard.grants import visible
from dashboard.keys.access import Refused
from dashboard.log.filters import log_rows, with_run
from dashboard.problems.causes import problem_rows
from integration.models import Link, LogEntry, Problem, Run
from integration.people.find import KnownPerson, find_known

SEVERAL = "Several records of this link have this address: {}. Ask by one of these ids."
NOBODY = "Gistline has never seen this person on this link. Check the address, or start a full sync."


def find_link(key: str) -> Link:
    return get_object_or_404(visible(Link.objects.select_related("gist", "ghl"), "pk"), key=key)


def find_run(number: int) -> Run:
    return get_object_or_404(visible(Run.objects.select_related("link__gist", "link__ghl", "mapping")), pk=number)


def find_entry(number: int) -> LogEntry:
    return get_object_or_404(with_run(log_rows()), pk=number)


def find_problem(number: int) -> Problem:
    return get_object_or_404(problem_rows(), pk=number)


def find_one_person(link: Link, text: str) -> KnownPerson:
    """Raises Refused where the text means nobody, or several."""
    found = find_known(link, text)
    if not found:
        raise Refused(404, "unknown_person", NOBODY)
    if len(found) > 1:
        raise Refused(409, "several_people", SEVERAL.format(", ".join(map(name_record, found))))
    return found[0]


def name_record(person: KnownPerson) -> str:
    """As `gist:1001`, by which the same person is found again."""
    return f"{person.side}:{person.ids[person.side]}"
