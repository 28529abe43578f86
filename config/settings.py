"""Settings, all from the environment; .env.example names each. A missing one stops the start."""

from __future__ import annotations

import sys
from email.utils import parseaddr
from pathlib import Path
from urllib.parse import urlsplit

import django_stubs_ext
import environ
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy

django_stubs_ext.monkeypatch()

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()
environ.Env.read_env(BASE_DIR / ".env")


def required(name: str) -> str:
    """The value of the environment variable `name`; a clear refusal to start without it."""
    value = env.str(name, default="")
    if not value:
        raise ImproperlyConfigured(
            f"{name} is not set. See .env.example for its meaning; `make run` sets it on your own machine."
        )
    return str(value)


def sign_in_apps(provider: str) -> list[dict[str, str]]:
    """The OAuth client by which people sign in at `provider`, as allauth takes it; none if it is not set."""
    client_id = env.str(f"{provider}_SIGN_IN_CLIENT_ID", default="")
    secret = env.str(f"{provider}_SIGN_IN_CLIENT_SECRET", default="")
    return [{"client_id": client_id, "secret": secret}] if client_id else []


DEBUG = env.bool("DEBUG", default=False)
TESTING = "pytest" in sys.modules
SECRET_KEY = required("SECRET_KEY")
ENCRYPTION_KEYS = required("ENCRYPTION_KEYS")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=[])
SITE_URL = env.str("SITE_URL", default="https://localhost").rstrip("/")
SECURE = urlsplit(SITE_URL).scheme == "https"

INSTALLED_APPS = [
    "tracking",
    "applications",
    "billing",
    "accounts",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.google",
    "allauth.socialaccount.providers.microsoft",
    "django_htmx",
    "template_partials",
    "ninja",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.sessions",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "tracking.views.live.unchanged",  # before anything that loads the user
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "config.middleware.security_headers",
    "accounts.middleware.user_timezone",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "accounts.middleware.back_after_sign_in",
    "allauth.account.middleware.AccountMiddleware",
]
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "builtins": ["accounts.templatetags.ui", "applications.templatetags.statuses"],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "accounts.themes.theme",
                "tracking.context.header",
            ],
        },
    }
]

DATABASES = {"default": env.db_url_config(required("DATABASE_URL"))}
DATABASES["default"] |= {"CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
REDIS_URL = required("REDIS_URL")
CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}}
SESSION_ENGINE = "django.contrib.sessions.backends.cached_db"

# Accounts
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]
if TESTING:
    PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
LOGIN_REDIRECT_URL = "dashboard"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_EMAIL_SUBJECT_PREFIX = "Heardback: "
ACCOUNT_SIGNUP_FORM_CLASS = "accounts.forms.SignUpForm"
ACCOUNT_FORMS = {
    "signup": "accounts.entrance.EntranceForm",
    "login": "accounts.wording.SignInForm",
    "add_email": "accounts.wording.AddEmailForm",
    "change_password": "accounts.wording.ChangePasswordForm",
    "set_password": "accounts.wording.SetPasswordForm",
    "reset_password": "accounts.wording.ResetPasswordForm",
    "reset_password_from_key": "accounts.wording.ResetPasswordKeyForm",
    "reauthenticate": "accounts.wording.ReauthenticateForm",
}
ACCOUNT_ADAPTER = "accounts.entrance.Adapter"
ACCOUNT_SIGNUP_REDIRECT_URL = "onboarding"
ACCOUNT_LOGIN_ON_EMAIL_CONFIRMATION = True  # in the browser that signed up
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_NOTIFICATIONS = True  # of a new password, second factor, address
ACCOUNT_LOGOUT_REDIRECT_URL = "home"
ACCOUNT_SESSION_REMEMBER = True
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes", "webauthn"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = "Heardback"
MFA_ADAPTER = "accounts.wording.SecondFactorAdapter"
MFA_FORMS = {
    "authenticate": "accounts.wording.CodeForm",
    "reauthenticate": "accounts.wording.CodeAgainForm",
    "activate_totp": "accounts.wording.AuthenticatorForm",
    "add_webauthn": "accounts.wording.AddKeyForm",
    "edit_webauthn": "accounts.wording.EditKeyForm",
}
SOCIALACCOUNT_QUERY_EMAIL = True
SOCIALACCOUNT_ADAPTER = "accounts.wording.ElsewhereAdapter"
SOCIALACCOUNT_FORMS = {
    "signup": "accounts.wording.SignUpElsewhereForm",
    "disconnect": "accounts.wording.RemoveElsewhereForm",
}
SOCIALACCOUNT_PROVIDERS = {
    "google": {"APPS": sign_in_apps("GOOGLE"), "SCOPE": ["profile", "email"], "OAUTH_PKCE_ENABLED": True},
    "microsoft": {"APPS": sign_in_apps("MICROSOFT"), "SCOPE": ["User.Read"], "OAUTH_PKCE_ENABLED": True},
}

