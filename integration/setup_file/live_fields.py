"""Custom fields of GHL that a setup file names, looked up in the account before anything is written."""

from collections.abc import Iterator, Mapping

from integration.connections.session import exchange_for
from integration.errors import ProviderError, SetupError
from integration.models import Connection
from integration.providers.ghl import fields as ghl_fields
from integration.providers.ghl.records import GhlContacts
from integration.records import Field
from integration.setup_file.checks import Checked
from integration.setup_file.document import LinkEntry


def check_live(checked: Checked) -> Iterator[str]:
    """Raises SetupError for a custom field the account does not have; yields notes where nobody could be asked."""
    for number, link in enumerate(checked.document.links):
        where = f"links[{number}]"
        named = _named_fields(link, where)
        if not named:
            continue
        try:
            fields = _load_ghl_fields(link, checked)
        except (ProviderError, SetupError) as problem:
            # A setup file can be applied without network; the next run finds the same mistake.
            yield f"{where}: custom fields could not be looked up ({problem}) A run says which do not exist."
            continue
        _check_known(named, fields)


def _named_fields(link: LinkEntry, where: str) -> dict[str, str]:
    """The custom fields of GHL that the link names, by their place in the file."""
    named = {f"{where}.mappings[{row}].ghl": entry.ghl for row, entry in enumerate(link.mappings or ())}
    conditions = link.ghl_filter.conditions if link.ghl_filter else ()
    named |= {f"{where}.ghl_filter.conditions[{n}]": one.field for n, one in enumerate(conditions)}
    return {place: key for place, key in named.items() if key.startswith(ghl_fields.CUSTOM)}


def _check_known(named: Mapping[str, str], fields: Mapping[str, Field]) -> None:
    for place, key in named.items():
        if not ghl_fields.resolve_field(key, fields):
            known = ", ".join(sorted(field for field in fields if field.startswith(ghl_fields.CUSTOM))) or "none"
            raise SetupError(f"GHL has no custom field “{key}”; it has {known}.", place)


def _load_ghl_fields(link: LinkEntry, checked: Checked) -> dict[str, Field]:
    connection = _connection_for(link.ghl, checked)
    with exchange_for(connection, patience=10) as exchange:
        return exchange.carry_out(GhlContacts(connection.account_id).load_fields())


def _connection_for(key: str, checked: Checked) -> Connection:
    """The connection as it stands, or as the file describes it: then its present token is used and never renewed."""
    stands = Connection.objects.filter(key=key).first()
    if stands:
        return stands
    entry = next(entry for entry in checked.document.connections if entry.key == key)
    credentials = dict(checked.logins[key].credentials)
    # A refresh here would retire the token that the file is about to store (docs/ghl-api.md#token).
    credentials.pop("refresh_token", None)
    described = Connection(key=key, name=entry.name or key, provider="ghl", sandbox=entry.sandbox)
    described.account_id, described.credentials = entry.location_id or "", credentials
    return described
