"""The workflow editor before a person: its form, changed and sent as a browser would."""

import re
from html import unescape
from html.parser import HTMLParser
from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.utils.html import strip_tags

from tests.dashboard.browser import Browser, html, words


class Fields(HTMLParser):
    """What the form `editor` would send, without its buttons: names with their values, in order."""

    def __init__(self, page: str):
        super().__init__()
        self.inside, self.select, self.text = False, "", ""
        self.found: list[tuple[str, str]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.inside = given.get("id") == "editor"
        if not self.inside:
            return
        if tag == "select" and "name" in given:
            self.select, first = given["name"], ""
            self.found.append((self.select, first))
        elif tag == "option" and "selected" in given and self.select:
            self.found[-1] = (self.select, given["value"])
        elif tag == "textarea":
            self.text = given["name"]
            self.found.append((self.text, ""))
        elif tag == "input" and "name" in given and (given.get("type") != "checkbox" or "checked" in given):
            self.found.append((given["name"], given.get("value", "on")))

    def handle_data(self, text: str) -> None:
        if self.text:
            self.found[-1] = (self.text, text.removeprefix("\n"))

    def handle_endtag(self, tag: str) -> None:
        self.inside = self.inside and tag != "form"
        self.select = "" if tag == "select" else self.select
        self.text = "" if tag == "textarea" else self.text


class Editor:
    """`press` sends the form by one of its buttons; `change` types into it without sending."""

    def __init__(self, browser: Browser, workflow: Any):
        self.browser, self.pk = browser, workflow.pk
        self.page: HttpResponse = browser.get("workflow", self.pk)
        self.typed: dict[str, Any] = {}

    def change(self, **changes: Any) -> "Editor":
        self.typed |= changes
        return self

    def form(self, changes: dict[str, Any], drop: list[str] | None = None) -> dict[str, Any]:
        sent: dict[str, Any] = {}
        for name, value in Fields(self.html).found:
            sent.setdefault(name, []).append(value)
        sent |= self.typed | changes
        return {name: value for name, value in sent.items() if name not in (drop or ())}

    def press(self, button: str = "", drop: list[str] | None = None, **changes: Any) -> "Editor":
        self.page = self.browser.post("workflow", self.pk, **self.form({"do": button, **changes}, drop))
        self.typed, self.at_once = {}, self.html
        return self.load()

    def load(self) -> "Editor":
        """What the page reads by itself once it stands: each kind of choices that is not known."""
        for kind in re.findall(r'hx-post="[^"]+[?]read=(\w+)" hx-trigger="load"', self.html):
            address = reverse("workflow", args=[self.pk], query={"read": kind})
            self.page = self.browser.client.post(address, self.form({}))
        return self

    def test(self, who: str) -> HttpResponse:
        where = reverse("workflow_test", args=[self.pk])
        return self.browser.client.post(where, {**self.form({}), "contact": who})

    def tried(self, who: str) -> str:
        """What the dry run says, in words."""
        part = html(self.test(who)).split('id="dry-run"')[1].replace("><", "> <")
        return " ".join(unescape(strip_tags(part)).split())

    def all(self, name: str) -> list[str]:
        """Values of the numbered fields `name-1`, `name-2`, in the order in which they stand."""
        numbered = [(one, value) for one, value in Fields(self.html).found if one.rpartition("-")[0] == name]
        return [value for one, value in numbered if one.rpartition("-")[2].isdigit()]

    @property
    def names(self) -> set[str]:
        return {name for name, _ in Fields(self.html).found}

    @property
    def html(self) -> str:
        return html(self.page)

    @property
    def plain(self) -> str:
        """The markup with its characters as people read them."""
        return unescape(self.html)

    @property
    def words(self) -> str:
        return words(self.page)
