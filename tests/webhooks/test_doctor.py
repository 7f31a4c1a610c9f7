"""`manage.py doctor` knows whether webhooks can arrive: where they are sent, and how they are signed."""

import pytest

from tests.test_upkeep_commands import checks


def test_doctor_finds_webhook_keys_that_cannot_be_read(db, settings, tmp_path):
    assert checks()["webhook keys"][0]
    settings.GHL_WEBHOOK_PUBLIC_KEYS = str(tmp_path / "missing.pem")
    assert not checks()["webhook keys"][0]


@pytest.mark.parametrize(
    ("url", "ok"),
    [
        ("https://gistline.example.com", True),
        ("http://127.0.0.1:8000", True),
        ("http://gistline.example.com", False),
        ("gistline.example.com", False),
        ("https://gistline.example.com/app", False),
    ],
)
def test_doctor_judges_the_public_address(db, settings, url, ok):
    settings.PUBLIC_URL, settings.IS_LOCAL = url, "127.0.0.1" in url
    assert checks()["public url"][0] is ok
