"""`manage.py doctor` knows whether GHL's signatures can be checked."""

from tests.test_commands import checks


def test_doctor_finds_webhook_keys_that_cannot_be_read(db, settings, tmp_path):
    assert checks()["webhook keys"][0]
    settings.GHL_WEBHOOK_PUBLIC_KEYS = str(tmp_path / "missing.pem")
    assert not checks()["webhook keys"][0]
