"""What operators type on the contact page. Times are read in the location's time zone, which the view has set."""

from collections.abc import Mapping, Sequence
from datetime import MAXYEAR, MINYEAR, UTC, datetime
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from dashboard.widgets import LONG, SELECT, TEXT
from integration.errors import SetupError
from integration.moments import utc_text
from integration.people import directory
from integration.people.directory import Bookable
from integration.people.find import KnownPerson
from integration.records import RelatedRecord, Value

NOBODY = ("", "Nobody")


class MomentField(forms.DateTimeField):
    """A moment that stays one in any time zone: the first and the last year that Python knows do not."""

    def to_python(self, value: Any) -> datetime | None:
        moment = super().to_python(value)
        if moment and not MINYEAR < moment.year < MAXYEAR:
            raise forms.ValidationError("Choose a year that GHL can keep, as 2026.")
        return moment


class RecordForm(forms.Form):
    """A form about one record. `changes` holds what was changed, `shown` what stood there before, both as records do.

    The values as they were shown travel in hidden fields, so that what GHL changed meanwhile is noticed.
    """

    keys: dict[str, str] = {}
    """Names of the domain by the names of fields here, where they differ."""

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            # Only a form about something that exists has values to compare with.
            field.show_hidden_initial = bool(self.initial)

    @property
    def values(self) -> dict[str, Value]:
        return {self._domain_key(name): as_value(value) for name, value in self.cleaned_data.items()}

    @property
    def changes(self) -> dict[str, Value]:
        return {key: value for key, value in self.values.items() if key in map(self._domain_key, self.changed_data)}

    @property
    def shown(self) -> dict[str, Value]:
        found = {}
        for name in self.changed_data:
            was = self.data.get(self.add_initial_prefix(name))
            found[self._domain_key(name)] = self._read_shown(name, was) if was is not None else None
        return found

    def _read_shown(self, name: str, was: str) -> Value:
        try:
            return as_value(self.fields[name].to_python(was))
        except forms.ValidationError as problem:
            raise SetupError(f"What the page showed as {name} cannot be read: {' '.join(problem.messages)}") from None

    def _domain_key(self, name: str) -> str:
        return self.keys.get(name, name)


class TaskForm(RecordForm):
    title = forms.CharField(max_length=500, required=False, widget=forms.TextInput(TEXT))
    due = MomentField(required=False, widget=forms.DateTimeInput({**TEXT, "type": "datetime-local"}))
    assigned_to = forms.ChoiceField(label="Assigned to", required=False, widget=forms.Select(SELECT))
    body = forms.CharField(label="Description", required=False, widget=forms.Textarea(LONG))
    keys = {"due": "due_at"}

    def __init__(self, *args: Any, users: Mapping[str, str], **kwargs: Any):
        super().__init__(*args, **kwargs)
        choices = [NOBODY, *users.items()]
        held = self.initial.get("assigned_to")
        if held and held not in users:
            # Without this choice the browser would pick another one, and saving the title would change the assignee.
            choices.append((held, "Somebody who left"))
        self.fields["assigned_to"].choices = choices  # type: ignore[attr-defined]
        due, widget = self.initial.get("due"), self.fields["due"].widget
        widget.format = "%Y-%m-%dT%H:%M"
        # A picker without seconds would cut them off, and the form would report a change that nobody made.
        if due and due.second:
            widget.format, widget.attrs["step"] = "%Y-%m-%dT%H:%M:%S", 1


class NoteForm(RecordForm):
    body = forms.CharField(label="Text", required=False, widget=forms.Textarea(LONG))


class BookForm(forms.Form):
    """A slot of a calendar. Whose appointment it is must be said where the calendar has no members."""

    title = forms.CharField(max_length=200, required=False, widget=forms.TextInput(TEXT))
    slot = forms.ChoiceField(label="Free times", required=False, widget=forms.Select(SELECT))
    assigned_to = forms.ChoiceField(label="With", required=False, widget=forms.Select(SELECT))

    def __init__(
        self, *args: Any, slots: Sequence[datetime], users: Mapping[str, str], calendar: Bookable | None, **kwargs: Any
    ):
        super().__init__(*args, **kwargs)
        self.fields["slot"].choices = slot_choices(slots)  # type: ignore[attr-defined]
        members = calendar.members if calendar else ()
        self.fields["title"].initial = calendar.name if calendar else ""
        those = {pk: name for pk, name in users.items() if pk in members} or dict(users)
        first = [("", "Whoever the calendar says")] if members else [("", "Choose somebody")]
        self.fields["assigned_to"].choices = [*first, *those.items()]  # type: ignore[attr-defined]


def slot_choices(slots: Sequence[datetime]) -> list[tuple[str, list[tuple[str, str]]]]:
    """Free times under their days, in the current time zone."""
    days: dict[str, list[tuple[str, str]]] = {}
    for slot in slots:
        local = timezone.localtime(slot)
        day = f"{local:%a} {local.day} {local:%B}"
        days.setdefault(day, []).append((utc_text(slot), f"{day}, {local:%H:%M}"))
    return list(days.items())


def moment_of(text: str) -> datetime | None:
    """A slot as its form sent it."""
    try:
        read = parse_datetime(text)
    except ValueError:
        return None
    return read if read and read.tzinfo else None


def task_form(users: Mapping[str, str], record: RelatedRecord | None = None, data: Any = None) -> TaskForm:
    initial = None
    if record:
        values = record.values
        due = values.get("due_at")
        initial = {
            "title": values.get("title"), "body": values.get("body"), "assigned_to": values.get("assigned_to") or "",
            "due": timezone.localtime(datetime.fromisoformat(str(due))) if due else None,
        }  # fmt: skip
    return TaskForm(data, users=users, initial=initial, auto_id=f"{record.id if record else 'task'}-%s")


def note_form(record: RelatedRecord | None = None, data: Any = None) -> NoteForm:
    initial = {"body": record.values.get("body")} if record else None
    return NoteForm(data, initial=initial, auto_id=f"{record.id if record else 'note'}-%s")


def record_form(person: KnownPerson, kind: str, record: RelatedRecord | None = None, data: Any = None) -> RecordForm:
    """The form of a task or note: of `record`, or of a new one."""
    return task_form(known_users(person), record, data) if kind == "task" else note_form(record, data)


def check_form(form: RecordForm) -> RecordForm:
    """Raises SetupError with what is wrong, in one sentence per field."""
    if not form.is_valid():
        errors = ((form[name].label, map(str, texts)) for name, texts in form.errors.items())
        raise SetupError(" ".join(f"{label}: {' '.join(texts)}" for label, texts in errors))
    return form


def known_users(person: KnownPerson) -> dict[str, str]:
    """The location's users as they were read last, however long ago."""
    return directory.known_users(person.link.ghl)


def as_value(value: Any) -> Value:
    if isinstance(value, datetime):
        return utc_text(value.astimezone(UTC))
    return value if value not in ("", None) else None
