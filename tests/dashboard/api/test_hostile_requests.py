"""Bodies and addresses that nobody should send: refused in words, never a fault of ours, and nothing is done."""

import pytest

from integration.models import Run
from tests.dashboard.api.program import Program
from tests.dashboard.hostile import TEXTS, UNSTORABLE, bodies

pytestmark = [pytest.mark.django_db, pytest.mark.one_engine]
JSON = "application/json"
BODIES = [
    b"{", b"[]", b"7", b'"x"', b"\xff\xfe", b'{"full": "perhaps"}', b'{"dryrun": true}', b'{"full": NaN}',
    b'{"full": "\\u0000"}', b'{"\\ud800": true}', b"[" * 100_000, b'{"full":' + b"9" * 5_000 + b"}", b"x" * 3_000_000,
]  # fmt: skip


@pytest.fixture
def program(failed):
    return Program("act", raise_request_exception=False)


def test_no_body_is_a_fault_and_none_starts_a_run(program):
    sent = [(body, JSON) for body in BODIES] + [one for one in bodies("full").values() if one[1] != JSON]
    answers = [program.client.generic("POST", "/api/v1/links/alder/sync", body, kind) for body, kind in sent]
    assert [(sent[place][0][:40], one.status_code) for place, one in enumerate(answers)
            if one.status_code not in (400, 413, 422)] == []  # fmt: skip
    assert all(one.json()["error"]["message"] for one in answers)
    assert Run.objects.count() == 1


@pytest.mark.parametrize("name", ["q", "link", "outcome", "run", "field", "cursor", "limit", "x"])
def test_no_value_of_a_parameter_is_a_fault(program, name):
    values = [text for text in [*TEXTS.values(), *UNSTORABLE] if len(text) < 5_000]
    answers = [program.get("log", **{name: value}) for value in values]
    assert {one.status_code for one in answers} <= {200, 400, 422}
    assert all(one["Content-Type"].startswith(JSON) for one in answers)


@pytest.mark.parametrize("path", ["runs/{}", "log/{}", "problems/{}", "links/{}", "links/alder/timeline?person={}"])
def test_no_value_in_an_address_is_a_fault(program, path):
    values = ["0", "-1", "9" * 30, "²", "x", "%00", "%ED%A0%80", "..%2F", "1e9", "null", "gist:", "ghl:%F0%9F%A6%B7"]
    statuses = {program.client.get(f"/api/v1/{path.format(value)}").status_code for value in values}
    assert statuses <= {400, 404, 422}
