from urllib.parse import quote

from config import gunicorn


def test_a_long_address_reaches_us_and_is_refused_in_words():
    """Not by the server's own page of HTML: 800 Chinese characters are seven kilobytes of an address."""
    line = f"GET /api/v1/contact/?address={quote('网' * 800)} HTTP/1.1\r\n"
    assert 4_094 < len(line) < gunicorn.limit_request_line <= 8_190  # of gunicorn: at most


def test_the_clock_runs_beside_the_server_on_ones_own_machine_and_ends_with_it(monkeypatch):
    started, ended = [], []
    monkeypatch.setattr(gunicorn, "beside", [])
    monkeypatch.setattr(gunicorn.subprocess, "Popen", lambda command: started.append(command) or Process(ended))
    monkeypatch.delenv("LOCAL", raising=False)
    gunicorn.when_ready(None)
    assert started == []
    monkeypatch.setenv("LOCAL", "1")
    gunicorn.when_ready(None)
    assert started[0][1:3] == ["manage.py", "case_clock"]
    gunicorn.on_exit(None)
    assert ended == ["terminated"]


class Process:
    def __init__(self, ended: list[str]) -> None:
        self.ended = ended

    def terminate(self) -> None:
        self.ended.append("terminated")
