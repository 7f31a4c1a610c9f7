"""The living demo: what `manage.py up` sets up on its first start, so that the first page shows the main job done.

One link of the sandbox's first pair of accounts, mapped and syncing, with a question to decide, a failure to repair and
a workflow that is on. The second pair is left to be connected by hand.
"""

import json
from typing import Any

from django.conf import settings

from integration.demo import note_demo_link
from integration.models import Link, Run
from integration.runs.start import start_run
from integration.setup_file.changes import apply_document

KEY = "alder-dental"
# The accounts and logins that the sandbox has from the start.
LOCATION, API_KEY, PRIVATE_TOKEN = "A1derDenta1Group0001", "gist-demo-alder", "pit-sandbox-alder"
DOCUMENT: dict[str, Any] = {
    "version": 1,
    "connections": [
        {
            "key": "alder-gist", "provider": "gist", "name": "Alder Dental (Gist)", "access_token": API_KEY,
            "sandbox": True,
        },
        {
            "key": "alder-ghl", "provider": "ghl", "name": "Alder Dental (GHL)", "location_id": LOCATION,
            "private_token": PRIVATE_TOKEN, "sandbox": True,
        },
    ],
    "links": [
        {
            "key": KEY, "gist": "alder-gist", "ghl": "alder-ghl", "direction": "two_way",
            "mappings": [
                {"gist": "email", "ghl": "email"},
                {"gist": "name", "ghl": "name"},
                {"gist": "phone", "ghl": "phone", "transform": "phone_e164"},
                {"gist": "tags", "ghl": "tags"},
                {"gist": "custom_properties.plan", "ghl": "customFields.plan"},
            ],
            "workflows": [
                {
                    "template": "welcome_new_contact", "enabled": True, "tags": ["from-gist"],
                    "tasks": [{"title": "Call {{ contact.name }}", "due_in_days": 2}],
                }
            ],
        }
    ],
}  # fmt: skip
# Gist takes any text for an address, GHL does not (docs/ghl-api.md#contacts): this one cannot be created there.
WRONG_ADDRESS = {"email": "lena.fox(at)example.test", "name": "Lena Fox"}


def set_up_demo_link() -> Run:
    """Connect, link, map and start the first full sync. The web server must answer: the sandbox lives in it."""
    import requests

    apply_document(json.dumps(DOCUMENT), {})
    requests.post(
        f"{settings.SANDBOX_URL}/gist/contacts",
        json=WRONG_ADDRESS,
        headers={"Authorization": f"Bearer {API_KEY}"},
        timeout=settings.HTTP_TIMEOUT_SECONDS,
    ).raise_for_status()
    note_demo_link()
    return start_run(Link.objects.get(key=KEY))
