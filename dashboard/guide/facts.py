"""What the guide goes by: facts of this installation, each asked for once. Gist and GHL are not asked."""

from collections.abc import Mapping
from datetime import datetime
from functools import cached_property

from django.conf import settings
from django.db.models import Max

from dashboard.grants import visible, visible_connections
from dashboard.oauth.sign_in import REDIRECT_URI
from integration.catalogue.scopes import scopes_of_workflows
from integration.checks.judge import CONTACT_TOPICS
from integration.models import Connection, ConnectionStatus, EventState, InboxEvent, Link, Mode, Provider, Workflow
from integration.oauth.own_app import has_own_app
from integration.providers.ghl.oauth import NEEDED_SCOPES
from integration.workflows.triggers import TRIGGERS

CONTACT_EVENTS = ("ContactCreate", "ContactUpdate", "ContactDelete")


class GuideFacts:
    """Of what the reader may see. "Real" is whatever does not speak to the sandbox."""

    @cached_property
    def has_app(self) -> bool:
        return has_own_app()

    @cached_property
    def connections(self) -> list[Connection]:
        return list(visible_connections(Connection.objects.filter(sandbox=False)).defer("credentials"))

    def real(self, side: str) -> list[Connection]:
        return [one for one in self.connections if one.provider == side]

    @property
    def real_gist(self) -> list[Connection]:
        return self.real(Provider.GIST)

    @property
    def real_ghl(self) -> list[Connection]:
        return self.real(Provider.GHL)

    @property
    def gist_works(self) -> bool:
        """Whether a workspace was checked and everything about its key works."""
        return any(one.status == ConnectionStatus.OK for one in self.real_gist)

    @property
    def ghl_works(self) -> bool:
        return any(one.status == ConnectionStatus.OK for one in self.real_ghl)

    @cached_property
    def by_app(self) -> list[Connection]:
        """GHL connections that signed in through the app: only those tell their scopes."""
        return [one for one in self.real_ghl if one.scopes and not one.needs_person]

    @property
    def came_back_here(self) -> bool:
        """Whether a sign-in at GHL came back to the address that the guide shows."""
        return any(one.settings.get("redirect_uri") == REDIRECT_URI for one in self.real_ghl)

    @cached_property
    def scopes(self) -> Mapping[str, str]:
        """Each scope that is needed, with what for: by every link, then by the workflows that are on."""
        rows = visible(Workflow.objects.filter(enabled=True, link__ghl__in=self.real_ghl)).order_by("pk")
        used = {
            scope: f"needed by {', '.join(f'“{name}”' for name in names)}"
            for scope, names in scopes_of_workflows(rows).items()
        }
        return NEEDED_SCOPES | used

    @property
    def missing_scopes(self) -> list[str]:
        """Those that some login through the app has not."""
        granted = [set(one.scopes.split()) for one in self.by_app]
        return [scope for scope in self.scopes if any(scope not in has for has in granted)]

    @cached_property
    def received(self) -> Mapping[int, Mapping[str, datetime]]:
        """By connection and topic: when the last webhook was taken in."""
        pks = [one.pk for one in self.connections]
        taken_in = InboxEvent.objects.filter(connection__in=pks).exclude(state=EventState.REFUSED).order_by()
        found: dict[int, dict[str, datetime]] = {pk: {} for pk in pks}
        for pk, topic, at in taken_in.values_list("connection", "topic").annotate(at=Max("received_at")):
            found[pk][topic] = at
        return found

    @property
    def last_ghl_webhook(self) -> datetime | None:
        moments = [at for one in self.real_ghl for at in self.received[one.pk].values()]
        return max(moments, default=None)

    def missing_topics(self, connection: Connection) -> list[str]:
        return [topic for topic in CONTACT_TOPICS if topic not in self.received[connection.pk]]

    @property
    def hears_gist(self) -> bool:
        """Whether each Gist workspace has sent every webhook that tells of contacts."""
        gist = self.real_gist
        return bool(gist) and not any(self.missing_topics(one) for one in gist)

    @cached_property
    def links(self) -> list[Link]:
        return list(visible(Link.objects.select_related("gist", "ghl"), "pk"))

    @property
    def real_links(self) -> list[Link]:
        return [one for one in self.links if not (one.gist.sandbox or one.ghl.sandbox)]

    @property
    def sandbox_links(self) -> list[Link]:
        return [one for one in self.links if one.gist.sandbox and one.ghl.sandbox]

    @cached_property
    def sandbox_sides(self) -> bool:
        """Whether both stand-ins are connected and answer."""
        rows = visible_connections(Connection.objects.filter(sandbox=True, status=ConnectionStatus.OK))
        return set(rows.values_list("provider", flat=True)) == {Provider.GIST, Provider.GHL}

    @property
    def has_rehearsed(self) -> bool:
        """Whether everybody of a link of the sandbox was compared once."""
        return any(one.full_run_at for one in self.sandbox_links)

    @property
    def is_live(self) -> bool:
        """Whether there are real links, and each of them writes and has compared everybody once."""
        links = self.real_links
        return bool(links) and all(
            one.enabled and one.mode != Mode.WATCH and one.full_run_at and not _is_broken(one) for one in links
        )

    @property
    def ghl_events(self) -> list[str]:
        """The events of GHL that anything here makes use of."""
        used = [event for one in TRIGGERS.values() if one.side == Provider.GHL for event in one.events]
        return list(dict.fromkeys([*CONTACT_EVENTS, *used]))

    @property
    def is_local(self) -> bool:
        return settings.IS_LOCAL


def _is_broken(link: Link) -> bool:
    return any(one.needs_person for one in link.connections.values())
