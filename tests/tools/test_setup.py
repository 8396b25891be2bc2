"""What set-up says where something is not to be had."""

import importlib
import os
import subprocess
import sys
from types import ModuleType

import pytest
from django.conf import settings

TOOLS = settings.BASE_DIR / "tools"


@pytest.fixture
def setup(monkeypatch) -> ModuleType:
    """tools/setup.py, which finds its neighbours as a script does."""
    monkeypatch.syspath_prepend(TOOLS)
    return importlib.import_module("setup")


@pytest.mark.parametrize("port", ["eight", "0", "70000"])
def test_a_port_that_is_none_is_refused_in_a_sentence(port):
    command = [sys.executable, TOOLS / "setup.py", "run"]
    done = subprocess.run(command, env=os.environ | {"PORT": port}, capture_output=True, text=True, timeout=60)
    assert done.stderr == f"PORT is “{port}”: write a number from 1 to 65535.\n"
    assert done.returncode == 1


def test_without_a_browser_its_tests_are_left_out_and_that_is_said(setup, monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CHROMIUM", raising=False)
    monkeypatch.setattr(setup.devdb, "UNPACKED", tmp_path)
    assert setup.browser() == ["--ignore=tests/flows"]
    assert "tests/flows" in capsys.readouterr().out


def test_a_browser_that_is_named_is_taken(setup, monkeypatch):
    monkeypatch.setenv("CHROMIUM", "/opt/chrome")
    assert setup.browser() == []
