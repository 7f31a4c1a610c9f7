"""The forms of an import: bringing a file, and how it is read and where it goes."""

from typing import Any

from django import forms

from dashboard.grants import visible
from dashboard.widgets import LONG, SELECT, TEXT
from integration.imports.cells import split_tags
from integration.imports.csv_source import DELIMITERS
from integration.imports.encoding import ENCODINGS
from integration.models import ImportFile, ImportMode, ImportTarget, Link
from integration.runs.imports.due import HELP

MODES = {
    ImportMode.BOTH: "new or known: create and update",
    ImportMode.CREATE: "new only: never touch a known contact",
    ImportMode.UPDATE: "known only: never create",
}


class UploadForm(forms.Form):
    file = forms.FileField(
        label="File",
        widget=forms.FileInput({"accept": ".csv,.tsv,.txt,.xlsx"}),
        error_messages={"required": "Choose a file first.", "empty": "The file is empty. Choose another one."},
    )
    link = forms.ModelChoiceField(Link.objects.all(), empty_label=None, widget=forms.Select(SELECT))
    target = forms.ChoiceField(label="Into", choices=ImportTarget.choices, widget=forms.Select(SELECT))
    mode = forms.ChoiceField(label="People who are", choices=list(MODES.items()), widget=forms.Select(SELECT))

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        links: Any = self.fields["link"]
        links.queryset = visible(Link.objects.all(), "pk")


class ReadingForm(forms.ModelForm):  # type: ignore[type-arg]
    """How the file is read, where it goes, and what is added to every row."""

    encoding = forms.ChoiceField(
        required=False, choices=[("", "as detected"), *ENCODINGS.items()], widget=forms.Select(SELECT)
    )
    delimiter = forms.ChoiceField(
        label="Separator",
        required=False,
        choices=[("", "as detected"), *((name, name) for name in DELIMITERS.values())],
        widget=forms.Select(SELECT),
    )
    header_row = forms.IntegerField(
        label="Row with the names",
        required=False,
        min_value=0,
        max_value=1000,
        help_text="0: the first row that is not blank.",
        widget=forms.NumberInput({"class": "input"}),
    )
    mode = forms.ChoiceField(label="People who are", choices=list(MODES.items()), widget=forms.Select(SELECT))
    tags = forms.CharField(required=False, max_length=2000, widget=forms.TextInput(TEXT), help_text="Between commas.")
    notes = forms.CharField(
        label="Note",
        required=False,
        max_length=5000,
        widget=forms.Textarea(LONG),
        help_text="{{ Header }} stands for the cell of that column.",
    )
    tasks = forms.CharField(
        required=False, max_length=5000, widget=forms.Textarea({**LONG, "rows": 2}), help_text="One title a line."
    )

    class Meta:
        model = ImportFile
        fields = ["encoding", "delimiter", "header_row", "target", "mode", "tags", "notes", "tasks", "task_due"]
        labels = {"target": "Into", "task_due": "Tasks are due"}
        help_texts = {"task_due": f"{HELP[:1].upper()}{HELP[1:]}. A day ends at 17:00 there. Blank: a day later."}
        widgets = {"target": forms.Select(SELECT), "task_due": forms.TextInput(TEXT)}

    def __init__(self, data: Any = None, *, instance: ImportFile):
        texts = {
            "tags": ", ".join(f'"{tag}"' if "," in tag or ";" in tag else tag for tag in instance.tags),
            "notes": "\n".join(instance.notes),
            "tasks": "\n".join(instance.tasks),
        }
        super().__init__(data, instance=instance, initial=texts)

    def clean_header_row(self) -> int:
        return self.cleaned_data["header_row"] or 0

    def clean_tags(self) -> list[str]:
        return split_tags(self.cleaned_data["tags"])

    def clean_notes(self) -> list[str]:
        text = self.cleaned_data["notes"].strip()
        return [text] if text else []

    def clean_tasks(self) -> list[str]:
        return [line.strip() for line in self.cleaned_data["tasks"].splitlines() if line.strip()]