# E-mail
EMAIL_CONFIG = env.email_url("EMAIL_URL", default="consolemail://")
vars().update(EMAIL_CONFIG)
EMAIL_TIMEOUT = 20  # seconds; a mail server that hangs holds no worker
# Only where letters arrive can sign-up wait for one, and so not tell who has an account.
ACCOUNT_EMAIL_VERIFICATION = env.str(
    "ACCOUNT_EMAIL_VERIFICATION",
    default="mandatory" if EMAIL_CONFIG["EMAIL_BACKEND"].endswith(".smtp.EmailBackend") else "optional",
)
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="Heardback <hello@localhost>")
PRIVACY_CONTACT = env.str("PRIVACY_CONTACT", default=parseaddr(DEFAULT_FROM_EMAIL)[1])
OPERATOR = env.str("OPERATOR", default="") or gettext_lazy("the people who run this site")
SUBPROCESSORS = env.list("SUBPROCESSORS", default=[])

# Security: everything is set for TLS unless SITE_URL says plain http
CSRF_TRUSTED_ORIGINS = [SITE_URL]
SECURE_PROXY_SSL_HEADER = (
    ("HTTP_X_FORWARDED_PROTO", "https") if env.bool("BEHIND_PROXY", default=False) else None
)
SECURE_SSL_REDIRECT = SECURE and not TESTING
SECURE_HSTS_SECONDS = 31_536_000 if SECURE else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE
SESSION_COOKIE_NAME = "__Host-session" if SECURE else "session"
SESSION_COOKIE_HTTPONLY = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
UPLOAD_MAX_BYTES = env.int("UPLOAD_MAX_BYTES", default=4 * 1024**3)

# Language and time
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English")]  # another one: see "Languages" in CONTRIBUTING.md
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

# Static files
STATIC_URL = "/static/"
STATIC_ROOT = env.str("STATIC_ROOT", default=str(BASE_DIR / "var" / "static"))
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG or TESTING
        else "config.static.Storage"
    },
}
WHITENOISE_AUTOREFRESH = TESTING

# Celery
CELERY_BROKER_URL = REDIS_URL
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 3600}
CELERY_TASK_TIME_LIMIT = 1800  # seconds: a task that hangs ends before the broker hands it to another worker
CELERY_BEAT_SCHEDULE = {
    "queue-due-mailboxes": {
        "task": "tracking.tasks.queue_due_mailboxes",
        "schedule": 3.0,
        "options": {"queue": "ticks", "expires": 3},
    },
    "revoke-unfinished": {
        "task": "tracking.tasks.revoke_unfinished",
        "schedule": 60.0,
        "options": {"expires": 60},
    },
    "remind-of-lost-mailboxes": {"task": "tracking.tasks.remind_of_lost_mailboxes", "schedule": 3600.0},
    "send-letters": {"task": "accounts.tasks.send_letters", "schedule": 30.0, "options": {"expires": 30}},
    "tell-of-today": {"task": "applications.tasks.tell_of_today", "schedule": 900.0},
    "forget-unfinished-imports": {
        "task": "applications.tasks.forget_unfinished_imports",
        "schedule": 3600.0,
    },
    "forget-deleted-tasks": {"task": "applications.tasks.forget_deleted_tasks", "schedule": 3600.0},
    "forget-letters": {"task": "accounts.tasks.forget_letters", "schedule": 24 * 3600.0},
    "tend-push-subscriptions": {
        "task": "tracking.tasks.tend_push_subscriptions",
        "schedule": 60.0,
        "options": {"queue": "priority", "expires": 60},
    },
    "purge-old-content": {"task": "tracking.tasks.purge_old_content", "schedule": 3600.0},
}

