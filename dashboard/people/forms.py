"""Forms of Settings → People, and of the page behind an invitation."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib.auth.password_validation import password_validators_help_texts, validate_password
from django.urls import reverse_lazy

from dashboard.models import Right, Role, User
from dashboard.widgets import SELECT, TEXT
from integration.models import Link

SCOPES = [("all", "All links, also those made later"), ("some", "Only these")]


class SeenLinksForm(forms.Form):
    """Which links somebody, or something, sees."""

    scope = forms.ChoiceField(label="Sees", choices=SCOPES, widget=forms.Select(SELECT))
    links = forms.ModelMultipleChoiceField(
        Link.objects.order_by("name", "pk"),
        # By key: as a number, anything could be sent that no column holds.
        to_field_name="key",
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        # Without one nothing would be seen, and nobody would know why.
        if self.narrows(data) and not data.get("links"):
            self.add_error("links", "Tick at least one link, or choose all.")
        return data

    def narrows(self, data: Mapping[str, Any]) -> bool:
        """Whether the links that are ticked count."""
        return data.get("scope") == "some"

    @property
    def chosen_links(self) -> list[Link] | None:
        """None: all."""
        return list(self.cleaned_data["links"]) if self.narrows(self.cleaned_data) else None


class AccessForm(SeenLinksForm):
    """A role, and which links its person sees. Owners see all links, since they give the grants."""

    role = forms.ChoiceField(choices=Role.choices, widget=forms.Select(SELECT))
    rights = forms.MultipleChoiceField(
        choices=Right.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="Owners hold all of them; of a viewer only the first counts. Without it names, addresses, numbers "
        "and values are masked everywhere, also in files.",
    )
    field_order = ["role", "rights", "scope", "links"]

    def narrows(self, data: Mapping[str, Any]) -> bool:
        return super().narrows(data) and data.get("role") != Role.OWNER


# What the chosen role begins with is ticked anew.
TICK_USUAL_RIGHTS = {
    "hx-get": reverse_lazy("person_invite"), "hx-trigger": "change", "hx-target": "#rights", "hx-select": "#rights",
    "hx-swap": "outerHTML",
}  # fmt: skip


class InviteForm(AccessForm):
    role = forms.ChoiceField(choices=Role.choices, widget=forms.Select(SELECT | TICK_USUAL_RIGHTS))
    email = forms.EmailField(label="E-mail address", widget=forms.EmailInput(TEXT))
    field_order = ["email", "role", "rights", "scope", "links"]


def access_of(person: User) -> dict[str, Any]:
    """What the form of a person begins with."""
    return {
        "role": person.role,
        "rights": [right.value for right in Right if getattr(person, right)],
        "scope": "all" if person.sees_all_links else "some",
        "links": [link.key for link in person.links.all()],
    }


class AcceptForm(forms.Form):
    """The password of a new account."""

    name = forms.CharField(
        label="Your name",
        max_length=150,
        required=False,
        widget=forms.TextInput({**TEXT, "autocomplete": "name"}),
        help_text="As it stands beside what you do. Blank: your e-mail address.",
    )
    password = forms.CharField(
        widget=forms.PasswordInput({**TEXT, "autocomplete": "new-password"}),
        strip=False,
        help_text=" ".join(password_validators_help_texts()),
    )

    def __init__(self, *args: Any, person: User, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.person = person

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        validate_password(password, self.person)
        return password
