"""Addresses with the methods that they take. Any other method is answered with 405, and which would be taken.

A view does not look at the method unless it takes two of them: without this, DELETE would be served as if it were GET.
"""

from collections.abc import Callable, Iterable
from typing import Any

from django.http import HttpResponseBase
from django.urls import URLPattern, URLResolver, path
from django.views.decorators.http import require_http_methods

View = Callable[..., HttpResponseBase]
READ, SEND = ("GET", "HEAD"), ("POST",)


def page(route: str, view: View, name: str) -> URLPattern:
    """An address that is only read."""
    return path(route, _limit_methods(view, READ), name=name)


def form(route: str, view: View, name: str) -> URLPattern:
    """A page that holds a form and takes it."""
    return path(route, _limit_methods(view, READ + SEND), name=name)


def command(route: str, view: View, name: str) -> URLPattern:
    """What a button of another page sends."""
    return path(route, _limit_methods(view, SEND), name=name)


def intake(route: str, view: View, name: str) -> tuple[URLPattern, URLPattern]:
    """Where programs send to, with and without the last slash: few of them send a body again to where a redirect leads.

    The last one is what `reverse` gives.
    """
    return command(route.removesuffix("/"), view, name), command(route, view, name)


def limit_to_forms(patterns: Iterable[Any]) -> list[URLPattern | URLResolver]:
    """The addresses of another package as forms: Django's own form views take PUT for POST."""
    found = list(patterns)
    for one in found:
        if isinstance(one, URLResolver):
            limit_to_forms(one.url_patterns)
        else:
            one.callback = _limit_methods(one.callback, READ + SEND)
    return found


def _limit_methods(view: View, methods: tuple[str, ...]) -> View:
    limited: View = require_http_methods(list(methods))(view)
    limited.methods = methods  # type: ignore[attr-defined]
    return limited
