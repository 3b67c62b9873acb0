"""Django's settings, made from Puhui's own (`configuration.py`, `docs/settings.md`): nothing is set here that somebody should change.

Reading this module starts and writes nothing. `commands.support.start_django` starts the database first; only then are there keys
and passwords to read in the home folder.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from psycopg.conninfo import conninfo_to_dict

from . import configuration as _configuration
from . import demonstration as _demonstration
from . import embedded as _embedded
from . import keys as _keys

PUHUI = _configuration.load()

_stored = _keys.load(PUHUI.home)

# Empty until the keys are made: Django then refuses to sign, and encryption refuses to run, rather than use a known key.
SECRET_KEY = PUHUI.secret_key or (_stored.django_secret_key if _stored else "")
PUHUI_ENCRYPTION_KEY = PUHUI.encryption_key or (_stored.encryption_key if _stored else b"")
PUHUI_BLIND_INDEX_KEY = PUHUI.blind_index_key or (_stored.blind_index_key if _stored else b"")
PUHUI_ANCHOR_FILE = PUHUI.anchor_file
PUHUI_CATALOGUE = PUHUI.catalogue
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5_000  # the form of a training has two for each column of its table
PUHUI_UPLOAD_LIMIT_BYTES = PUHUI.upload_limit_mb * 1_000_000

# Named on the sign-in page where the home holds a demonstration, and only there.
PUHUI_DEMO_ACCOUNTS = _demonstration.accounts(PUHUI.home)

DEBUG = PUHUI.debug
ALLOWED_HOSTS = list(PUHUI.allowed_hosts)

TIME_ZONE = "Asia/Shanghai"
USE_TZ = True


def _database(url: str) -> dict[str, Any]:
    """Django's form of a connection address; what Django has no name for is handed to the driver."""
    parts = dict(conninfo_to_dict(url))
    known = {name: str(parts.pop(key, "") or "") for name, key in
             (("NAME", "dbname"), ("USER", "user"), ("PASSWORD", "password"), ("HOST", "host"), ("PORT", "port"))}  # fmt: skip
    return {
        "ENGINE": "django.db.backends.postgresql",
        **known,
        # Days in SQL (timestamp::date) are days in China, as everywhere else in Puhui.
        "TIME_ZONE": TIME_ZONE,
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {"application_name": "puhui", **parts},
    }


def _databases() -> dict[str, dict[str, Any]]:
    if PUHUI.database_url is not None:
        return {
            "default": _database(PUHUI.database_url),
            "owner": _database(PUHUI.owner_database_url or PUHUI.database_url),
            "reader": _database(PUHUI.reader_database_url or PUHUI.database_url),
        }
    return {
        alias: _database(_embedded.address(PUHUI.home, _stored, role, PUHUI.database))
        for alias, role in (("default", "puhui_app"), ("owner", "puhui_owner"), ("reader", "puhui_reader"))
    }


DATABASES = _databases()
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_USER_MODEL = "parties.User"
AUTHENTICATION_BACKENDS = ["puhui.console.backend.OneLookup"]

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "puhui.parties",
    "puhui.books",
    "puhui.products",
    "puhui.evidence",
    "puhui.features",
    "puhui.scoring",
    "puhui.decisions",
    "puhui.loans",
    "puhui.payments",
    "puhui.reports",
    "puhui.console",
    "puhui.api",
    "ninja",  # for the files of the page that shows its document
]

MIDDLEWARE = [
    "puhui.console.middleware.PagePolicy",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "puhui.site.urls"
WSGI_APPLICATION = "puhui.site.wsgi.application"
LOGIN_URL = "console:sign_in"
LOGIN_REDIRECT_URL = "console:home"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "puhui.console.context.frame",
            ]
        },
    }
]

LANGUAGE_CODE = PUHUI.language
LANGUAGES = [("zh-hans", "简体中文"), ("zh-hant", "繁體中文"), ("en", "English")]
LOCALE_PATHS = [Path(__file__).resolve().parent.parent / "console" / "locale"]
LANGUAGE_COOKIE_AGE = 365 * 24 * 3600

STATIC_URL = "/static/"
# Files are served straight from the package: no step of collecting between installing and starting.
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = PUHUI.debug
WHITENOISE_MAX_AGE = 3600

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]

SESSION_COOKIE_AGE = 12 * 3600
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = PUHUI.https
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = LANGUAGE_COOKIE_SAMESITE = "Lax"
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
if PUHUI.https:
    # HTTPS ends at a proxy in front, which says so in this header and must drop it from what browsers send.
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_HSTS_SECONDS = 365 * 24 * 3600

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {"standard_error": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["standard_error"], "level": "WARNING"},
}
