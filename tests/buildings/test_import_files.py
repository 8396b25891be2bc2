"""What both imports say of a path that leads to no file that they can read."""

import pytest
from django.core.management import CommandError, call_command

from buildings.imports.files import readable
from buildings.imports.refusals import ImportRefused

SENTENCES = {
    "no_such_file": "没有“here.csv”这个文件",
    "is_a_folder": "“here.csv”是文件夹",
    "empty_file": "“here.csv”是空文件",
    "cannot_read_file": "无法读取“here.csv”",
}


@pytest.fixture
def lead(tmp_path):
    """A path that leads to what its kind says."""

    def to(kind):
        path = tmp_path / "here.csv"
        if kind == "is_a_folder":
            path.mkdir()
        elif kind == "empty_file":
            path.touch()
        return path

    return to


@pytest.mark.django_db
@pytest.mark.parametrize("kind", ["no_such_file", "is_a_folder", "empty_file"])
@pytest.mark.parametrize("command", ["import_ground", "import_households"])
def test_a_path_that_leads_nowhere_is_called_what_it_is(lead, command, kind):
    with pytest.raises(CommandError, match=SENTENCES[kind]):
        call_command(command, str(lead(kind)), verbosity=0)


@pytest.mark.parametrize("name", ["x" * 300, "a\0b"])
def test_a_name_that_no_file_can_have_is_refused(tmp_path, name):
    with pytest.raises(ImportRefused):
        readable(tmp_path / name, name[:5])


@pytest.mark.parametrize("error", [PermissionError(13, "Permission denied"), OSError(5, "Input/output error")])
def test_a_file_that_may_not_be_read_is_said_to_be_so(tmp_path, monkeypatch, error):
    (tmp_path / "here.csv").write_text("x")

    def refuse(*args, **options):
        raise error

    monkeypatch.setattr("pathlib.Path.open", refuse)
    with pytest.raises(ImportRefused, match=SENTENCES["cannot_read_file"]) as why:
        readable(tmp_path / "here.csv", "here.csv")
    assert error.strerror in str(why.value)
