"""All settings. Differences between installations come from the environment; docs/operations.md lists them."""

from pathlib import Path

from csp.constants import NONCE, NONE, SELF
from django.utils.translation import gettext_lazy as _
from whitenoise.compress import Compressor

from config import basemap, libraries
from config.environment import Environment
from config.secret import local_secret

BASE_DIR = Path(__file__).resolve().parent.parent
env = Environment()

# --- What runs where -------------------------------------------------------------------------------------------
DEBUG = env.bool("DEBUG", default=False)
LOCAL = env.bool("LOCAL", default=False)  # set by `make run`: plain http on this machine only
SECRET_KEY = env.str("SECRET_KEY", default="") or local_secret(BASE_DIR / "var" / "secret_key")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["127.0.0.1", "localhost", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
# How many proxies in front of us may be believed about the visitor's address; 0 believes none.
TRUSTED_PROXIES = env.int("TRUSTED_PROXIES", default=0)
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "config.apps.ConfigConfig",
    "accounts",
    "buildings",
    "grids",
    "planning",
    "cases",
    "maps",
    "pages",
    "api",
    "demo",
    "rest_framework",
    "rest_framework_gis",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "csp",
    "axes",
    "django_tasks",
    "django_tasks_db",
    "django.contrib.gis",
    "django.contrib.postgres",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "pages.middleware.LanguageBySwitch",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "accounts.middleware.PolicyMiddleware",
    "axes.middleware.AxesMiddleware",
]
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
                "csp.context_processors.nonce",
                "config.context.site",
            ],
        },
    },
]

# --- Database and geometry libraries ----------------------------------------------------------------------------
DEFAULT_DATABASE = f"postgis://town@/town?host={BASE_DIR / '.devdb' / 'run'}"
DATABASES = {"default": env.database("DATABASE_URL", default=DEFAULT_DATABASE)}
DATABASES["default"]["ENGINE"] = "config.postgis"  # PostGIS, whose kept connections are checked without a query
DATABASES["default"]["CONN_MAX_AGE"] = env.int("CONN_MAX_AGE", default=60)
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
DATABASES["default"]["TEST"] = {"NAME": env.str("TEST_DATABASE", default="test_town")}
GDAL_LIBRARY_PATH = env.file("GDAL_LIBRARY_PATH") or libraries.gdal()
GEOS_LIBRARY_PATH = env.file("GEOS_LIBRARY_PATH") or libraries.geos()

# --- People ------------------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]
PASSWORD_HASHERS = ["accounts.passwords.Argon2", "django.contrib.auth.hashers.PBKDF2PasswordHasher"]
LOGIN_URL = "pages:login"
LOGIN_REDIRECT_URL = "pages:mine"
LOGOUT_REDIRECT_URL = "pages:home"
AXES_FAILURE_LIMIT = 8
AXES_COOLOFF_TIME = 1  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_CLIENT_IP_CALLABLE = "accounts.middleware.client_address"
AXES_LOCKOUT_CALLABLE = "pages.staff.locked_out"
AXES_ENABLE_ADMIN = False

# --- Languages: the sources are written in Chinese, locale/en translates them -------------------------------------
LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "简体中文"), ("en", "English")]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = "Asia/Shanghai"
USE_TZ = True

# --- Static files: ours, and the browser libraries out of node_modules, each under its own prefix -----------------
STATIC_URL = "static/"
STATIC_ROOT = env.path("STATIC_ROOT", default=BASE_DIR / "var" / "static")()
NODE_MODULES = BASE_DIR / "node_modules"
STATICFILES_DIRS = [
    BASE_DIR / "static",
    ("leaflet", NODE_MODULES / "leaflet" / "dist"),
]
# Source maps are two thirds of all text and nobody's page asks for them; Brotli would chew on them for half a minute.
WHITENOISE_SKIP_COMPRESS_EXTENSIONS = (*Compressor.SKIP_COMPRESS_EXTENSIONS, "map")
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
if DEBUG:
    STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"
MEDIA_ROOT = env.path("MEDIA_ROOT", default=BASE_DIR / "var" / "media")()  # photos
MEDIA_URL = "media/"

