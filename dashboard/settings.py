"""All settings, from environment variables or a `.env` file; README.md lists them."""

import os
import sys
from hashlib import blake2b
from pathlib import Path
from urllib.parse import urlsplit

from csp.constants import NONE, SELF

from dashboard.environment import (
    env,
    is_loopback,
    parse_keys,
    read_choice,
    read_database,
    read_email,
    read_integer,
    read_issuer,
    read_list,
    read_mail_server,
    read_networks,
    read_rate,
    read_raw,
    read_redis_url,
    read_seconds,
    read_switch,
    read_text,
    read_time_zone,
    read_web_address,
    read_with,
    redis_options,
)
from dashboard.secrets import read_or_generate

BASE_DIR = Path(__file__).resolve().parent.parent
env.read_env(BASE_DIR / ".env")

TESTING = "pytest" in sys.modules

# Where things stand -------------------------------------------------------------------------------------

DATA_DIR = Path(read_text("DATA_DIR", str(BASE_DIR / "var"))).absolute()
HOST = read_text("HOST", "127.0.0.1")
PORT = read_integer("PORT", 8000, 1, 65535)
# As hosts of addresses: an IPv6 one stands in brackets, and what listens everywhere is reached over the loopback.
_host = f"[{HOST}]" if ":" in HOST else HOST
_own_host = {"0.0.0.0": "127.0.0.1", "[::]": "[::1]"}.get(_host, _host)  # noqa: S104 -- compared, not bound
PUBLIC_URL = read_web_address("PUBLIC_URL", f"http://{_host}:{PORT}").rstrip("/")
HTTPS = PUBLIC_URL.startswith("https://")
_public_host = urlsplit(PUBLIC_URL).hostname or HOST
ALLOWED_HOSTS = read_list("ALLOWED_HOSTS") or [f"[{_public_host}]" if ":" in _public_host else _public_host]

# The demo's password is known to everybody, and pages for debugging show settings: both are for this machine only.
# Asked for on another address they stay off, and `up` refuses to start: integration/management/exposure.py.
IS_LOCAL = is_loopback(_public_host)
ASKED_FOR = {name: read_switch(name, False) for name in ("DEMO", "DEBUG")}
DEMO = IS_LOCAL and read_switch("DEMO", is_loopback(HOST) and all(map(is_loopback, ALLOWED_HOSTS)))
DEBUG = IS_LOCAL and ASKED_FOR["DEBUG"]

if is_loopback(HOST) or HOST in ("0.0.0.0", "::") or DEMO:  # noqa: S104 -- compared, not bound
    # The worker speaks to the sandbox, and probes to /healthz, over the loopback address.
    ALLOWED_HOSTS = list(dict.fromkeys([*ALLOWED_HOSTS, "127.0.0.1", "localhost", "[::1]"]))
WORKERS = read_integer("WORKERS", 2, 1, 64)
# Seconds for which `up` waits for a database or Redis that is not there yet.
STARTUP_WAIT_SECONDS = read_seconds("STARTUP_WAIT_SECONDS", 60)
# Threads of the web server for pages; half of them at most wait for Gist or GHL (dashboard/live/threads.py).
WEB_THREADS = 16
ADMIN_EMAIL = read_email("ADMIN_EMAIL")
ADMIN_PASSWORD = read_text("ADMIN_PASSWORD")
METRICS_TOKEN = read_text("METRICS_TOKEN")

SECRET_KEY = read_raw("SECRET_KEY") or read_or_generate(DATA_DIR, "secret_key")
if _keys := read_text("ENCRYPTION_KEYS"):
    ENCRYPTION_KEYS = parse_keys("ENCRYPTION_KEYS", _keys)
else:
    ENCRYPTION_KEYS = parse_keys(f"{DATA_DIR / 'encryption_keys'}", read_or_generate(DATA_DIR, "encryption_keys"))
