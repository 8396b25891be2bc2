"""What is installed is what was locked: pinned, with hashes, from wherever the machine takes its packages."""

import json
import re
import tomllib

import pytest
from django.conf import settings

ROOT = settings.BASE_DIR
PYTHON_LOCKS = ["requirements.txt", "requirements-dev.txt", "tools/node-requirements.txt"]


def pins(name: str) -> dict[str, str]:
    return dict(re.findall(r"^([a-z0-9._-]+)==(\S+)", (ROOT / name).read_text(), re.MULTILINE))


@pytest.mark.parametrize("name", PYTHON_LOCKS)
def test_every_python_package_is_pinned_and_hashed(name):
    entries = (ROOT / name).read_text().replace("\\\n", " ").splitlines()
    assert entries
    for entry in entries:
        assert re.match(r"[a-z0-9._-]+==\S+ .*--hash=sha256:[0-9a-f]{64}", entry), entry


@pytest.mark.parametrize("name", [*PYTHON_LOCKS, "package-lock.json", ".npmrc"])
def test_no_lock_names_an_address(name):
    assert "://" not in (ROOT / name).read_text()


def test_every_browser_library_is_hashed():
    packages = json.loads((ROOT / "package-lock.json").read_text())["packages"]
    libraries = {name: package for name, package in packages.items() if name}
    assert libraries
    assert all(package["integrity"].startswith("sha512-") for package in libraries.values())


def test_the_browser_lock_is_that_of_package_json():
    wanted = json.loads((ROOT / "package.json").read_text())
    locked = json.loads((ROOT / "package-lock.json").read_text())["packages"][""]
    for kind in ("dependencies", "devDependencies"):
        assert locked.get(kind, {}) == wanted.get(kind, {})


def test_tests_run_on_the_versions_that_serve():
    assert pins("requirements.txt").items() <= pins("requirements-dev.txt").items()


def test_every_dependency_is_locked():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    declared = [*project["project"]["dependencies"], *project["dependency-groups"]["dev"]]
    names = {re.split(r"[^A-Za-z0-9._-]", dependency)[0].lower() for dependency in declared}
    assert names - set(pins("requirements-dev.txt")) == set()
