"""What "Find or do" finds: one option leads somewhere, or begins something."""

from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from dashboard.models import Right


@dataclass(frozen=True)
class Option:
    """`href` is where it leads. With `post` it begins something instead: `field` and `value` are sent to that address,
    and `end` says what that does. `keys` is the shortcut.
    """

    title: str
    href: str
    icon: str
    sub: str = ""
    end: str = ""
    post: str = ""
    field: str = ""
    value: str = ""
    keys: str = ""
    record: Any = None


@dataclass(frozen=True)
class Group:
    title: str
    options: list[Option]


@dataclass(frozen=True)
class _Page:
    """`words` are other names that people look for it by; `needs` is the right, or the property of a user, that it
    takes, "" for everybody.
    """

    route: str
    title: str
    icon: str
    words: str = ""
    needs: str = ""
    keys: str = ""


PAGES = (
    _Page("overview", "Overview", "squares-2x2", "home start dashboard health", keys="G O"),
    _Page("runs", "Runs", "arrow-path", "sync backfill history plans", keys="G R"),
    _Page("log", "Log", "queue-list", "entries changes decisions", keys="G L"),
    _Page("problems", "Problems", "exclamation-triangle", "failures errors causes", keys="G P"),
    _Page("problems_person", "Needs a person", "hand-raised", "questions conflicts decide"),
    _Page("problems_waiting", "Waiting", "clock", "retry again parked"),
    _Page("problems_rejected", "Turned away", "no-symbol", "webhooks refused signature"),
    _Page("contacts", "Contacts", "users", "people search", keys="G C"),
    _Page("connections", "Connections", "link", "accounts login tokens"),
    _Page("links", "Links and mapping", "arrows-right-left", "fields rules", keys="G M"),
    _Page("workflows", "Workflows", "bolt", "templates automation"),
    _Page("imports", "CSV import", "table-cells", "file excel upload"),
    _Page("catalogue", "Catalogue", "rectangle-stack", "operations endpoints actions triggers api"),
    _Page("capabilities", "What Gist can do", "book-open", "limits help"),
    _Page("people", "Settings: people and roles", "cog-6-tooth", "users invite rights", "may_delete"),
    _Page("audit", "Settings: audit trail", "clipboard-document-list", "who did what", "may_delete"),
    _Page("data", "Settings: data", "trash", "erase retention privacy gdpr", "may_delete"),
    _Page("account_change_password", "Change password", "key", "account"),
    _Page("mfa_index", "Second factor", "shield-check", "2fa totp account"),
)
DO = (
    _Page("link_new", "Add a link…", "plus", "new create client", Right.CHANGE_RULES),
    _Page("connection_new_gist", "Connect Gist…", "key", "new account", Right.CHANGE_RULES),
    _Page("connection_new_ghl", "Connect GoHighLevel…", "plus", "new account oauth ghl", Right.CHANGE_RULES),
    _Page("workflow_new", "Add a workflow…", "bolt", "new create template", Right.CHANGE_RULES),
    _Page("imports", "Bring in a file of people…", "table-cells", "csv excel import upload", "may_change_people"),
    _Page("person_invite", "Invite somebody…", "users", "new person role", "may_delete"),
)


def pages(text: str, user: Any) -> list[Option]:
    return _options(PAGES, text, user)


def actions(text: str, user: Any) -> list[Option]:
    return _options(DO, text, user)


def _options(known: tuple[_Page, ...], text: str, user: Any) -> list[Option]:
    wanted = text.lower().split()
    return [
        Option(page.title, reverse(page.route), page.icon, keys=page.keys)
        for page in known
        if _may_see(page.needs, user) and _has_all(f"{page.title} {page.words}".lower(), wanted)
    ]


def _may_see(needs: str, user: Any) -> bool:
    return not needs or bool(user.holds(needs) if needs in Right.values else getattr(user, needs))


def _has_all(words: str, wanted: list[str]) -> bool:
    """Whether each wanted word begins one of the words."""
    return all(any(word.startswith(one) for word in words.split()) for one in wanted)
