import pytest


@pytest.fixture(autouse=True)
def plain_http(settings):
    """As `make run` serves: no redirect to https, static files by their own names."""
    settings.SECURE_SSL_REDIRECT = False
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
