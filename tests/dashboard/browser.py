"""A person at the browser: asks for pages by their names, reads them, and sends their forms as they stand."""

import re
from html import unescape
from html.parser import HTMLParser
from typing import Any

from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils.html import strip_tags

# Read while the demo is on: Django would read it at the first request, and a test that switches the demo off
# and comes first would leave every later one without the sandbox.
import dashboard.urls  # noqa: F401

TIP = re.compile(r'<span class="tip".*?</a></span>')


class Browser:
    """Signed in as `user`, or as nobody. `part` is the id of the element that htmx asks anew."""

    def __init__(self, user: Any = None, **options: Any):
        self.client = Client(**options)
        if user:
            self.client.force_login(user)

    def get(self, name: str, /, *args: Any, part: str = "", **query: Any) -> HttpResponse:
        headers = {"HX-Request": "true", "HX-Target": part} if part else {}
        return self.client.get(reverse(name, args=args), query, headers=headers)

    def post(self, name: str, /, *args: Any, **form: Any) -> HttpResponse:
        return self.client.post(reverse(name, args=args), form)

    def go(self, response: HttpResponse) -> HttpResponse:
        """Where the answer sends the browser, and on from there until a page is shown."""
        while response.status_code == 302:
            response = self.client.get(response["Location"])
        return response


def html(response: HttpResponse) -> str:
    return response.content.decode()


def words(response: HttpResponse) -> str:
    """What a person reads, with single spaces; not the meanings of words, which open when they are asked for."""
    read = TIP.sub("", html(response))
    return " ".join(unescape(strip_tags(read.replace("><", "> <"))).split())


class Form(HTMLParser):
    """What the form with this id would send: `fields` in their order, without the buttons."""

    def __init__(self, page: HttpResponse, form_id: str):
        super().__init__()
        self.form_id, self.inside, self.select, self.says_itself = form_id, False, "", False
        self.fields: list[tuple[str, str]] = []
        self.feed(html(page))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.inside = given.get("id") == self.form_id
        if not self.inside or "disabled" in given:
            return
        if tag == "select":
            self.select = given["name"]
            self.fields.append((self.select, ""))
        elif tag == "option" and "selected" in given:
            self.fields[-1] = (self.select, given.get("value", ""))
            self.says_itself = "value" not in given
        elif tag == "input" and "name" in given and (given.get("type") != "checkbox" or "checked" in given):
            self.fields.append((given["name"], given.get("value", "on")))

    def handle_data(self, text: str) -> None:
        """An option without a value sends its text."""
        if self.says_itself:
            self.fields[-1], self.says_itself = (self.select, text), False

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.inside = False
