"""Custom fields of GHL that a setup file names, looked up in the account before anything is written."""

from collections.abc import Iterator, Mapping

from integration.connections import exchange_for
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
        named = {
            row: entry.ghl for row, entry in enumerate(link.mappings or ()) if entry.ghl.startswith(ghl_fields.CUSTOM)
        }
        if not named:
            continue
        where = f"links[{number}].mappings"
        try:
            fields = _fields_of(link, checked)
        except (ProviderError, SetupError) as problem:
            yield f"{where}: custom fields could not be looked up ({problem}) A run says which do not exist."
            continue
        _check(named, fields, where)


def _check(named: Mapping[int, str], fields: Mapping[str, Field], where: str) -> None:
    for row, key in named.items():
        if not ghl_fields.resolve(key, fields):
            known = ", ".join(sorted(field for field in fields if field.startswith(ghl_fields.CUSTOM))) or "none"
            raise SetupError(f"GHL has no custom field “{key}”; it has {known}.", f"{where}[{row}].ghl")


def _fields_of(link: LinkEntry, checked: Checked) -> dict[str, Field]:
    connection = _connection(link.ghl, checked)
    with exchange_for(connection, patience=10) as exchange:
        return exchange.carry_out(GhlContacts(connection.account_id).load_fields())


def _connection(key: str, checked: Checked) -> Connection:
    """The connection as it stands, or as the file describes it: then its present token is used and never renewed."""
    stands = Connection.objects.filter(key=key).first()
    if stands:
        return stands
    entry = next(entry for entry in checked.document.connections if entry.key == key)
    credentials = dict(checked.logins[key].credentials)
    credentials.pop("refresh_token", None)
    described = Connection(key=key, name=entry.name or key, provider="ghl", sandbox=entry.sandbox)
    described.account_id, described.credentials = entry.location_id or "", credentials
    return described