# Mail
GMAIL_OAUTH_CLIENT_ID = env.str("GMAIL_OAUTH_CLIENT_ID", default="")
GMAIL_OAUTH_CLIENT_SECRET = env.str("GMAIL_OAUTH_CLIENT_SECRET", default="")
GMAIL_OAUTH_REDIRECT_URI = env.str("GMAIL_OAUTH_REDIRECT_URI", default=f"{SITE_URL}/oauth/gmail/callback")
GMAIL_OAUTH_AUTH_URL = env.str("GMAIL_OAUTH_AUTH_URL", default="https://accounts.google.com/o/oauth2/v2/auth")
GMAIL_OAUTH_TOKEN_URL = env.str("GMAIL_OAUTH_TOKEN_URL", default="https://oauth2.googleapis.com/token")
GMAIL_OAUTH_REVOKE_URL = env.str("GMAIL_OAUTH_REVOKE_URL", default="https://oauth2.googleapis.com/revoke")
GMAIL_API_BASE_URL = env.str("GMAIL_API_BASE_URL", default="https://gmail.googleapis.com")
OUTLOOK_OAUTH_CLIENT_ID = env.str("OUTLOOK_OAUTH_CLIENT_ID", default="")
OUTLOOK_OAUTH_CLIENT_SECRET = env.str("OUTLOOK_OAUTH_CLIENT_SECRET", default="")
OUTLOOK_OAUTH_REDIRECT_URI = env.str(
    "OUTLOOK_OAUTH_REDIRECT_URI", default=f"{SITE_URL}/oauth/outlook/callback"
)
OUTLOOK_AUTHORITY = env.str("OUTLOOK_AUTHORITY", default="https://login.microsoftonline.com/common")
GRAPH_BASE_URL = env.str("GRAPH_BASE_URL", default="https://graph.microsoft.com/v1.0")
# Being told of new mail by the providers; each is off where its settings are missing
GMAIL_PUBSUB_TOPIC = env.str("GMAIL_PUBSUB_TOPIC", default="")
GMAIL_PUBSUB_AUDIENCE = env.str("GMAIL_PUBSUB_AUDIENCE", default="")
GMAIL_PUBSUB_SERVICE_ACCOUNT = env.str("GMAIL_PUBSUB_SERVICE_ACCOUNT", default="")
GMAIL_PUBSUB_KEYS_URL = env.str("GMAIL_PUBSUB_KEYS_URL", default="https://www.googleapis.com/oauth2/v3/certs")
GRAPH_PUSH_BASE_URL = env.str("GRAPH_PUSH_BASE_URL", default="")
# What the providers allow; 0 leaves the counting to them
GMAIL_UNITS_PER_USER_MINUTE = env.int("GMAIL_UNITS_PER_USER_MINUTE", default=6000)
GMAIL_UNITS_PER_MINUTE = env.int("GMAIL_UNITS_PER_MINUTE", default=1_200_000)
GMAIL_CALLS_AT_ONCE = env.int("GMAIL_CALLS_AT_ONCE", default=20)  # for one mailbox
GRAPH_CALLS_PER_TEN_MINUTES = env.int("GRAPH_CALLS_PER_TEN_MINUTES", default=10_000)
GRAPH_CALLS_AT_ONCE = env.int("GRAPH_CALLS_AT_ONCE", default=4)
IMAP_CONNECTIONS_PER_MAILBOX = env.int("IMAP_CONNECTIONS_PER_MAILBOX", default=3)
IMAP_CONNECTIONS_PER_HOST = env.int("IMAP_CONNECTIONS_PER_HOST", default=100)
SKIPPED_LOOKS_AT_ONCE = env.int("SKIPPED_LOOKS_AT_ONCE", default=4)  # of all users
IMAP_ALLOW_PRIVATE_HOSTS = env.bool("IMAP_ALLOW_PRIVATE_HOSTS", default=False)
IMAP_CA_FILE = env.str("IMAP_CA_FILE", default="")
AUTO_LINK_THRESHOLD = env.int("AUTO_LINK_THRESHOLD", default=95)
REVIEW_THRESHOLD = env.int("REVIEW_THRESHOLD", default=50)
FULL_CONTENT_RETENTION_DAYS = env.int("FULL_CONTENT_RETENTION_DAYS", default=90)

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    "loggers": {"heardback": {"level": "INFO"}},
}
