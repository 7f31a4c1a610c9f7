"""Something only a person can decide: a conflict on a field, or who somebody is. The answer is remembered."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from integration.models.link import Link
from integration.models.pair import Pair


class Question(models.Model):
    """`about` names what is asked, unique while it is open: a pair and its row, or a record without a counterpart.

    Conflict: `options` is `{"gist": value, "ghl": value}` of the field `field`; the answer is "gist" or "ghl".
    Match: `options` lists `{"id", "label", "email", "phone", "side", "only"}`; the answer is an id, or "new" where the
    other side can take somebody new, which `only` says it cannot. Options of the record's own side share an address of
    which the other side keeps one contact: the one that is chosen becomes it. "apart" says that it is none of them.
    Near: as a match, of records that no key of the link finds and that look alike all the same; nothing waits for the
    answer.
    """

    class Kind(models.TextChoices):
        CONFLICT = "conflict", "Changed on both sides"
        MATCH = "match", "Who is this?"
        NEAR = "near", "The same person?"

    IDENTITY = (Kind.MATCH, Kind.NEAR)
    """Kinds that ask who somebody is."""

    class Standing(models.TextChoices):
        """How the candidates of one question compare."""

        SAME = "same", "Same e-mail and name"
        CLEAR = "clear", "One stands out"
        PHONE = "phone", "Shared phone"
        EQUAL = "equal", "Equal"

    link = models.ForeignKey(Link, models.CASCADE, related_name="questions")
    kind = models.CharField(max_length=10, choices=Kind)
    about = models.CharField(max_length=200)
    pair = models.ForeignKey(Pair, models.CASCADE, null=True, blank=True, related_name="questions")
    side = models.CharField(max_length=8, blank=True)
    external_id = models.CharField(max_length=120, blank=True)
    field = models.CharField(max_length=200, blank=True)
    label = models.CharField(max_length=200, blank=True)
    message = models.TextField(blank=True)
    options = models.JSONField(default=dict, blank=True)
    score = models.PositiveSmallIntegerField("points of the best candidate, of 100", default=0)
    standing = models.CharField(max_length=8, choices=Standing, blank=True)
    postponed_at = models.DateTimeField("put off by a person", null=True, blank=True)
    answer = models.CharField(max_length=120, blank=True)
    answered_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField("answered and carried out, or no longer asked", null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["link", "about"], condition=models.Q(closed_at=None), name="one_open_question_each"
            )
        ]
        indexes = [models.Index(fields=["link", "kind", "-score"], name="questions_by_score")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.label}"

    @property
    def offers_new(self) -> bool:
        """Whether “somebody new” is a possible answer to who this is."""
        return self.kind == self.Kind.MATCH and not any(option.get("only") for option in self.options)

    @property
    def is_choice_of_one(self) -> bool:
        """Whether it asks which of several records of one side the other side is to have."""
        return self.kind == self.Kind.MATCH and any(option.get("side") == self.side for option in self.options)

    @property
    def can_be_apart(self) -> bool:
        """Whether “none of these” can be said: of records of the other side, which are then never paired with it."""
        return self.kind in self.IDENTITY and not self.is_choice_of_one and bool(self.options)

    @property
    def decision_words(self) -> str:
        """What was answered about who somebody is, in a sentence."""
        chosen = next((one for one in self.options if one["id"] == self.answer), None)
        if chosen:
            return f"Linked with {chosen.get('label') or chosen['id']} ({chosen['id']})."
        names = ", ".join(one.get("label") or one["id"] for one in self.options)
        return f"Kept apart from {names}." if self.answer == "apart" else "Somebody new."
