"""Who may do what: viewers read, operators act, owners also delete."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse

from dashboard.models import Role

View = Callable[..., HttpResponse]


def operators(view: View) -> View:
    """Only operators and owners; anybody else gets the 403 page, which says so."""
    return _only(view, (Role.OPERATOR, Role.OWNER), "This needs the role operator. You may look at everything here.")


def owners(view: View) -> View:
    return _only(view, (Role.OWNER,), "Only an owner may delete this. Ask one, or pause it instead.")


def _only(view: View, roles: tuple[Role, ...], sentence: str) -> View:
    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if getattr(request.user, "role", None) not in roles:
            raise PermissionDenied(sentence)
        return view(request, *args, **kwargs)

    return guarded
