"""Settings: only what differs by deployment, each from one environment variable.

`docs/operations.md` lists them all; a test compares the list with this file.
"""

import os
from datetime import timedelta
from pathlib import Path

import dj_database_url
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from ledger.project import addresses
from ledger.project.logs import logging_settings

env = os.environ.get
# Before numpy loads: a process computes on one thread, and processes share the cores. With two
# BLAS threads in each of two workers the same fits took ten times as long.
for library in ("OPENBLAS", "OMP", "MKL", "BLIS"):
    os.environ[f"{library}_NUM_THREADS"] = "1"


def flag(name: str, default: str) -> bool:
    """Return a variable as yes or no; anything but 1 and 0 stops the start."""
    value = env(name, default)
    if value not in ("0", "1"):
        raise ImproperlyConfigured(f"{name} must be 0 or 1, not {value!r}.")
    return value == "1"


def words(name: str, default: str) -> list[str]:
    """Return a variable as a list; commas separate."""
    return [word.strip() for word in env(name, default).split(",") if word.strip()]


# Where things lie -----------------------------------------------------------------------------

BASE_DIR = Path(__file__).resolve().parent.parent.parent
DATA_DIR = Path(env("DATA_DIR", str(BASE_DIR / "var"))).resolve()
DATA_DIR.mkdir(parents=True, exist_ok=True)

DEBUG = flag("DEBUG", "1")
SECRET_KEY = env("SECRET_KEY", "for-development-only-" + "x" * 40 if DEBUG else "")
if not SECRET_KEY:
    raise ImproperlyConfigured("With DEBUG=0, set SECRET_KEY to at least 50 random characters.")
ALLOWED_HOSTS = words("ALLOWED_HOSTS", "127.0.0.1,localhost,testserver")
CSRF_TRUSTED_ORIGINS = words("TRUSTED_ORIGINS", "")

DATABASES = {
    "default": dj_database_url.parse(
        env("DATABASE_URL", f"sqlite:///{DATA_DIR / 'db.sqlite3'}"),
        conn_max_age=60,  # seconds; a connection costs PostgreSQL a process
        conn_health_checks=True,  # a restarted database costs a query, not an error page
    )
}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    DATABASES["default"]["OPTIONS"] = {
        # A writer takes the lock when its transaction starts, so it waits instead of failing later.
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        # recursive_triggers: without it INSERT OR REPLACE deletes rows unseen by delete triggers.
        "init_command": (
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA recursive_triggers=ON;"
        ),
    }

DRAMATIQ_BROKER = addresses.broker_settings(
    env("BROKER_URL", f"sqlite:///{DATA_DIR / 'queue.sqlite3'}"),
    lease_s=float(env("QUEUE_LEASE_S", "30")),
)
DRAMATIQ_AUTODISCOVER_MODULES = ["actors"]

CACHES = {"default": addresses.cache_settings(env("CACHE_URL", "memory:"))}

MEDIA_ROOT = DATA_DIR / "media"
STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "ledger" / "project" / "static"]
WHITENOISE_USE_FINDERS = DEBUG  # a clean clone serves its styles without collectstatic
STORAGES = {
    "default": addresses.storage_settings(env("STORAGE_URL", f"file://{MEDIA_ROOT}")),
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
# Bytes of a request kept in memory, and of form fields; intake has its own limit for files.
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 2**20
FILE_UPLOAD_MAX_MEMORY_SIZE = 2**20
FILE_UPLOAD_PERMISSIONS = 0o640

# What it is made of ---------------------------------------------------------------------------

INSTALLED_APPS = [
    "unfold",
    "django.contrib.admin",
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
    "axes",
    "csp",
    "django_filters",
    "django_htmx",
    "rest_framework",
    "knox",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "contributors",
    "valuation",
    "ledger",
    "django_dramatiq",
]

MIDDLEWARE = [
    "ledger.project.requests.RequestIdMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "ledger.project.policies.AdminPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "ledger.project.second_factor.SecondFactorMiddleware",
    "ledger.project.idempotency.IdempotencyMiddleware",
    "ledger.project.problems.RefusalMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "ledger.project.urls"
WSGI_APPLICATION = "ledger.project.wsgi.application"
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
            ],
            # How amounts, states and figures are written: the same on every page.
            "builtins": ["ledger.project.shown", "ledger.project.figures"],
        },
    }
]

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True

# Who may come in ------------------------------------------------------------------------------

AUTH_USER_MODEL = "contributors.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",  # first: it refuses whoever is locked out
    "allauth.account.auth_backends.AuthenticationBackend",
    "django.contrib.auth.backends.ModelBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_FORMS = {"login": "contributors.forms.SignInForm"}
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_LOGOUT_REDIRECT_URL = "/"
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "http" if DEBUG else "https"
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_RATE_LIMITS = {"login_failed": None}  # axes counts these, over all processes
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "Compensation ledger"
# A second factor of reviewers, approvers and administrators; the demo alone turns it off.
MFA_REQUIRED = flag("MFA_REQUIRED", "1")

