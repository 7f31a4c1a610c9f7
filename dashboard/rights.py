"""Which right, beside the role, an address needs from whoever sends to it: one line an address, kept by permissions.py.

Rights are of operators: owners hold all of them, and viewers send nothing. `tests/dashboard/test_rights.py` asks every
address by somebody who lacks each of them.
"""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

from dashboard.links.env import environment_of
from dashboard.models import Right, User
from integration.models import Link

SEE, RETRY, RULES, LIVE = Right.SEE_PERSONAL, Right.RETRY, Right.CHANGE_RULES, Right.RUN_LIVE

NEEDS: dict[str, tuple[Right, ...]] = {
    # Trying again, deciding, and reading anew.
    **dict.fromkeys(
        ("run_retry", "run_cancel", "run_pause", "run_resume", "plan_choose", "problem_retry", "problems_retry",
         "problem_state", "pause_resume", "log_retry", "log_retry_matching", "waiting_retry", "workflow_run_retry",
         "workflow_run_stop", "checks_again", "connection_check"),
        (RETRY,),
    ),
    # Further where it writes to live accounts: `need_live`.
    "link_sync": (RETRY,),
    # Whoever decides between two people, or two values, has to see them.
    **dict.fromkeys(
        ("question_answer", "question_dismiss", "match_answer", "match_undo", "match_all", "match_pair"), (RETRY, SEE)
    ),
    # How the installation works.
    **dict.fromkeys(
        ("connection_new_gist", "connection_new_ghl", "connection_rename", "connection_reconnect",
         "connection_disconnect", "connection_addresses", "connection_gist_fields", "oauth_start", "oauth_callback",
         "oauth_confirm", "oauth_location", "link_new", "link", "link_filters", "mapping", "mapping_carried",
         "mapping_publish", "mapping_copy", "mapping_restore", "workflow_new", "workflow", "workflow_switch",
         "workflow_settings", "workflow_restore"),
        (RULES,),
    ),
    # What it repairs is retried at once.
    "problem_fix": (RULES, RETRY),
    "workflow_test": (RULES, SEE),
    # What is written at once, by hand.
    **dict.fromkeys(
        ("plan_apply", "run_confirm", "run_undo", "link_undo", "link_launch", "mapping_fields_check"),
        (LIVE,),
    ),
    **dict.fromkeys(
        ("contact_command", "contact_join", "contact_tags", "contact_undo", "contact_book", "contact_add",
         "contact_record", "contact_edit", "operation"),
        (LIVE, SEE),
    ),
    # A file of people is read, and shown, row by row.
    **dict.fromkeys(("import_upload", "import", "import_blank", "import_start", "import_discard"), (LIVE, SEE)),
    # A file that is taken away, masked for whoever may not see values.
    **dict.fromkeys(("runs_export", "log_export", "contacts_export", "problems_export"), ()),
}  # fmt: skip

MISSING = "This needs the right “{}”, which your account does not have. Ask an owner: Settings, People and roles."


def need_right(request: HttpRequest, *rights: Right) -> None:
    """Raises PermissionDenied, whose page says which right is missing and whom to ask."""
    user: Any = request.user
    for right in rights:
        if not user.holds(right):
            raise PermissionDenied(MISSING.format(right.label))


def need_live(request: HttpRequest, link: Link) -> None:
    """For what writes at once to the accounts of this link; to rehearse in the sandbox, or only to watch, is none."""
    if writes_to_live(link):
        need_right(request, LIVE)


def writes_to_live(link: Link) -> bool:
    """Both connections must be loaded."""
    return environment_of(link) in ("live", "new_only")


def rights_context(user: Any) -> dict[str, bool]:
    """What pages show forms by: each right under its own name, and those that go together."""
    if not isinstance(user, User):
        return {}
    together = {"may_change_people": user.may_change_people, "may_decide": user.may_decide}
    return {**{right.value: user.holds(right) for right in Right}, **together}


def need_rights_of_address(request: HttpRequest) -> None:
    """Raises PermissionDenied, and KeyError for an address that says nothing here."""
    match = request.resolver_match
    need_right(request, *NEEDS[match.url_name or "" if match else ""])
