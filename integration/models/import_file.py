"""A file of people that somebody brought, how it is to be read, and what an import rejected of it."""

from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone

from integration.models.link import Link


class ImportTarget(models.TextChoices):
    BOTH = "both", "Gist and GHL"
    GHL = "ghl", "GHL"
    GIST = "gist", "Gist"


class ImportMode(models.TextChoices):
    BOTH = "both", "Create and update"
    CREATE = "create", "Create only"
    UPDATE = "update", "Update only"


class CheckState(models.TextChoices):
    NONE = "", "Not checked"
    GOING_ON = "going_on", "Being checked"
    DONE = "done", "Checked"
    FAILED = "failed", "Cannot be read"


class ImportFile(models.Model):
    """The bytes lie in `folder` below DATA_DIR (runs/imports/files.py). "" and 0 mean: as detected.

    `columns` is what a person chose, in the form of `imports.columns.as_saved`. `check_result` is what the check
    `check_digest` came to: `{"rows", "ok", "by_reason", "problems", "preview", "notes"}` (runs/imports/checking.py).
    """

    link = models.ForeignKey(Link, models.CASCADE, related_name="import_files")
    name = models.CharField("what the file was called", max_length=200)
    folder = models.CharField(max_length=40, unique=True)
    size = models.PositiveBigIntegerField(default=0)
    encoding = models.CharField(max_length=20, blank=True)
    delimiter = models.CharField(max_length=20, blank=True)
    header_row = models.PositiveIntegerField("row that names the columns", default=0)
    columns = models.JSONField(default=dict, blank=True)
    target = models.CharField(max_length=4, choices=ImportTarget, default=ImportTarget.BOTH)
    mode = models.CharField(max_length=6, choices=ImportMode, default=ImportMode.BOTH)
    tags = models.JSONField("tags for everybody", default=list, blank=True)
    notes = models.JSONField("notes for everybody", default=list, blank=True)
    tasks = models.JSONField("titles of tasks for everybody", default=list, blank=True)
    task_due = models.CharField("when the tasks of a row are due", max_length=520, blank=True)
    leave_blank = models.JSONField("faults whose cells count as blank, as [reason, header]", default=list, blank=True)
    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    check_state = models.CharField(max_length=10, choices=CheckState, default=CheckState.NONE, blank=True)
    check_digest = models.CharField(max_length=40, blank=True)
    check_result = models.JSONField(default=dict, blank=True)
    checked_rows = models.PositiveIntegerField(default=0)
    problem = models.TextField("why it cannot be read", blank=True)
    alive_at = models.DateTimeField("last sign of life of its check", null=True, blank=True)
    removed_at = models.DateTimeField("when its bytes were deleted", null=True, blank=True)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.name

    @property
    def sides(self) -> tuple[str, ...]:
        return ("gist", "ghl") if self.target == ImportTarget.BOTH else (self.target,)

    @property
    def is_checked(self) -> bool:
        return self.check_state == CheckState.DONE

    def save_fields(self, **values: Any) -> None:
        """Set these columns here and in the database."""
        for name, value in values.items():
            setattr(self, name, value)
        self.save(update_fields=list(values))


class RejectedRow(models.Model):
    """A row that the check let through and the import did not take, such as somebody who exists already.

    The rows that the check rejected stand in its own file: their reasons quote what was written in them.
    """

    run = models.ForeignKey("integration.Run", models.CASCADE, related_name="rejected_rows")
    number = models.PositiveIntegerField("row of the file, where the header is 1")
    reason = models.CharField(max_length=40)
    sentence = models.TextField()

    class Meta:
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["run", "number"], name="one_rejection_per_row")]

    def __str__(self) -> str:
        return f"Row {self.number}: {self.sentence}"