# --- Safety ------------------------------------------------------------------------------------------------------
BASEMAP_URL = env.str("BASEMAP_URL", default="")  # {z}/{x}/{y} tiles, several apart by spaces; empty draws on white
BASEMAP_ATTRIBUTION = env.str("BASEMAP_ATTRIBUTION", default="")
BASEMAP_COORD_TYPE = env.str("BASEMAP_COORD_TYPE", default="wgs84")
MAP_REVIEW_NUMBER = env.str("MAP_REVIEW_NUMBER", default="")  # 审图号, shown in the corner of each map
MAP_SOURCE = env.str("MAP_SOURCE", default="")
BASEMAP_HOSTS = basemap.hosts(BASEMAP_URL)  # the only foreign hosts a page may ever ask for pictures

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF, NONCE],
        "style-src": [SELF, NONCE],
        "img-src": [SELF, "data:", "blob:", *BASEMAP_HOSTS],
        "connect-src": [SELF],
        "font-src": [SELF],
        "worker-src": [SELF],
        "manifest-src": [SELF],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}
CSRF_FAILURE_VIEW = "pages.errors.csrf_failure"
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_SSL_REDIRECT = SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = not (DEBUG or LOCAL)
SECURE_HSTS_SECONDS = 0 if (DEBUG or LOCAL) else env.int("HSTS_SECONDS", default=31_536_000)
if TRUSTED_PROXIES:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SESSION_COOKIE_AGE = 12 * 3600
DATA_UPLOAD_MAX_MEMORY_SIZE = 20 * 2**20  # bytes; a GeoJSON of 20,000 buildings is 5 MB
PRINT_FONT = env.file("PRINT_FONT")  # a Chinese font file for PDFs; else the machine's own
HOTLINE = env.str("HOTLINE", default="12345")  # the last resort of every answer

# --- Plans -------------------------------------------------------------------------------------------------------
# Who says yes to a plan, one role after the other, each time another person; empty: a plan is published as drawn.
REVIEW_CHAIN = env.list("REVIEW_CHAIN", default=["approver"])

# --- Cases -------------------------------------------------------------------------------------------------------
# The words in which residents read the steps: phases, five_slips, five_matters or five_resident_steps (cases/words.py).
CASE_WORDS = env.str("CASE_WORDS", default="five_slips")
WORK_HOURS = env.str("WORK_HOURS", default="8:30-12:00 14:00-17:30")  # in which time limits run, of working days
# New reports of one address; a whole mobile network may share one, so it is no small number.
REPORTS_AN_HOUR = env.int("REPORTS_AN_HOUR", default=1200)
# Keys that programs send to report by Open311 (api/open311.py); where there are none, everybody may, within the limit.
OPEN311_KEYS = env.list("OPEN311_KEYS", default=[])
# Where webhooks may be sent beside public addresses (cases/webhooks.py): hosts by name or address, such as a gateway's.
WEBHOOK_HOSTS = env.list("WEBHOOK_HOSTS", default=[])
# How people are told, the preferred way first: dotted paths of classes (cases/channels.py).
NOTICE_CHANNELS = env.list("NOTICE_CHANNELS", default=["cases.channels.Email", "cases.channels.Console"])
vars().update(env.email_url("EMAIL_URL", default="consolemail://"))
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env.str("EMAIL_FROM", default="noreply@localhost")
SMS_URL, SMS_SECRET = env.str("SMS_URL", default=""), env.str("SMS_SECRET", default="")
WECHAT_URL, WECHAT_SECRET = env.str("WECHAT_URL", default=""), env.str("WECHAT_SECRET", default="")
TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend", "QUEUES": ["default"]}}

# --- API ---------------------------------------------------------------------------------------------------------
CACHES = {"default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "cache"}}
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "api.permissions.NameAndPassword",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["api.permissions.ByPolicy"],
    "DEFAULT_PARSER_CLASSES": ["api.http.StrictJSONParser", "api.http.GeoJSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "api.http.OneFormat",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "api.errors.problem",
}
SPECTACULAR_SETTINGS = {
    "TITLE": _("网格地图接口"),
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "TAGS": [{"name": name} for name in "contact grids plans areas compounds buildings stairwells imports".split()],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "filters": {"one_line": {"()": "config.logs.OneLine"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", default="INFO")},
    # A lock-out is news, each good log-in is not; a refusal is one line.
    "loggers": {
        "axes": {"level": "WARNING"},
        "fontTools": {"level": "WARNING"},
        "django.request": {"filters": ["one_line"]},
    },
}
SILENCED_SYSTEM_CHECKS: list[str] = []
