"""Who may do what: viewers read, operators act where they hold the right that rights.py names, owners also delete."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase

from dashboard.models import Right, Role
from dashboard.rights import need_right, need_rights_of_address

R = TypeVar("R", bound=HttpResponseBase)
ASK_OWNER = "Only an owner may delete this. Ask one; until then it stays as it is."


def operators_only(view: Callable[..., R]) -> Callable[..., R]:
    """Only operators and owners who hold the rights of the address; anybody else gets the 403 page, which says so."""

    @wraps(view)
    def with_rights(request: HttpRequest, *args: Any, **kwargs: Any) -> R:
        need_rights_of_address(request)
        return view(request, *args, **kwargs)

    return _require_role(
        with_rights, (Role.OPERATOR, Role.OWNER), "This needs the role operator. You may look at everything here."
    )


def personal_data_only(view: Callable[..., R]) -> Callable[..., R]:
    """A page that is nothing without the values it shows, such as a file of people."""

    @wraps(view)
    def seeing(request: HttpRequest, *args: Any, **kwargs: Any) -> R:
        need_right(request, Right.SEE_PERSONAL)
        return view(request, *args, **kwargs)

    return seeing


def owners_only(view: Callable[..., R]) -> Callable[..., R]:
    return _require_role(view, (Role.OWNER,), ASK_OWNER)


def settings_for_owners(view: Callable[..., R]) -> Callable[..., R]:
    return _require_role(view, (Role.OWNER,), "Only an owner may see and change these settings. Ask one.")


def _require_role(view: Callable[..., R], roles: tuple[Role, ...], sentence: str) -> Callable[..., R]:
    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> R:
        # Somebody who is not signed in has no role; the middleware has sent them to the sign-in page before.
        if getattr(request.user, "role", None) not in roles:
            raise PermissionDenied(sentence)
        return view(request, *args, **kwargs)

    return guarded
