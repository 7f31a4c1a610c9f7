"""The mapping editor as it stands before a person."""

import re

from integration.mapping.rows import as_input
from integration.mapping.versions import current_version
from tests.dashboard.browser import Form, html, words

SAVED = ["email", "name", "phone", "tags", "custom_properties.plan"]


class Editor:
    """The page as it stands before a person: `press` sends its form by one of its buttons."""

    def __init__(self, browser, page=None, key="alder"):
        self.browser, self.key = browser, key
        self.page = page or browser.get("mapping", key, read="now")

    def press(self, button="", **changes):
        """`changes` are what was typed or picked before; a list where several fields have one name."""
        self.page = self.browser.post("mapping", self.key, **{"do": [button]} | self.form() | changes)
        return self

    def form(self):
        form = {}
        for name, value in Form(self.page, "editor").fields:
            form.setdefault(name, []).append(value)
        return form

    def connect(self, gist, ghl, row=""):
        """What a drop sends: a field onto a field, or onto an end of a row."""
        return self.press("", **{"connect-gist": gist, "connect-ghl": ghl, "connect-row": row})

    def publish(self, name="A new version"):
        """By the page of its own to which the button leads."""
        self.page = self.browser.get("mapping_publish", self.key)
        hidden = {name: self._value_of_page(name) for name in ("read", "revision")}
        self.page = self.browser.post("mapping_publish", self.key, name=name, **hidden)
        return self

    def _value_of_page(self, name):
        return dict(Form(self.page, "publishing").fields)[name]

    def load(self):
        """What the page reads by itself once it stands; the draft travels with it."""
        self.page = self.browser.client.post(f"/links/{self.key}/mapping/?read=now", self.form())
        return self

    def button(self, element_id):
        """What the button with this id sends."""
        found = re.search(rf'value="([^"]*)"[^>]*id="{element_id}"', html(self.page))
        return found[1] if found else ""

    @property
    def rows(self):
        """The Gist fields of the rows, from the top down."""
        fields = Form(self.page, "editor").fields
        given = dict(fields)
        return [given[f"gist-{rid}"] for name, rid in fields if name == "row"]

    @property
    def words(self):
        return words(self.page)

    def value(self, name):
        return dict(Form(self.page, "editor").fields)[name]


def saved_rows(link):
    """The rows that runs work by."""
    return [as_input(row) for row in current_version(link).rows.all()]


def fields_saved(link):
    return [row["gist"] for row in saved_rows(link)]
