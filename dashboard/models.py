"""The people who use the dashboard, and the keys of programs that do."""

from typing import ClassVar

from django.conf import settings
from django.contrib.auth.models import AbstractUser, BaseUserManager
from django.db import models, transaction
from django.utils import timezone

from integration.models import Link


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: object) -> "User":
        """Somebody who can sign in at once. An operator gives the address, so that it counts as confirmed."""
        # allauth's models need this one.
        from allauth.account.models import EmailAddress

        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        with transaction.atomic(using=self._db):
            user.save(using=self._db)
            EmailAddress.objects.using(self._db).create(user=user, email=user.email, verified=True, primary=True)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: object) -> "User":
        return self.create_user(email, password, role=Role.OWNER, is_staff=True, is_superuser=True, **fields)


class Role(models.TextChoices):
    """What a person may do; each role may do all that stands above it."""

    VIEWER = "viewer", "Viewer"
    OPERATOR = "operator", "Operator"
    OWNER = "owner", "Owner"


class Right(models.TextChoices):
    """What may be given and taken apart from the role; the value is the column that keeps it.

    Owners hold all of them, operators those that are ticked, viewers at most the first one.
    """

    SEE_PERSONAL = "sees_personal_data", "See personal data"
    RETRY = "may_retry", "Retry and decide"
    CHANGE_RULES = "may_change_rules", "Change rules"
    RUN_LIVE = "may_run_live", "Run on live"


class User(AbstractUser):
    """A person, known by e-mail address."""

    username = None  # type: ignore[assignment]
    email = models.EmailField("e-mail address", unique=True)
    role = models.CharField(max_length=10, choices=Role, default=Role.VIEWER)
    all_links = models.BooleanField("sees every link", default=True)
    links = models.ManyToManyField(Link, blank=True, related_name="people", verbose_name="links it sees")
    preferences = models.JSONField("how pages look for this person", default=dict, blank=True)
    # As ticked; what counts is `holds`.
    sees_personal_data = models.BooleanField("may see personal data", default=True)
    may_retry = models.BooleanField("may retry and decide", default=True)
    may_change_rules = models.BooleanField("may change rules", default=True)
    may_run_live = models.BooleanField("may run on live", default=True)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    objects: ClassVar[UserManager] = UserManager()  # type: ignore[assignment]

    def __str__(self) -> str:
        return self.get_full_name() or self.email

    @property
    def may_operate(self) -> bool:
        return self.role in (Role.OPERATOR, Role.OWNER)

    @property
    def may_delete(self) -> bool:
        return self.role == Role.OWNER

    def holds(self, right: str) -> bool:
        """Owners hold every right, whatever is ticked; viewers none that acts."""
        if self.role == Role.OWNER:
            return True
        return bool(getattr(self, right)) and (right == Right.SEE_PERSONAL or self.may_operate)

    @property
    def rights(self) -> list[Right]:
        return [right for right in Right if self.holds(right)]

    @property
    def may_change_people(self) -> bool:
        """One by one or by a file: whoever writes values by hand has to see those that stand there."""
        return self.holds(Right.RUN_LIVE) and self.holds(Right.SEE_PERSONAL)

    @property
    def may_decide(self) -> bool:
        """Which of two values, or two people, is the right one."""
        return self.holds(Right.RETRY) and self.holds(Right.SEE_PERSONAL)

    @property
    def is_masked(self) -> bool:
        return not self.holds(Right.SEE_PERSONAL)

    @property
    def sees_all_links(self) -> bool:
        """Owners always do: they give the grants."""
        return self.all_links or self.role == Role.OWNER

    @property
    def factors_dialog_id(self) -> str:
        return f"factors-{self.pk}"


class Invitation(models.Model):
    """Somebody who was given an account and has not taken it yet; gone once they have, or once it is withdrawn.

    Until then `user` is not active. Only a digest of the one-time address is kept: whoever reads the database cannot
    accept in somebody else's name.
    """

    user = models.OneToOneField(User, models.CASCADE, related_name="invitation")
    digest = models.CharField("digest of the secret part of the address", max_length=64, unique=True)
    invited_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    ends_at = models.DateTimeField()
    opened_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"Invitation of {self.user}"

    @property
    def has_ended(self) -> bool:
        return self.ends_at <= timezone.now()

    @property
    def dialog_id(self) -> str:
        return f"revoke-{self.pk}"


class SavedView(models.Model):
    """A list with its filters, under a name: a person's own, or, shared by an owner, everybody's.

    `filters` is what stands in the address of the list `place`, by name; as an object and not as an address, so that
    somebody who is erased is found in it.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="saved_views")
    place = models.CharField("name of the list's address", max_length=40)
    name = models.CharField(max_length=60)
    filters = models.JSONField(default=dict, blank=True)
    shared = models.BooleanField("everybody sees it", default=False)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["name", "id"]
        constraints = [models.UniqueConstraint(fields=["user", "place", "name"], name="one_view_by_that_name")]

    def __str__(self) -> str:
        return self.name


class Scope(models.TextChoices):
    """What an API key may do; each scope may do all that stands above it."""

    READ = "read", "Read"
    ACT = "act", "Read and act"
    RULES = "rules", "Read, act and change rules"


class ApiKey(models.Model):
    """Lets a program in, for the installation and not for a person: it outlives the account of whoever made it.

    Only a digest of the key is kept, and its first letters by which people tell keys apart.
    """

    name = models.CharField(max_length=80)
    prefix = models.CharField("its first letters", max_length=12, db_index=True)
    digest = models.CharField("digest of the key", max_length=64, unique=True)
    scope = models.CharField(max_length=8, choices=Scope, default=Scope.READ)
    all_links = models.BooleanField("sees every link", default=False)
    links = models.ManyToManyField(Link, blank=True, related_name="api_keys", verbose_name="links it sees")
    sees_personal_data = models.BooleanField("is answered personal values", default=False)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    ends_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField("last used, to the minute", null=True, blank=True)
    last_used_from = models.CharField("address it was last used from", max_length=80, blank=True)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.name

    @property
    def has_ended(self) -> bool:
        return self.ends_at <= timezone.now()

    @property
    def is_valid(self) -> bool:
        return self.revoked_at is None and not self.has_ended

    @property
    def is_masked(self) -> bool:
        return not self.sees_personal_data

    @property
    def sees_all_links(self) -> bool:
        return self.all_links

    @property
    def dialog_id(self) -> str:
        return f"revoke-{self.pk}"

    def may(self, scope: str) -> bool:
        order = Scope.values
        return order.index(self.scope) >= order.index(scope)


class CacheEntry(models.Model):
    """A row of the cache's table, which `createcachetable` makes (dashboard/cache.py)."""

    cache_key = models.CharField(max_length=255, primary_key=True)
    value = models.TextField()
    expires = models.DateTimeField()

    class Meta:
        db_table = "cache"
        managed = False

    def __str__(self) -> str:
        return self.cache_key
