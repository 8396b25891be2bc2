"""Cells of tables: no formula goes out, nothing unseen comes in, and what went out comes back."""

import ast
from pathlib import Path

import pytest
from django.conf import settings

from buildings.imports.report import Refusal, Report
from buildings.tables import as_csv, as_written, harmless, one_line

FORMULAS = [
    "=1+1", "+1", "-1", "@SUM(A1)", "＝1+1", "＋1", "－1", "＠x", "﹦1", "\t=1", "\r=1", "\n=1", "\tx", "\rx", " =1",
    "\u3000＝1", "\ufeff=1", "\u200b=1", "\u202e=1", "\u00a0=1", "'=1", "''＝1", "'\t=1",
]  # fmt: skip
PLAIN = ["第一网格", "1=1", "a-b", "'", "''", "", "'第一", "中国银行(atm)", "3号楼"]


@pytest.mark.parametrize("text", FORMULAS)
def test_what_could_be_a_formula_gets_an_apostrophe_which_is_taken_off_again(text):
    assert harmless(text) == f"'{text}"
    assert as_written(harmless(text)) == text


@pytest.mark.parametrize("text", PLAIN)
def test_other_texts_go_out_and_come_back_as_they_are(text):
    assert harmless(text) == text
    assert as_written(text) == text


def test_numbers_stay_numbers():
    assert [harmless(value) for value in (-1, -0.5, 0, None)] == [-1, -0.5, 0, None]


def test_headings_are_guarded_too():
    assert as_csv(["＝a"], [["-b"]]).decode("utf-8-sig") == "'＝a\r\n'-b\r\n"


def test_the_report_of_an_import_holds_no_formula(tmp_path):
    report = Report(refused=[Refusal("buildings", 1, "＝1+1", "bad", "\t@x", field="-f")])
    report.write(tmp_path / "report.csv")
    row = (tmp_path / "report.csv").read_bytes().decode("utf-8-sig").splitlines()[1]
    assert row.startswith("buildings,1,'＝1+1,bad,'-f,,,")
    assert "'\t@x" in row


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("甲\x00乙", "甲 乙"),
        (" a\t\n b\x7f", "a b"),
        ("\ufeff名\u202e称\u200b", "名 称"),
        ("\ud800", ""),
        ("𠮷 一\u3000二", "𠮷 一 二"),
    ],
)
def test_a_line_holds_only_what_is_seen(text, line):
    assert one_line(text) == line


def test_tables_are_written_in_one_place_only():
    """Whoever makes a CSV or a workbook elsewhere would have to think of formulas again."""
    home, writers = Path(settings.BASE_DIR), set()
    rooms = {path.parent for path in home.glob("*/__init__.py")} - {home / "tests", home / "bench"}
    for path in (path for room in rooms for path in room.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute) and node.attr in ("writer", "DictWriter", "Workbook"):
                writers.add(path.relative_to(home).as_posix())
    assert writers == {"buildings/tables.py"}
