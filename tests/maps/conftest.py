import pytest


@pytest.fixture(autouse=True)
def plain_http(settings):
    """As `make run` serves: no redirect to https."""
    settings.SECURE_SSL_REDIRECT = False
