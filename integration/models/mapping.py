"""Which field goes where: rows of a version that never changes once saved."""

from django.conf import settings
from django.db import models

from integration.models.choices import Direction, Owner
from integration.models.link import Link


class MappingVersion(models.Model):
    """A saved state of all mapping rows of a link; runs freeze the version they worked with.

    `carried` are the properties by which Gist shows tasks, notes and appointments (mapping/carried.py); None where
    only workflows carry them.
    """

    link = models.ForeignKey(Link, models.CASCADE, related_name="mapping_versions")
    number = models.PositiveIntegerField()
    note = models.CharField(max_length=200, blank=True)
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
