"""The form that chooses locations of an agency, each with the Gist connection that it is linked to."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms

from dashboard.widgets import SELECT
from integration.models import Connection
from integration.oauth.connect import Location

# So many are connected at once: each takes a few calls, and somebody waits for them.
MOST_AT_ONCE = 10


@dataclass(frozen=True)
class LocationRow:
    """`known` is the connection that stands for the location already, `gist` the field that asks for its other side."""

    location: Location
    known: Connection | None
    gist: forms.BoundField
    is_chosen: bool


class LocationsForm(forms.Form):
    """Which locations to connect. `proposed` holds keys of Gist connections by location."""

    location = forms.MultipleChoiceField(error_messages={"required": "Tick at least one location."})

    def __init__(
        self, *args: Any, locations: list[Location], gist: Iterable[Connection], proposed: Mapping[str, str],
        known: Mapping[str, Connection], **kwargs: Any,
    ):  # fmt: skip
        super().__init__(*args, **kwargs)
        self.locations, self.known = locations, known
        self.fields["location"].choices = [(one.id, one.name) for one in locations]  # type: ignore[attr-defined]
        choices = [("", "Link it later"), *((one.key, f"Link with {one.name}") for one in gist)]
        for one in locations:
            self.fields[self._gist_name(one.id)] = forms.ChoiceField(
                choices=choices,
                required=False,
                initial=proposed.get(one.id, ""),
                widget=forms.Select({**SELECT, "aria-label": f"Gist connection for {one.name}"}),
            )

    @staticmethod
    def _gist_name(location_id: str) -> str:
        return f"gist-{location_id}"

    def clean_location(self) -> list[str]:
        chosen: list[str] = self.cleaned_data["location"]
        if len(chosen) > MOST_AT_ONCE:
            raise forms.ValidationError(f"Tick at most {MOST_AT_ONCE} at once; then sign in again for the others.")
        return chosen

    def rows(self) -> Iterator[LocationRow]:
        # A single one is chosen already, as there is nothing to choose.
        ticked = self["location"].value() or [one.id for one in self.locations if len(self.locations) == 1]
        for one in self.locations:
            yield LocationRow(one, self.known.get(one.id), self[self._gist_name(one.id)], one.id in ticked)

    def chosen(self) -> list[tuple[Location, str]]:
        """Each location that was ticked, with the key of its Gist connection or ""."""
        ticked = set(self.cleaned_data["location"])
        return [(one, self.cleaned_data[self._gist_name(one.id)]) for one in self.locations if one.id in ticked]
