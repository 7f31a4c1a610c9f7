"""Everything that a page sends: its forms, its htmx requests and its links, with the names and values they carry."""

import json
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qsl, urlsplit

VOID = {"input", "br", "hr", "img", "meta", "link", "path", "use", "col", "source"}
Pair = tuple[str, str]


@dataclass
class Sending:
    """One request that a page can make. `fields` are names with the values that stand there; a select has its first."""

    method: str
    path: str
    fields: list[Pair] = field(default_factory=list)
    has_button: bool = True


class SendingFinder(HTMLParser):
    """`sendings` of a page that stands at `here`."""

    def __init__(self, page: str, here: str):
        super().__init__()
        self.here = here
        self.sendings: list[Sending] = []
        self.form: Sending | None = None
        self.by_id: dict[str, Sending] = {}
        self.disabled: list[bool] = []
        """Of each fieldset around what is read."""
        self.late: list[tuple[str, list[Pair]]] = []
        """Fields of elements that name their form by its id, which may stand further down."""
        self.select: list[Pair] | None = None
        self.text: tuple[list[Pair], str] | None = None
        self.requests: list[tuple[Sending, Sending | None, Sending | None]] = []
        self.feed(page)
        for form_id, fields in self.late:
            if form_id in self.by_id:
                self.by_id[form_id].fields += fields
        for sending, *forms in self.requests:
            # As htmx does: what stands in a form sends the whole form along, and the one it includes.
            sending.fields = [*(one for form in forms if form for one in form.fields), *sending.fields]
            if not sending.has_button:
                sending.has_button = any(form.has_button for form in forms if form)
        # A form all of whose controls are disabled is there to be read.
        self.sendings = [one for one in self.sendings if one.has_button]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.form = self._add(given.get("method") or "get", given.get("action", ""))
            self.form.has_button = False
            self.by_id[given.get("id", "")] = self.form
        if tag == "fieldset":
            self.disabled.append("disabled" in given)
        if "disabled" in given or any(self.disabled):
            return
        own = self._read_control(tag, given)
        for method in ("get", "post", "put", "patch", "delete"):
            if f"hx-{method}" in given:
                request = self._add(method, given[f"hx-{method}"])
                # A form that htmx sends has its own buttons; everything else is a button by itself.
                request.has_button = tag != "form"
                request.fields += [*own, *((name, str(value)) for name, value in _values_of(given).items())]
                included = self.by_id.get(given.get("hx-include", "").removeprefix("#"))
                self.requests.append((request, self.form, included))
        if "formaction" in given and self.form is not None:
            self.requests.append((self._add(self.form.method, given["formaction"]), self.form, None))
        if tag == "a" and given.get("href", "#")[0] in "/?":
            self._add("get", given["href"])

    def _read_control(self, tag: str, given: dict[str, str]) -> list[Pair]:
        """The field of this element, which is added to its form."""
        if tag == "option" and self.select is not None:
            name, value = self.select[0]
            # The first choice that says something stands for what a person picks.
            if not value or "selected" in given:
                self.select[0] = (name, given.get("value", ""))
            return []
        is_button = tag == "button" and given.get("type", "submit") == "submit"
        if self.form is not None and (is_button or given.get("type") == "checkbox"):
            self.form.has_button = True
        if tag not in ("input", "select", "textarea", "button") or not given.get("name"):
            return []
        fields: list[Pair] = [(given["name"], given.get("value", "on" if tag == "input" else ""))]
        if tag == "select":
            self.select = fields
        if tag == "textarea":
            self.text = (fields, "")
        if "form" in given:
            self.late.append((given["form"], fields))
        elif self.form is not None and tag == "select":
            # Added when it ends, because its value is known then.
            return fields
        elif self.form is not None and tag != "textarea":
            self.form.fields += fields
        return fields

    def handle_data(self, data: str) -> None:
        if self.text:
            self.text = (self.text[0], self.text[1] + data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "select" and self.select is not None:
            if self.form is not None:
                self.form.fields += self.select
            self.select = None
        if tag == "textarea" and self.text is not None:
            fields, text = self.text
            fields[0] = (fields[0][0], text.removeprefix("\n"))
            if self.form is not None:
                self.form.fields += fields
            self.text = None
        if tag == "fieldset":
            self.disabled.pop()
        if tag == "form":
            self.form = None

    def _add(self, method: str, address: str) -> Sending:
        parts = urlsplit(address)
        sending = Sending(method.upper(), parts.path or self.here, parse_qsl(parts.query, keep_blank_values=True))
        if not parts.netloc:
            self.sendings.append(sending)
        return sending


def _values_of(given: dict[str, str]) -> dict[str, Any]:
    return json.loads(given["hx-vals"]) if "hx-vals" in given else {}
