import os
import stat

from django.conf import settings

from config.secret import local_secret


def test_a_secret_key_is_made_once_and_is_its_owners_alone(tmp_path):
    path = tmp_path / "var" / "secret_key"
    first = local_secret(path)
    assert len(first) > 40
    assert local_secret(path) == first
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
    assert os.listdir(path.parent) == ["secret_key"]


def test_pages_may_run_no_inline_script_and_ask_no_foreign_host():
    directives = settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]
    named = {str(source) for sources in directives.values() for source in sources}
    assert not {source for source in named if "unsafe" in source or "://" in source or source == "*"}
