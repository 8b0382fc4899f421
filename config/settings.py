"""Settings, read from the environment and documented in docs/reference/settings.md."""

import os
import secrets
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured
from django.utils.csp import CSP

from config import database, env

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = BASE_DIR / "var"

DEBUG = env.boolean("DEBUG", default=False)
DATABASE_URL = os.environ.get("DATABASE_URL", "")


def _secret_key() -> str:
    """``SECRET_KEY``, or one made once for this clone where the database is the embedded one."""
    given = os.environ.get("SECRET_KEY", "")
    if given:
        return given
    if DATABASE_URL and not DEBUG:
        raise ImproperlyConfigured(
            "SECRET_KEY is required when DATABASE_URL is set and DEBUG is off. "
            'Make one with: python -c "import secrets; print(secrets.token_urlsafe(50))"'
        )
    path = VAR_DIR / "secret_key"
    try:
        return path.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        return env.write_once(path, secrets.token_urlsafe(50))


SECRET_KEY = _secret_key()

ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", default="127.0.0.1,localhost,[::1]")
CSRF_TRUSTED_ORIGINS = env.words("CSRF_TRUSTED_ORIGINS", default="")

INSTALLED_APPS = [
    "config.apps.SlantwiseAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.contrib.postgres",
    "django_htmx",
    "django_tasks_db",
    "rest_framework",
    "drf_spectacular",
    "corpus",
    "annotate",
    "release",
    "config",
]

MIDDLEWARE = [
    "config.addresses.RefuseNul",
    "django.middleware.security.SecurityMiddleware",
    "config.static.LeanStaticFiles",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "config.sessions.SignIn",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
ASGI_APPLICATION = "config.asgi.application"

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
        },
    },
]

DATABASES = {"default": database.settings_for(DATABASE_URL, var_dir=VAR_DIR)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend", "QUEUES": ["default"]}}

LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "annotate:work"
LOGOUT_REDIRECT_URL = "login"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_I18N = True
USE_TZ = True

STATIC_URL = "static/"
STATIC_ROOT = VAR_DIR / "static"
# In a clone without `collectstatic` WhiteNoise serves straight from the apps' static folders.
WHITENOISE_USE_FINDERS = True

RELEASE_ROOT = Path(os.environ.get("RELEASE_ROOT") or VAR_DIR / "releases")
# From how many per cent of shared shingles (estimated) two texts are near-duplicates. Below 50 the search misses many.
NEAR_DUPLICATE_PERCENT = env.integer("NEAR_DUPLICATE_PERCENT", default=50, least=30)
IMPORT_ROOT = Path(os.environ.get("IMPORT_ROOT") or VAR_DIR / "imports")
IMPORT_LIMITS = {
    "file_bytes": env.integer("IMPORT_FILE_MIB", default=4096, least=1) << 20,
    "record_bytes": env.integer("IMPORT_RECORD_KIB", default=2048, least=1) << 10,
    "entries": env.integer("IMPORT_ENTRIES", default=100_000, least=1),
    "expansion": env.integer("IMPORT_EXPANSION", default=200, least=1),
    "depth": env.integer("IMPORT_DEPTH", default=20, least=1),
}
# Whether lists of addresses (.urls) are fetched, from the public Internet only.
IMPORT_FETCH = env.boolean("IMPORT_FETCH", default=False)
# How many processes clean articles of a long import beside the one that writes them; 0: that one cleans too.
IMPORT_PROCESSES = env.integer("IMPORT_PROCESSES", default=env.processors(most=4))
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    # Never served: uploads are read by the worker only.
    "imports": {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": IMPORT_ROOT}},
    # Under RELEASE_ROOT. Another backend (an object store) works too: nothing is asked of it but save, open, size.
    "releases": {"BACKEND": "release.storage.LocalReleases"},
}
# A JSON body of operations or an uploaded file; larger uploads are streamed to disk.
DATA_UPLOAD_MAX_MEMORY_SIZE = 8 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
# Of one import; more come in a zip.
DATA_UPLOAD_MAX_NUMBER_FILES = 1000

SECURE_CSP = {
    "default-src": [CSP.SELF],
    "img-src": [CSP.SELF, "data:"],
    "base-uri": [CSP.NONE],
    "object-src": [CSP.NONE],
    "frame-ancestors": [CSP.NONE],
    "form-action": [CSP.SELF],
}
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_ENGINE = "config.sessions"
SESSION_COOKIE_HTTPONLY = True
# Behind TLS (the trusted origins are https) cookies travel over TLS only.
_BEHIND_TLS = any(origin.startswith("https://") for origin in CSRF_TRUSTED_ORIGINS)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _BEHIND_TLS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if _BEHIND_TLS else None

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "annotate.api.authentication.TokenAuthentication",
        "annotate.api.authentication.SessionWithCsrf",
    ],
    "DEFAULT_PERMISSION_CLASSES": [
        "rest_framework.permissions.IsAuthenticated",
        "annotate.api.scopes.InReadScope",
    ],
    "DEFAULT_THROTTLE_CLASSES": ["annotate.api.throttling.AccountRate"],
    # How many proxies stand before us: so many addresses at the end of X-Forwarded-For are theirs.
    "NUM_PROXIES": env.integer("API_PROXIES", default=0, least=0),
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["annotate.api.parsers.StrictJSONParser"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "annotate.api.negotiation.JsonOnly",
    "EXCEPTION_HANDLER": "annotate.api.errors.handle",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    # The signed-out answer is 401 with JSON, never a redirect to the sign-in page.
    "UNAUTHENTICATED_USER": None,
}
# Requests a minute in each web process; 0 is no limit.
API_RATES = {
    "account": env.integer("API_RATE", default=600, least=0),
    "work": env.integer("API_RATE_WORK", default=1200, least=0),
    "anonymous": env.integer("API_RATE_ANONYMOUS", default=120, least=0),
}
# Networks that webhooks may reach although they are not public, e.g. 10.1.0.0/16.
WEBHOOK_NETWORKS = env.networks("WEBHOOK_NETWORKS", default="")
SPECTACULAR_SETTINGS = {
    "TITLE": "Slantwise API",
    "DESCRIPTION": "Label media bias in news: projects, articles, tasks, annotations, agreement, releases, imports. "
    "What this cannot say is in docs/reference/api.md.",
    "LICENSE": {"name": "Apache-2.0"},
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "COMPONENT_SPLIT_REQUEST": True,
    # Enumerations stand where they are used: names made for them change as others come and go.
    "POSTPROCESSING_HOOKS": ["config.api_schema.any_of"],
}

LOG_LEVEL = os.environ.get("LOG_LEVEL", "INFO").upper()
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": LOG_LEVEL},
    # Django's own handler would print each line a second time.
    "loggers": {"django": {"handlers": []}},
}

SENTRY_DSN = os.environ.get("SENTRY_DSN", "")
if SENTRY_DSN:
    env.start_sentry(SENTRY_DSN)
