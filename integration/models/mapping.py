"""Which field goes where: rows of a version that never changes once saved."""

from django.conf import settings
from django.db import models

from integration.models.choices import Direction, Owner, WriteMode
from integration.models.link import Link


class MappingVersion(models.Model):
    """A published state of all mapping rows of a link: only the newest is used, and runs freeze what they worked with.

    `name` says what is new in it. `carried` are the properties by which Gist shows tasks, notes and appointments
    (mapping/carried.py); None where only workflows carry them.
    """

    link = models.ForeignKey(Link, models.CASCADE, related_name="mapping_versions")
    number = models.PositiveIntegerField()
    name = models.CharField("what is new in it", max_length=200, blank=True)
    carried = models.JSONField("names of the properties carried to Gist", null=True, blank=True, default=None)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-number"]
        constraints = [models.UniqueConstraint(fields=["link", "number"], name="one_mapping_version_per_number")]

    def __str__(self) -> str:
        return f"version {self.number}"


class Mapping(models.Model):
    """One row. `owner` empty means the link's rule; `steps` are transforms as `{"name": …, options}`.

    `gist_type` is what the values of the Gist property looked like when the row was saved, or first used: it never
    changes afterwards. Empty until then.
    """

    version = models.ForeignKey(MappingVersion, models.CASCADE, related_name="rows")
    position = models.PositiveIntegerField(default=0)
    gist_field = models.CharField(max_length=200)
    ghl_field = models.CharField(max_length=200)
    direction = models.CharField(max_length=12, choices=Direction, default=Direction.TWO_WAY)
    owner = models.CharField(max_length=8, choices=Owner, blank=True)
    blank_overwrites = models.BooleanField(default=False)
    write_mode = models.CharField(max_length=10, choices=WriteMode, default=WriteMode.OVERWRITE)
    steps = models.JSONField("transform steps", default=list, blank=True)
    gist_type = models.CharField(max_length=8, blank=True)

    class Meta:
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return f"{self.gist_field} / {self.ghl_field}"

    @property
    def key(self) -> str:
        """As a pause names the row, which has another primary key in each version."""
        return f"{self.gist_field}={self.ghl_field}"


class MappingDraft(models.Model):
    """The rows as they are being edited, one draft per link. No run reads it.

    `rows` are `mapping.rows.RowInput`s, made from version `read` (0: from none). Every change makes `revision` one
    more; `page` names the open page that made it. `history` are the revisions before, oldest first:
    `{"revision", "read", "rows", "by", "page"}`.
    """

    link = models.OneToOneField(Link, models.CASCADE, related_name="mapping_draft")
    rows = models.JSONField(default=list, blank=True)
    read = models.PositiveIntegerField("version that it was made from", default=0)
    revision = models.PositiveIntegerField(default=0)
    history = models.JSONField(default=list, blank=True)
    page = models.CharField(max_length=32, blank=True)
    dismissed = models.JSONField("pairs of fields not to suggest again", default=list, blank=True)
    changed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True)
    changed_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"draft of {self.link}"


class AcceptedFields(models.Model):
    """The fields of both accounts as somebody last agreed to them; what differs now has changed over there.

    `gist` and `ghl`: `{key: {"label", "type", "id"}}`. None: that side was never read.
    """

    link = models.OneToOneField(Link, models.CASCADE, related_name="accepted_fields")
    gist = models.JSONField(null=True, blank=True)
    ghl = models.JSONField(null=True, blank=True)
    changed_at = models.DateTimeField("last change found", null=True, blank=True)

    def __str__(self) -> str:
        return f"fields of {self.link}"
