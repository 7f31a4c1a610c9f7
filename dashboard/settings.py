"""All settings, from environment variables or a `.env` file; README.md lists them."""

import os
import sys
from hashlib import blake2b
from pathlib import Path
from urllib.parse import urlsplit

import environ
from csp.constants import NONE, SELF

from dashboard.secrets import generated

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.FileAwareEnv()
env.read_env(BASE_DIR / ".env")

TESTING = "pytest" in sys.modules

# Where things stand -------------------------------------------------------------------------------------

DATA_DIR = Path(env("DATA_DIR", default=str(BASE_DIR / "var"))).absolute()
HOST = env("HOST", default="127.0.0.1")
PORT = env.int("PORT", default=8000)
PUBLIC_URL = env("PUBLIC_URL", default=f"http://{HOST}:{PORT}").rstrip("/")
HTTPS = PUBLIC_URL.startswith("https://")
DEMO = env.bool("DEMO", default=True)
WORKERS = env.int("WORKERS", default=2)
ADMIN_EMAIL = env("ADMIN_EMAIL", default="")
ADMIN_PASSWORD = env("ADMIN_PASSWORD", default="")
METRICS_TOKEN = env("METRICS_TOKEN", default="")

DEBUG = env.bool("DEBUG", default=False)
SECRET_KEY = env("SECRET_KEY", default="") or generated(DATA_DIR, "secret_key")
ENCRYPTION_KEYS = [
    key for key in (env("ENCRYPTION_KEYS", default="") or generated(DATA_DIR, "encryption_keys")).split(",") if key
]
_own_host = urlsplit(PUBLIC_URL).hostname or HOST
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=[_own_host])
if HOST in ("127.0.0.1", "localhost", "0.0.0.0", "::1") or DEMO:  # noqa: S104 -- compared, not bound
    # The worker speaks to the sandbox, and probes to /healthz, over the loopback address.
    ALLOWED_HOSTS = list(dict.fromkeys([*ALLOWED_HOSTS, "127.0.0.1", "localhost"]))
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]

# The two APIs -------------------------------------------------------------------------------------------

GHL_CLIENT_ID = env("GHL_CLIENT_ID", default="")
GHL_CLIENT_SECRET = env("GHL_CLIENT_SECRET", default="")
GHL_API_URL = env("GHL_API_URL", default="https://services.leadconnectorhq.com").rstrip("/")
GHL_AUTHORIZE_URL = env("GHL_AUTHORIZE_URL", default="https://marketplace.gohighlevel.com/v2/oauth/chooselocation")
GHL_WEBHOOK_PUBLIC_KEYS = env("GHL_WEBHOOK_PUBLIC_KEYS", default="")
GIST_API_URL = env("GIST_API_URL", default="https://api.getgist.com").rstrip("/")
# Calls per seconds per account: docs/ghl-api.md#rate-limits, docs/gist-api.md#rate-limits.
GHL_RATE = env("GHL_RATE", default="100/10")
GIST_RATE = env("GIST_RATE", default="100/10")
# The worker reaches the built-in twins here; the browser reaches them under PUBLIC_URL.
SANDBOX_URL = f"http://{'127.0.0.1' if HOST == '0.0.0.0' else HOST}:{PORT}/sandbox"  # noqa: S104
# The operator chose plain http for the API (or uses the sandbox): oauthlib must not insist on https then.
if DEMO or GHL_API_URL.startswith("http://"):
    os.environ.setdefault("OAUTHLIB_INSECURE_TRANSPORT", "1")
# GHL may grant fewer scopes than asked for; the connection check says which (integration/oauth/connect.py).
os.environ.setdefault("OAUTHLIB_RELAX_TOKEN_SCOPE", "1")
HTTP_TIMEOUT_SECONDS = env.float("HTTP_TIMEOUT_SECONDS", default=30)

# Signed GHL events older than this are refused: docs/ghl-api.md#webhooks.
WEBHOOK_MAX_AGE_HOURS = env.float("WEBHOOK_MAX_AGE_HOURS", default=24)

# Runs work in slices: see integration/sync/runs.py.
RUN_SLICE_SECONDS = env.float("RUN_SLICE_SECONDS", default=40)
RUN_LEASE_SECONDS = env.float("RUN_LEASE_SECONDS", default=60)

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
    "csp",
    "django_htmx",
    "django_q",
    "heroicons",
    "template_partials",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
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
                "dashboard.context.shell",
            ],
        },
    },
]

_database_url = env("DATABASE_URL", default="") or f"sqlite:///{DATA_DIR / 'gistline.sqlite3'}"
DATABASES = {"default": env.db_url_config(_database_url)}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    DATABASES["default"]["OPTIONS"] = {
        # Web and workers write at once: readers never wait, writers queue instead of failing.
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA mmap_size=134217728;",
    }
else:
    DATABASES["default"]["CONN_MAX_AGE"] = 60
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = env("REDIS_URL", default="")
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}
    if REDIS_URL
    else {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "cache"}
}

Q_CLUSTER = {
    # Jobs are signed with our key: another Gistline on the same Redis must not take them.
    "name": f"gistline-{blake2b(SECRET_KEY.encode(), digest_size=4).hexdigest()}",
    "workers": WORKERS,
    # A slice stops by itself after RUN_SLICE_SECONDS; `retry` must exceed `timeout`, else a task runs twice.
    "timeout": 80,
    "retry": 95,
    "max_attempts": 5,
    "ack_failures": True,
    "save_limit": 200,
    "catch_up": False,
    "poll": 0.2,
    "queue_limit": 10,
    "label": "Jobs",
    **({"redis": REDIS_URL} if REDIS_URL else {"orm": "default"}),
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
TIME_ZONE = env("TIME_ZONE", default="UTC")
USE_TZ = True

# Sign-in ------------------------------------------------------------------------------------------------

AUTH_USER_MODEL = "dashboard.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "overview"
ACCOUNT_ADAPTER = "dashboard.accounts.ClosedSignup"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "optional"
ACCOUNT_SESSION_REMEMBER = True
EMAIL_CONFIG = env.email_url("EMAIL_URL", default="consolemail://")
vars().update(EMAIL_CONFIG)
# A mail server that does not answer must not hold a worker until its job is ended.
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = env("DEFAULT_FROM_EMAIL", default=f"gistline@{_own_host}")

# Safety -------------------------------------------------------------------------------------------------

SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_HTTPONLY = True
CSRF_COOKIE_HTTPONLY = True
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
if HTTPS:
    SECURE_SSL_REDIRECT = True
    SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$", r"^sandbox/"]
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_HSTS_SECONDS = 31_536_000
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True

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

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env("LOG_LEVEL", default="WARNING")},
    "loggers": {
        "integration": {"level": env("LOG_LEVEL", default="INFO")},
        # At debug level these write tokens.
        "requests_oauthlib": {"level": "WARNING"},
        "oauthlib": {"level": "WARNING"},
        "django-q": {"handlers": [], "level": "WARNING", "propagate": True},
    },
}
