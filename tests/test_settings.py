"""Settings from the environment: what is safe by default, and sentences for values that make no sense."""

import os
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

from dashboard.environment import SettingError
from tests.processes import free_port

ROOT = Path(__file__).resolve().parent.parent
NAMES = (
    *("HOST", "PORT", "PUBLIC_URL", "DEMO", "DEBUG", "ALLOWED_HOSTS", "DATABASE_URL", "REDIS_URL", "EMAIL_URL"),
    *("GHL_API_URL", "SECRET_KEY", "ENCRYPTION_KEYS", "TRUSTED_PROXIES"),
)


@pytest.fixture
def read_settings(monkeypatch, tmp_path):
    """The settings of an environment that holds nothing but the given variables."""
    # Set first, so that what the settings put there is taken back.
    for name in (*NAMES, "OAUTHLIB_INSECURE_TRANSPORT", "OAUTHLIB_RELAX_TOKEN_SCOPE"):
        monkeypatch.setenv(name, "")
    monkeypatch.setenv("DATA_DIR", str(tmp_path))

    def read(**variables: str):
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        return runpy.run_path(str(ROOT / "dashboard" / "settings.py"))

    return read


# The demo ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("variables", "on"),
    [
        ({}, True),
        ({"PUBLIC_URL": "http://localhost:8000"}, True),
        ({"PUBLIC_URL": "http://127.3.2.1:8000"}, True),
        ({"PUBLIC_URL": "http://[::1]:8000"}, True),
        ({"HOST": "::1"}, True),
        ({"DEMO": "false"}, False),
        ({"PUBLIC_URL": "https://gistline.example.com"}, False),
        ({"PUBLIC_URL": "https://localhost.example.com"}, False),
        ({"PUBLIC_URL": "http://10.0.0.5:8000"}, False),
        ({"HOST": "0.0.0.0"}, False),
        ({"HOST": "0.0.0.0", "PUBLIC_URL": "http://localhost:8000"}, False),
        ({"ALLOWED_HOSTS": "gistline.example.com"}, False),
        ({"ALLOWED_HOSTS": "*"}, False),
        # A container whose port is published to this machine alone: only a person can know that.
        ({"HOST": "0.0.0.0", "PUBLIC_URL": "http://localhost:8000", "DEMO": "true"}, True),
        # `up` refuses these; with another server the demo stays off.
        ({"PUBLIC_URL": "https://gistline.example.com", "DEMO": "true"}, False),
        ({"HOST": "0.0.0.0", "DEMO": "true"}, False),
    ],
)
def test_the_demo_is_on_for_this_machine_only(read_settings, variables, on):
    assert read_settings(**variables)["DEMO"] is on


@pytest.mark.parametrize(("url", "on"), [("http://localhost:8000", True), ("https://gistline.example.com", False)])
def test_pages_for_debugging_are_for_this_machine_only(read_settings, url, on):
    assert read_settings(PUBLIC_URL=url, DEBUG="true")["DEBUG"] is on


def test_without_the_demo_logins_need_https_although_a_process_before_had_the_demo(read_settings):
    read_settings()
    assert os.environ["OAUTHLIB_INSECURE_TRANSPORT"] == "1"
    read_settings(DEMO="false")
    assert os.environ["OAUTHLIB_INSECURE_TRANSPORT"] == ""


@pytest.mark.parametrize(
    ("host", "sandbox"),
    [("127.0.0.1", "127.0.0.1"), ("0.0.0.0", "127.0.0.1"), ("::1", "[::1]"), ("::", "[::1]")],
)
def test_the_worker_reaches_the_sandbox_wherever_the_server_listens(read_settings, host, sandbox):
    found = read_settings(HOST=host)
    assert found["SANDBOX_URL"] == f"http://{sandbox}:8000/sandbox"
    assert sandbox in found["ALLOWED_HOSTS"]


# Browsers and mail ----------------------------------------------------------------------------------------