# Proxies whose X-Forwarded-For and X-Forwarded-Proto count: dashboard/client_address.py.
TRUSTED_PROXIES = read_networks("TRUSTED_PROXIES")
# Behind a proxy that ends https, Django sees plain http and would refuse the browser's https origin.
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]

# The two APIs -------------------------------------------------------------------------------------------

GHL_CLIENT_ID = read_text("GHL_CLIENT_ID")
GHL_CLIENT_SECRET = read_text("GHL_CLIENT_SECRET")
GHL_API_URL = read_web_address("GHL_API_URL", "https://services.leadconnectorhq.com").rstrip("/")
GHL_AUTHORIZE_URL = read_web_address("GHL_AUTHORIZE_URL", "https://marketplace.gohighlevel.com/v2/oauth/chooselocation")
GHL_WEBHOOK_PUBLIC_KEYS = read_text("GHL_WEBHOOK_PUBLIC_KEYS")
GIST_API_URL = read_web_address("GIST_API_URL", "https://api.getgist.com").rstrip("/")
# Calls per seconds per account: docs/ghl-api.md#rate-limits, docs/gist-api.md#rate-limits.
GHL_RATE = read_rate("GHL_RATE", "100/10")
GIST_RATE = read_rate("GIST_RATE", "100/10")
SANDBOX_CONTROL_KEY = read_or_generate(DATA_DIR, "sandbox_control_key") if DEMO else ""
# The worker reaches the built-in twins here; the browser reaches them under PUBLIC_URL.
SANDBOX_URL = f"http://{_own_host}:{PORT}/sandbox"
# The operator chose plain http for the API (or uses the sandbox): oauthlib must not insist on https then.
# Set in either case: `up --no-demo` hands its own environment on to the web server and the worker.
os.environ["OAUTHLIB_INSECURE_TRANSPORT"] = "1" if DEMO or GHL_API_URL.startswith("http://") else ""
# GHL may grant fewer scopes than asked for; the connection check says which (integration/oauth/connect.py).
os.environ.setdefault("OAUTHLIB_RELAX_TOKEN_SCOPE", "1")
HTTP_TIMEOUT_SECONDS = read_seconds("HTTP_TIMEOUT_SECONDS", 30)

# Signed GHL events older than this are refused: docs/ghl-api.md#webhooks.
WEBHOOK_MAX_AGE_HOURS = read_seconds("WEBHOOK_MAX_AGE_HOURS", 24)

# Runs work in slices: see integration/runs/work.py.
RUN_SLICE_SECONDS = read_seconds("RUN_SLICE_SECONDS", 40)
RUN_LEASE_SECONDS = read_seconds("RUN_LEASE_SECONDS", 60)
# How long what was written can be taken back.
UNDO_DAYS = read_integer("UNDO_DAYS", 30, 1, 3650)

# Megabytes of a file of people that may be imported; 200 is the most that is read.
IMPORT_MAX_MB = read_integer("IMPORT_MAX_MB", 200, 1, 200)

# Django -------------------------------------------------------------------------------------------------

INSTALLED_APPS = [
    "dashboard",
    "integration",
    "integration.twin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "csp",
    "django_htmx",
    "django_q",
    "heroicons",
    "template_partials",
]

MIDDLEWARE = [
    "dashboard.request_trace.RequestTrace",
    "dashboard.client_address.drop_foreign_protocol",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "dashboard.cache_headers.forbid_caching",
    "dashboard.request_guard.RequestGuard",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "dashboard.connect_links.client.ClientCallback",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "dashboard.grants.GrantGuard",
    "django.contrib.messages.middleware.MessageMiddleware",
    "dashboard.audit.middleware.AuditTrail",
    "dashboard.accounts.second_factor.RequireSecondFactor",
    "dashboard.unknown_key.UnknownKeyPage",
    "dashboard.accounts.views_company.AskAgain",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]

ROOT_URLCONF = "dashboard.urls"
WSGI_APPLICATION = "dashboard.wsgi.application"
APPEND_SLASH = True

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "dashboard.context_processors.shell",
            ],
        },
    },
]