AXES_FAILURE_LIMIT = 10  # wrong passwords for one address from one host, then a pause
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_USERNAME_CALLABLE = "ledger.project.second_factor.attempted_email"
AXES_RESET_ON_SUCCESS = True
AXES_VERBOSE = False
AXES_ENABLE_ADMIN = False
# Proxies in front: that many addresses at the end of X-Forwarded-For are to be believed.
PROXY_COUNT = ALLAUTH_TRUSTED_PROXY_COUNT = int(env("PROXY_COUNT", "0"))
AXES_CLIENT_IP_CALLABLE = "ledger.project.second_factor.client_address"

EMAIL_FROM = env("EMAIL_FROM", "Compensation ledger <ledger@localhost>")
DEFAULT_FROM_EMAIL = SERVER_EMAIL = EMAIL_FROM
globals().update(addresses.email_settings(env("EMAIL_URL", f"file://{DATA_DIR / 'mail'}")))

# What a browser is told -----------------------------------------------------------------------

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"

# HTTPS_ONLY=0 is for a server behind nothing, on a trusted machine, as in the demo.
HTTPS_ONLY = flag("HTTPS_ONLY", "0" if DEBUG else "1")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = HTTPS_ONLY
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$"]  # probes speak plain HTTP
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if HTTPS_ONLY else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS_ONLY
if PROXY_COUNT:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

# The API --------------------------------------------------------------------------------------

KNOX_TOKEN_MODEL = "contributors.ApiToken"
REST_KNOX = {"TOKEN_TTL": timedelta(days=90), "TOKEN_PREFIX": "ledger_"}
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "ledger.project.second_factor.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": [
        "ledger.project.parsers.JsonParser",
        "rest_framework.parsers.MultiPartParser",
    ],
    "DEFAULT_FILTER_BACKENDS": ["ledger.project.pagination.KnownFilters"],
    "DEFAULT_PAGINATION_CLASS": "ledger.project.pagination.IdCursorPagination",
    "DEFAULT_SCHEMA_CLASS": "ledger.project.schema.Operation",
    "DEFAULT_THROTTLE_CLASSES": [
        "rest_framework.throttling.AnonRateThrottle",
        "rest_framework.throttling.UserRateThrottle",
    ],
    "DEFAULT_THROTTLE_RATES": {
        "anon": env("THROTTLE_ANONYMOUS", "60/min"),
        "user": env("THROTTLE_USER", "1200/min"),
    },
    "NUM_PROXIES": PROXY_COUNT,
    "EXCEPTION_HANDLER": "ledger.project.problems.exception_handler",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
    "URL_FORMAT_OVERRIDE": None,  # ?export= chooses a file; ?format= means nothing
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Compensation ledger",
    "DESCRIPTION": "What training data was given, what it was worth, what is owed for it.",
    "VERSION": "1",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SERVE_AUTHENTICATION": [],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_NAME_OVERRIDES": {
        "ProgrammeDuplicateRule": "contributors.models.Programme.DuplicateRule",
        "PolicyDuplicateRule": "ledger.core.policy.DUPLICATE_RULES",
        "TaxForm": "ledger.models.tax.FORMS",
    },
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "ledger.project.schema.add_problems",
    ],
}

# What it pays from ----------------------------------------------------------------------------

PAYER = {  # the account that bank files are debited from; the default is a test bank's
    "name": env("PAYER_NAME", "Compensation Ledger"),
    "iban": env("PAYER_IBAN", "NL41MOCK0000000001"),
    "bic": env("PAYER_BIC", ""),
}
# Fernet keys of the contributors' bank details, newest first; none: made from SECRET_KEY.
BANK_DETAILS_KEYS = words("BANK_DETAILS_KEYS", "")

# What it says ---------------------------------------------------------------------------------

# Read by prometheus_client when it loads: processes count there, /metrics adds up.
METRICS_DIR = DATA_DIR / "metrics"
METRICS_DIR.mkdir(exist_ok=True)
os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(METRICS_DIR)
METRICS_TOKEN = env("METRICS_TOKEN", "")  # empty: /metrics answers this machine alone
LOGGING = logging_settings(
    log_format=env("LOG_FORMAT", "plain"), log_level=env("LOG_LEVEL", "INFO")
)
UNFOLD = {
    "SITE_TITLE": "Compensation ledger",
    "SITE_HEADER": "Compensation ledger",
    "SITE_URL": "/",
}
SILENCED_SYSTEM_CHECKS: list[str] = []