def test_https_is_remembered_for_a_year_and_for_this_name_alone(read_settings):
    found = read_settings(PUBLIC_URL="https://gistline.example.com")
    assert found["SECURE_HSTS_SECONDS"] == 365 * 24 * 60 * 60
    assert (found["SECURE_HSTS_INCLUDE_SUBDOMAINS"], found["SECURE_HSTS_PRELOAD"]) == (False, False)


def test_the_owner_of_a_domain_may_have_more(read_settings, monkeypatch):
    wanted = {"SECURE_HSTS_SECONDS": "60", "SECURE_HSTS_INCLUDE_SUBDOMAINS": "true", "SECURE_HSTS_PRELOAD": "true"}
    found = read_settings(PUBLIC_URL="https://gistline.example.com", **wanted)
    assert [found[name] for name in wanted] == [60, True, True]


def test_without_a_mail_server_nothing_is_sent_or_printed(read_settings):
    found = read_settings()
    assert (found["SENDS_EMAIL"], found["EMAIL_BACKEND"].split(".")[-2]) == (False, "dummy")


def test_a_mail_server_is_used(read_settings):
    found = read_settings(EMAIL_URL="smtp+tls://ann:p%40ss@mail.example.com:587")
    names = ("SENDS_EMAIL", "EMAIL_HOST", "EMAIL_PORT", "EMAIL_HOST_PASSWORD", "EMAIL_USE_TLS")
    assert [found[name] for name in names] == [True, "mail.example.com", 587, "p@ss", True]


# Values that make no sense --------------------------------------------------------------------------------

SENSELESS = [
    ("PORT", "abc"),
    ("PORT", "0"),
    ("PORT", "70000"),
    ("WORKERS", "x"),
    ("WORKERS", "0"),
    ("GHL_RATE", "fast"),
    ("GIST_RATE", "100/0"),
    ("GIST_RATE", "100/nan"),
    ("DATABASE_URL", "gistline"),
    ("DATABASE_URL", "mysql://ann:s3cret@db/gistline"),
    ("DATABASE_URL", "postgres://ann:s3cret@db"),
    ("DATABASE_URL", "postgres://ann:s3cret@db:port/gistline"),
    ("REDIS_URL", "localhost:6379"),
    ("EMAIL_URL", "mail.example.com"),
    ("EMAIL_URL", "foo://ann:s3cret@mail.example.com"),
    ("EMAIL_URL", "smtp://ann:s3cret@mail.example.com:port"),
    ("TIME_ZONE", "Mars/Phobos"),
    ("TIME_ZONE", "../../etc/passwd"),
    ("LOG_LEVEL", "loud"),
    ("DEMO", "flase"),
    ("DEBUG", "2"),
    ("PUBLIC_URL", "gistline.example.com"),
    ("PUBLIC_URL", "https://[gistline"),
    ("GHL_API_URL", "ftp://example.com"),
    ("HTTP_TIMEOUT_SECONDS", "-1"),
    ("WEBHOOK_MAX_AGE_HOURS", "a day"),
    ("ADMIN_EMAIL", "ann"),
    ("TRUSTED_PROXIES", "nginx"),
    ("ENCRYPTION_KEYS", "s3cret"),
    ("ENCRYPTION_KEYS", ","),
    ("SECRET_KEY_FILE", "/nowhere/key"),
    ("DATA_DIR", "/dev/null/data"),
]


@pytest.mark.parametrize(("name", "value"), SENSELESS)
def test_a_value_that_makes_no_sense_is_a_sentence_with_its_name(read_settings, name, value):
    with pytest.raises(SettingError) as refused:
        read_settings(**{name: value})
    sentence = str(refused.value)
    assert name in sentence
    assert "s3cret" not in sentence


def test_a_file_of_keys_that_is_damaged_is_named(read_settings, tmp_path):
    (tmp_path / "encryption_keys").write_text("half a key")
    with pytest.raises(SettingError, match=str(tmp_path / "encryption_keys")):
        read_settings()