# Seconds after which a database or Redis that cannot be reached is given up; the network itself would take minutes.
SERVICE_SECONDS = 5
DATABASES = {"default": read_database("DATABASE_URL", f"sqlite:///{DATA_DIR / 'gistline.sqlite3'}")}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    DATABASES["default"]["OPTIONS"] = {
        # Web and workers write at once: readers never wait, writers queue instead of failing.
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA mmap_size=134217728; "
        # Deleted values are overwritten, so that nothing of an erased person stays in free pages.
        "PRAGMA secure_delete=ON;",
    }
else:
    DATABASES["default"].setdefault("OPTIONS", {}).setdefault("connect_timeout", SERVICE_SECONDS)
    # No connection outlives its request (CONN_MAX_AGE stays 0): the web server's threads take turns, so that each would
    # keep one, and PostgreSQL has a hundred for everybody.
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = read_redis_url("REDIS_URL")
REDIS_OPTIONS = redis_options(SERVICE_SECONDS) if REDIS_URL else {}
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "OPTIONS": {"serializer": "dashboard.cache.JsonSerializer", **REDIS_OPTIONS},
    }
    if REDIS_URL
    # Room for what counts tries: with Django's 300 rows a crowd of strangers would push out the count of one account.
    else {"BACKEND": "dashboard.cache.JsonDatabaseCache", "LOCATION": "cache", "OPTIONS": {"MAX_ENTRIES": 10_000}}
}
# Keys of versions that kept pickles are never read.
CACHES["default"]["KEY_PREFIX"] = "json"

Q_CLUSTER = {
    # Jobs are signed with our key: another Gistline on the same Redis must not take them.
    "name": f"gistline-{blake2b(SECRET_KEY.encode(), digest_size=4).hexdigest()}",
    "workers": WORKERS,
    # A slice stops by itself after RUN_SLICE_SECONDS; `retry` must exceed `timeout`, else a task runs twice.
    "timeout": 80,
    "retry": 95,
    # 0 would mean for ever: a task that kills its worker each time would come back without end.
    "max_attempts": 5,
    "ack_failures": True,
    "save_limit": 200,
    "catch_up": False,
    "poll": 0.2,
    "queue_limit": 10,
    "label": "Jobs",
    **({"broker_class": "integration.broker.PatientRedis"} if REDIS_URL else {"orm": "default"}),
}

STATIC_URL = "static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_AUTOREFRESH = WHITENOISE_USE_FINDERS = DEBUG or TESTING
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG or TESTING
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}

LANGUAGE_CODE = "en"
TIME_ZONE = read_time_zone("TIME_ZONE", "UTC")
USE_TZ = True

# Sign-in ------------------------------------------------------------------------------------------------

