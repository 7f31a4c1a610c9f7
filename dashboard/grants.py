"""Which links the sender of a request sees. What belongs to another link does not exist for them, on any page.

Two places keep it. `visible`, `visible_connections` and `visible_events` narrow every list, count and choice; where
rows are built for a page, they are narrowed there. `GrantGuard` answers 404 for an address of something that belongs
to a link which is not seen, whatever its view does: each address with an argument says in ADDRESSES whose it is, and
one that says nothing is closed to everybody who does not see all links (tests/dashboard/test_grants.py).
"""

from collections.abc import Callable, Iterable, Mapping
from contextvars import ContextVar
from functools import reduce
from operator import or_
from typing import Any, TypeVar

from django.core.exceptions import PermissionDenied
from django.db.models import Model, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse

from dashboard.models import ApiKey, User
from integration.errors import ProviderError
from integration.models import (
    Alert,
    Connection,
    Execution,
    ImportFile,
    InboxEvent,
    Link,
    LogEntry,
    Pause,
    PendingRead,
    Problem,
    Question,
    Run,
    Snapshot,
    Workflow,
)
from integration.privacy.masking import is_masking, keep_masking, mask_sentence, masking, start_masking

M = TypeVar("M", bound=Model)
Arguments = Mapping[str, Any]

# Threads of a request that read for it have its context too (dashboard/live/threads.py).
_request: ContextVar[HttpRequest | None] = ContextVar("request", default=None)

ALL_LINKS_NEEDED = "This is for people who see all links. Ask an owner: Settings, People and roles."
SHARED = "Another link that you do not see uses this connection, too. Ask an owner to change it."


def seen_links(request: HttpRequest | None) -> frozenset[int] | None:
    """Keys of the links that the sender sees; None for all of them, as when no request is under way.

    The sender is the holder of an API key (`request.api_key`, dashboard/keys/access.py), whoever is signed in beside
    it; without one the person who is signed in.
    """
    if request is None:
        return None
    known = vars(request)
    if "seen_links" not in known:
        sender: Any = known.get("api_key") or getattr(request, "user", None)
        if not (isinstance(sender, ApiKey) or getattr(sender, "is_authenticated", False)):
            known["seen_links"] = frozenset()
        else:
            all_of_them = sender.sees_all_links
            known["seen_links"] = None if all_of_them else frozenset(sender.links.values_list("pk", flat=True))
    found: frozenset[int] | None = known["seen_links"]
    return found


def send_with_key(request: HttpRequest, key: ApiKey) -> None:
    """From now on the request sees what the key does, and personal values as the key is answered them."""
    request.api_key = key  # type: ignore[attr-defined]
    vars(request).pop("seen_links", None)
    if key.is_masked:
        start_masking()


def sees_masks() -> bool:
    """Whether the sender of the request under way may not see personal values, whatever the request does."""
    request = _request.get()
    sender: Any = vars(request).get("api_key") or getattr(request, "user", None) if request else None
    return isinstance(sender, ApiKey | User) and sender.is_masked


def mask_answer() -> None:
    """From here on only the answer is made of what was sent: what is read for it is masked where its sender sees masks.
    What a view acts on must have been read before.
    """
    if sees_masks():
        start_masking()


def describe_problem(problem: Exception) -> str:
    """The error in its own words; of what an API said, which may repeat values, masked where the sender sees masks."""
    return mask_sentence(str(problem)) if isinstance(problem, ProviderError) and sees_masks() else str(problem)


def visible(rows: "QuerySet[M]", link: str = "link") -> "QuerySet[M]":
    """The rows whose link the sender sees; `link` is the way from a row to its link, "pk" for links themselves."""
    seen = seen_links(_request.get())
    return rows if seen is None else rows.filter(**{f"{link}__in": seen})


def visible_connections(rows: "QuerySet[Connection]") -> "QuerySet[Connection]":
    """Those that a link uses which the sender sees."""
    seen = seen_links(_request.get())
    if seen is None:
        return rows
    links = Link.objects.filter(pk__in=seen)
    return rows.filter(Q(pk__in=links.values("gist")) | Q(pk__in=links.values("ghl")))


def visible_events(rows: "QuerySet[InboxEvent]") -> "QuerySet[InboxEvent]":
    if seen_links(_request.get()) is None:
        return rows
    return rows.filter(connection__in=visible_connections(Connection.objects.all()).values("pk"))


def visible_alerts(rows: "QuerySet[Alert]") -> "QuerySet[Alert]":
    """Those about a link that the sender sees, or about a connection of one."""
    seen = seen_links(_request.get())
    if seen is None:
        return rows
    connections = visible_connections(Connection.objects.all()).values("pk")
    return rows.filter(Q(link__in=seen) | Q(connection__in=connections))


def only_visible(links: Iterable[Link]) -> list[Link]:
    """Of links that are loaded already."""
    seen = seen_links(_request.get())
    return [link for link in links if seen is None or link.pk in seen]


# The door ------------------------------------------------------------------------------------------------


