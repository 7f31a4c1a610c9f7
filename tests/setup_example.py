"""The example of a setup file, and what applying it comes to."""

import json
from typing import Any

import pytest

from integration.errors import SetupError
from integration.models import Connection, Link, MappingVersion
from integration.setup_file.changes import apply_document

ENV = {"ACME_GIST_TOKEN": "gist-key", "ACME_GHL_ACCESS": "access-1", "ACME_GHL_REFRESH": "refresh-1"}
EXPORT_ENV = {
    "ACME_GIST_ACCESS_TOKEN": "gist-key",
    "ACME_GHL_ACCESS_TOKEN": "access-1",
    "ACME_GHL_REFRESH_TOKEN": "refresh-1",
}
ACME: dict[str, Any] = {
    "version": 1,
    "connections": [
        {"key": "acme-gist", "provider": "gist", "name": "Acme Gist", "access_token": {"env": "ACME_GIST_TOKEN"}},
        {
            "key": "acme-ghl",
            "provider": "ghl",
            "name": "Acme GHL",
            "location_id": "ve9EPM428h8vShlRW1KT",
            "oauth": {
                "access_token": {"env": "ACME_GHL_ACCESS"},
                "refresh_token": {"env": "ACME_GHL_REFRESH"},
                "expires_at": "2026-01-01T00:00:00Z",
            },
        },
    ],
    "links": [
        {
            "key": "acme",
            "gist": "acme-gist",
            "ghl": "acme-ghl",
            "mode": "live",
            "enabled": True,
            "direction": "two_way",
            "conflict": "newest",
            "deletes": "ignore",
            "schedule_minutes": 15,
            "match": ["email", "phone"],
            "mappings": [
                {"gist": "email", "ghl": "email", "direction": "two_way"},
                {"gist": "name", "ghl": "name", "direction": "two_way"},
                {"gist": "phone", "ghl": "phone", "direction": "two_way", "transform": "phone_e164"},
                {"gist": "tags", "ghl": "tags", "direction": "two_way"},
                {"gist": "custom_properties.plan", "ghl": "customFields.plan", "direction": "gist_to_ghl"},
            ],
            "workflows": [
                {
                    "template": "welcome_new_contact",
                    "enabled": True,
                    "tags": ["from-gist"],
                    "tasks": [{"title": "Call {{ contact.name }}", "due_in_days": 2}],
                    "notes": [{"body": "Came from Gist"}],
                }
            ],
        }
    ],
}


def apply(document: dict[str, Any], env: dict[str, str] = ENV) -> list[str]:
    return apply_document(json.dumps(document), env).changed


def refusal(document: dict[str, Any], env: dict[str, str] = ENV) -> SetupError:
    """The refusal of a document, after making sure that nothing was written."""
    before = Connection.objects.count(), Link.objects.count(), MappingVersion.objects.count()
    with pytest.raises(SetupError) as refused:
        apply(document, env)
    assert (Connection.objects.count(), Link.objects.count(), MappingVersion.objects.count()) == before
    return refused.value