AUTH_USER_MODEL = "dashboard.User"
AUTHENTICATION_BACKENDS = ["dashboard.accounts.backend.Backend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "dashboard.accounts.backend.DemoPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "overview"
ACCOUNT_ADAPTER = "dashboard.accounts.adapter.Adapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "optional"
# One address each: a new one takes the place of the old one when it is confirmed, and the old one is written to.
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_FORMS = {"add_email": "dashboard.accounts.forms.NewAddressForm"}
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = "Gistline: "
# A session that somebody left open is not enough to change how one signs in.
ACCOUNT_REAUTHENTICATION_REQUIRED = True
MFA_ADAPTER = "dashboard.accounts.second_factor.Adapter"
MFA_TOTP_ISSUER = "Gistline"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
# A passkey that checks who holds it (PIN, finger, face) is two factors by itself, so it signs in alone.
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_FORMS = {
    "add_webauthn": "dashboard.accounts.passkey_forms.AddPasskey",
    "edit_webauthn": "dashboard.accounts.passkey_forms.RenamePasskey",
    "login_webauthn": "dashboard.accounts.passkey_forms.SignInByPasskey",
    "authenticate_webauthn": "dashboard.accounts.passkey_forms.ShowPasskey",
    "reauthenticate_webauthn": "dashboard.accounts.passkey_forms.ShowPasskeyAgain",
}
# As allauth has it, said here because the company's sign-in is asked again after it, too.
ACCOUNT_REAUTHENTICATION_TIMEOUT = 300
# With it nobody gets further than to the page that sets up a second factor, before they have one.
REQUIRE_SECOND_FACTOR = read_switch("REQUIRE_SECOND_FACTOR", False)
ACCOUNT_SESSION_REMEMBER = True

# The company's OpenID provider; without an issuer nothing of it shows: dashboard/accounts/oidc.py.
OIDC_ISSUER = read_issuer("OIDC_ISSUER")
OIDC_CLIENT_ID, OIDC_CLIENT_SECRET = (
    read_with(name, "OIDC_ISSUER") for name in ("OIDC_CLIENT_ID", "OIDC_CLIENT_SECRET")
)
OIDC_NAME = read_text("OIDC_NAME", "your company's account")

# E-mail -------------------------------------------------------------------------------------------------

_mail_server = read_mail_server("EMAIL_URL")
# Without one nothing is sent, and the pages say so: a link that resets a password has no place in a log.
SENDS_EMAIL = bool(_mail_server)
vars().update(_mail_server or {"EMAIL_BACKEND": "django.core.mail.backends.dummy.EmailBackend"})
# A mail server that does not answer must not hold a worker until its job is ended.
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = read_text("DEFAULT_FROM_EMAIL", f"gistline@{_public_host}")

# Safety -------------------------------------------------------------------------------------------------

SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_HTTPONLY = True
CSRF_COOKIE_HTTPONLY = True
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
if HTTPS:
    SECURE_SSL_REDIRECT = True
    # Probes and the worker reach these over plain http on the loopback address.
    SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$", r"^sandbox/"]
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_HSTS_SECONDS = read_integer("SECURE_HSTS_SECONDS", 31_536_000, 0, 63_072_000)
    # Both bind names that are not Gistline's: only the domain's owner can want them.
    SECURE_HSTS_INCLUDE_SUBDOMAINS = read_switch("SECURE_HSTS_INCLUDE_SUBDOMAINS", False)
    SECURE_HSTS_PRELOAD = read_switch("SECURE_HSTS_PRELOAD", False)
# `check --deploy` would have them on for everybody.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}

# Logs ---------------------------------------------------------------------------------------------------

LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
# For people where one looks on, else for what collects logs: one JSON object a line.
LOG_FORMAT = read_choice("LOG_FORMAT", "TEXT" if sys.stderr.isatty() else "JSON", ("JSON", "TEXT"))
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "()": f"dashboard.log_format.{'JsonFormatter' if LOG_FORMAT == 'JSON' else 'MaskingFormatter'}",
            "format": "%(asctime)s %(levelname)s %(name)s %(message)s",
        }
    },
    "handlers": {
        "console": {"class": "logging.StreamHandler", "formatter": "line"},
        "none": {"class": "logging.NullHandler"},
    },
    "root": {"handlers": ["console"], "level": read_choice("LOG_LEVEL", "WARNING", LEVELS)},
    "loggers": {
        "integration": {"level": read_choice("LOG_LEVEL", "INFO", LEVELS)},
        "dashboard": {"level": read_choice("LOG_LEVEL", "INFO", LEVELS)},
        # At debug level these write tokens.
        "requests_oauthlib": {"level": "WARNING"},
        "oauthlib": {"level": "WARNING"},
        # Paths, which of Slack's and Telegram's addresses are the secret part.
        "urllib3": {"level": "WARNING"},
        # Writes whole addresses at every level: what went wrong, alerts/channels/service.py says.
        "apprise": {"handlers": ["none"], "propagate": False},
        "django-q": {"handlers": [], "level": "WARNING", "propagate": True},
    },
}