def test_an_empty_variable_is_none(read_settings):
    found = read_settings(PORT="", WORKERS=" ", TIME_ZONE="", GHL_RATE="", DEMO="")
    assert [found[name] for name in ("PORT", "WORKERS", "TIME_ZONE", "GHL_RATE")] == [8000, 2, "UTC", "100/10"]


def test_a_password_from_a_file_ends_before_the_end_of_its_line(read_settings, tmp_path, monkeypatch):
    monkeypatch.setattr("dashboard.environment.env.ENVIRON.cache", False)
    (tmp_path / "password").write_text("correct-horse-battery\n")
    assert read_settings(ADMIN_PASSWORD_FILE=str(tmp_path / "password"))["ADMIN_PASSWORD"] == "correct-horse-battery"


# As people meet them --------------------------------------------------------------------------------------


@pytest.mark.processes
@pytest.mark.parametrize("command", [["up"], ["doctor"], ["migrate"], ["check"]], ids=" ".join)
def test_every_command_ends_with_the_sentence_and_no_traceback(tmp_path, command):
    done = run_python(tmp_path, "manage.py", *command)
    assert done.returncode == 1
    assert done.stderr == (
        f"ENCRYPTION_KEYS: key 2 of 2 is no Fernet key (44 letters, digits, - and _, the last one =). {REMEDY}\n"
    )


@pytest.mark.processes
@pytest.mark.parametrize(
    ("name", "value", "what"),
    [
        ("DATABASE_URL", "postgres://ann:s3cret@127.0.0.1:1/gistline", "The database cannot be used ("),
        ("DATABASE_URL", "sqlite:////nowhere/gistline.sqlite3", "The database cannot be used ("),
        ("REDIS_URL", "redis://:s3cret@127.0.0.1:1/0", "Redis cannot be used ("),
    ],
)
def test_a_service_that_is_not_there_is_a_sentence_too(tmp_path, name, value, what):
    own = {name: value, "ENCRYPTION_KEYS": "", "STARTUP_WAIT_SECONDS": "0.1"}
    done = run_python(tmp_path, "manage.py", "up", "--no-demo", **own)
    assert (done.returncode, done.stderr.splitlines()[-1].startswith(what)) == (1, True)
    assert f"Check {name}" in done.stderr
    assert "s3cret" not in done.stderr


@pytest.mark.processes
def test_a_public_installation_is_as_django_wants_it(tmp_path):
    own = {"PUBLIC_URL": "https://gistline.example.com", "ENCRYPTION_KEYS": ""}
    done = run_python(tmp_path, "manage.py", "check", "--deploy", "--fail-level", "WARNING", **own)
    assert (done.returncode, "no issues" in done.stdout) == (0, True)


@pytest.mark.processes
def test_a_web_server_ends_with_the_sentence_and_does_not_try_for_ever(tmp_path):
    done = run_python(tmp_path, "-m", "dashboard.web_server", "0", "4")
    assert done.returncode == 3
    assert done.stderr.count("key 2 of 2 is no Fernet key") == 1
    assert "Traceback" not in done.stderr


REMEDY = (
    "Put the key back that was in use; only when nothing is stored yet, make a new one with: "
    'python -c "from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())"'
)


def run_python(data_dir: Path, *arguments: str, **settings: str) -> "subprocess.CompletedProcess[str]":
    keys = "ABmKMbkMrJOpVSjcq7NCmfYOVSjvOnxwzFkTzqE2XyE=,s3cret"
    own = {"DATA_DIR": str(data_dir), "ENCRYPTION_KEYS": keys, "PORT": str(free_port()), **settings}
    own["DJANGO_SETTINGS_MODULE"] = "dashboard.settings"
    return subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, env=os.environ | own, capture_output=True, text=True, timeout=60
    )
