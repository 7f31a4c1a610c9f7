"""People who cannot be written for one of three causes, and GHL that refuses them or, once repaired, does not."""

import pytest

from tests.refusals import Refusal, refuse
from tests.world import sync

PHONE = {"statusCode": 422, "message": ["phone must be a valid phone number"], "error": "Unprocessable Entity"}


def city(body):
    """Names the value, as some answers do."""
    return {"statusCode": 400, "message": f"The place {body.get('city', '?')} is closed to {body.get('firstName')}"}


REFUSALS = (
    Refusal("ghl", lambda body: "bad-phone" in body, 422, PHONE),
    Refusal("ghl", lambda body: "bad-tags" in body, 400, {"statusCode": 400, "message": "Tags are too many"}),
    Refusal("ghl", lambda body: "bad-name" in body, 400, lambda body: city(body)),
)
KINDS = ("phone", "tags", "name")


@pytest.fixture
def refuses(monkeypatch):
    """GHL refuses people tagged `bad-phone`, `bad-tags` and `bad-name`; called, it refuses nobody any more."""
    refuse(monkeypatch, *REFUSALS)
    return lambda: refuse(monkeypatch)


@pytest.fixture
def failing(world, link, refuses):
    """Has some people fail for each cause; returns the run."""

    def make(each):
        for kind in KINDS:
            for number in range(each):
                email, name = f"{kind}{number}@example.test", f"Person {number} {kind.title()}"
                world.gist_contact(email=email, name=name, tags=[f"bad-{kind}"])
        return sync(link)

    return make
