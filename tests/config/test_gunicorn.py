from urllib.parse import quote

from config import gunicorn


def test_a_long_address_reaches_us_and_is_refused_in_words():
    """Not by the server's own page of HTML: 800 Chinese characters are seven kilobytes of an address."""
    line = f"GET /api/v1/contact/?address={quote('网' * 800)} HTTP/1.1\r\n"
    assert 4_094 < len(line) < gunicorn.limit_request_line <= 8_190  # of gunicorn: at most