def _by_key(name: str) -> "Callable[[Arguments], QuerySet[Any]]":
    return lambda given: Link.objects.filter(key=given[name]).values_list("pk", flat=True)


def _by_row(model: type[Model], link: str = "link") -> "Callable[[Arguments], QuerySet[Any]]":
    return lambda given: model._default_manager.filter(pk=given["pk"]).values_list(link, flat=True)


def _by_connection(given: Arguments) -> "QuerySet[Any]":
    links = Link.objects.filter(Q(gist__key=given["key"]) | Q(ghl__key=given["key"]))
    return links.values_list("pk", flat=True)


def _by_event(given: Arguments) -> "QuerySet[Any]":
    # By its own key: a number that no key can be finds nothing there, and is a fault in a join.
    connections = InboxEvent.objects.filter(pk=given["pk"]).values("connection")
    return Link.objects.filter(Q(gist__in=connections) | Q(ghl__in=connections)).values_list("pk", flat=True)


def _by_trace(given: Arguments) -> "QuerySet[Any]":
    rows: tuple[type[Model], ...] = (Run, LogEntry, Execution, PendingRead)
    traced = {"trace": given["trace"]}
    found = reduce(or_, (Q(pk__in=one._default_manager.filter(**traced).values("link")) for one in rows))
    connections = InboxEvent.objects.filter(**traced).values("connection")
    return Link.objects.filter(found | Q(gist__in=connections) | Q(ghl__in=connections)).values_list("pk", flat=True)


# First word of an address' name to how the links are found that it belongs to.
ADDRESSES: dict[str, "Callable[[Arguments], QuerySet[Any]]"] = {
    "link": _by_key("key"),
    "mapping": _by_key("key"),
    "match": _by_key("key"),
    "checks": _by_key("key"),
    "contact": _by_key("link"),
    "run": _by_row(Run),
    "plan": _by_row(Run),
    "import": _by_row(ImportFile),
    "imported": _by_row(Run),
    "problem": _by_row(Problem),
    "pause": _by_row(Pause),
    "log": _by_row(LogEntry),
    "question": _by_row(Question),
    "waiting": _by_row(Snapshot),
    "workflow": _by_row(Workflow),
    "workflow_run": _by_row(Execution),
    "connection": _by_connection,
    "rejected": _by_event,
    "trace": _by_trace,
}
# Belong to no link: the token of a command is known only to whoever began it, and the operations of the catalogue and
# the chapters of the guide are the same for everybody; their pages offer what is seen. A saved view is its
# person's.
WITHOUT_LINK = {"command_result", "operation", "guide_chapter", "saved_view_remove"}
# What makes something that belongs to no link yet.
NEEDS_ALL_LINKS = {"connection_new_gist", "connection_new_ghl", "link_new"}
NEEDS_ALL_LINKS |= {"oauth_start", "oauth_callback", "oauth_confirm", "oauth_location"}
# By the first word of the name: pages about the installation; their views refuse everybody but owners.
OWNERS_ONLY = {"person", "invitation", "erasure", "alert", "connect", "key"}
# Rooms of allauth's own pages, which are about the sender alone.
OWN_PAGES = ("account_", "mfa_", "usersessions_")


def find_links(name: str, given: Arguments) -> "QuerySet[Any] | None":
    """Keys of the links that an address belongs to; None when it does not say."""
    words = name.split("_")
    if words[:2] == ["workflow", "run"]:
        return ADDRESSES["workflow_run"](given)
    find = ADDRESSES.get(words[0])
    return find(given) if find else None


class GrantGuard:
    """Middleware, after the one that knows who is signed in."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        token = _request.set(request)
        try:
            with masking(False):
                response: Any = self.get_response(request)
                if response.streaming and is_masking():
                    # A file is read while it is sent, when all this has ended.
                    response.streaming_content = keep_masking(response.streaming_content)
                answer: HttpResponse = response
                return answer
        finally:
            _request.reset(token)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Arguments) -> None:
        # Public pages know nobody, and asking who sends a webhook would cost it a query.
        if not getattr(view, "login_required", True):
            return
        # What is sent acts on the values themselves; its answer is masked by `mask_answer`.
        if request.method in ("GET", "HEAD") and sees_masks():
            start_masking()
        seen = seen_links(request)
        match = request.resolver_match
        if seen is None or match is None or match.app_names:
            return
        _check_address(request, match.url_name or "", kwargs, seen)


def _check_address(request: HttpRequest, name: str, given: Arguments, seen: frozenset[int]) -> None:
    """Raises Http404, or PermissionDenied for what is there and is not theirs to change."""
    if name in NEEDS_ALL_LINKS:
        raise PermissionDenied(ALL_LINKS_NEEDED)
    if not given or name in WITHOUT_LINK or name.startswith(OWN_PAGES) or name.split("_")[0] in OWNERS_ONLY:
        return
    found = find_links(name, given)
    links = set(found) if found is not None else set()
    if not links & seen:
        raise Http404
    if request.method not in ("GET", "HEAD") and not links <= seen:
        raise PermissionDenied(SHARED)
