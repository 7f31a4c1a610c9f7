"""A walk through every form of the dashboard: finds what its pages can send, and sends it with other values."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import urlencode

from django.db import transaction
from django.http import HttpResponse
from django.urls import Resolver404, URLPattern, URLResolver, get_resolver, resolve

from tests.dashboard.browser import Browser, html
from tests.dashboard.form_finder import Sending, SendingFinder
from tests.dashboard.hostile import FORM, break_json

# Pages of one kind that are read for their forms, such as those of several contacts.
MOST_OF_A_KIND = 4
TOKEN = "csrfmiddlewaretoken"


def name_of(path: str) -> str:
    """The name of the dashboard's address; "" for one that does not exist or is the sandbox's."""
    try:
        name = str(resolve(path).view_name or "")
    except Resolver404:
        return ""
    return "" if name.startswith("sandbox") else name


def addresses_that_take(method: str, patterns: Iterable[Any] | None = None) -> Iterator[str]:
    """Names of the addresses that take this method."""
    for one in get_resolver().url_patterns if patterns is None else patterns:
        if isinstance(one, URLResolver):
            yield from addresses_that_take(method, one.url_patterns)
        elif isinstance(one, URLPattern) and method in getattr(one.callback, "methods", ()):
            yield str(one.name)


def plain_name(field: str) -> str:
    """The name of a field without its numbers: rows of a list are alike."""
    return re.sub(r"\d+", "#", field)


class Walk:
    """`sendings` is everything that the pages reached from `starts` can send: by method, name of the address and kind
    of record, with the fields of all forms that send there.
    """

    def __init__(self, browser: Browser, starts: Iterable[str]):
        self.client = browser.client
        self.cookies = self.client.cookies.output(header="", sep=";")
        self.sendings: dict[tuple[str, str, str], Sending] = {}
        waiting, known, kinds = list(starts), set(), Counter[str]()
        while waiting:
            address = waiting.pop(0)
            name = name_of(address.partition("?")[0])
            if address in known or not name or kinds[name] >= MOST_OF_A_KIND:
                continue
            known.add(address)
            kinds[name] += 1
            waiting += self._read_page(address)

    def _read_page(self, address: str) -> Iterator[str]:
        page = self.send("GET", address)
        if "text/html" not in page.get("Content-Type", ""):
            return
        for found in SendingFinder(html(page), address.partition("?")[0]).sendings:
            if not (name := name_of(found.path)):
                continue
            kind = str(resolve(found.path).kwargs.get("kind", ""))
            kept = self.sendings.setdefault((found.method, name, kind), Sending(found.method, found.path))
            kept.fields += [one for one in found.fields if one not in kept.fields and one[0] != TOKEN]
            if found.method == "GET":
                yield f"{found.path}?{urlencode(dict(found.fields))}" if found.fields else found.path

    def send(self, method: str, address: str, body: bytes = b"", content_type: str = FORM, **headers: str) -> Any:
        """Send, and take back what it did to the database and to who is signed in."""
        self.client.cookies = SimpleCookie(self.cookies)
        with transaction.atomic():
            answer = self.client.generic(method, address, body, content_type, headers=headers)
            transaction.set_rollback(True)
        return answer

    def submit(self, sending: Sending, fields: Mapping[str, str]) -> HttpResponse:
        body = urlencode(fields)
        if sending.method == "GET":
            return self.send("GET", f"{sending.path}?{body}")
        return self.send(sending.method, sending.path, body.encode())

    def reached(self, method: str) -> set[str]:
        """Names of the addresses to which some page sends by this method."""
        return {name for sent_by, name, _ in self.sendings if sent_by == method}

    def all_that(self, method: str) -> list[Sending]:
        return [sending for (sent_by, *_), sending in self.sendings.items() if sent_by == method]


def fields_of(sending: Sending) -> dict[str, str]:
    """Its fields by name, each kind once, with the value that stands there."""
    by_kind = {plain_name(name): (name, value) for name, value in reversed(sending.fields)}
    return dict(by_kind.values())


def verbs_of(sending: Sending) -> list[str]:
    """What its buttons called `do` ask for, one of each kind."""
    asked = [value for name, value in sending.fields if name == "do"]
    return list({value.partition(":")[0]: value for value in asked}.values())


def with_all_replaced(sending: Sending, values: Sequence[str]) -> Iterator[dict[str, str]]:
    """Another value in every field, another button each time. Every other turn is taken, of the next form the others:
    each field of a kind that many forms have meets all values.
    """
    names, verbs = list(fields_of(sending)), verbs_of(sending)
    for turn in range(len(sending.path) % 2, len(values), 2) if names else ():
        sent = {name: values[(turn + place) % len(values)] for place, name in enumerate(names)}
        yield sent | ({"do": verbs[turn % len(verbs)]} if verbs and turn % 3 else {})


def with_one_replaced(sending: Sending, values: Sequence[str]) -> Iterator[dict[str, str]]:
    """One field at a time has one of the values, or broken JSON where it holds JSON; the others have their own."""
    fields, verbs = fields_of(sending), verbs_of(sending)
    for place, (name, value) in enumerate(fields.items()):
        for turn, other in enumerate([*values, *break_json(value)]):
            # What is done with a value depends on the button.
            verb = {"do": verbs[(place + turn) % len(verbs)]} if verbs else {}
            yield fields | verb | {name: other}
