"""Cells of tables, in and out: the one place that keeps formulas out of what a spreadsheet opens."""

import csv
import io
import re
import unicodedata
from collections.abc import Iterable
from typing import Any

from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

_UNSEEN = ("Cc", "Cf", "Cs", "Zl", "Zp")  # controls, marks of direction and width, halves of a character, line ends


def one_line(text: str) -> str:
    """A text without what nobody sees, its spaces single: fit for a name."""
    return " ".join("".join(" " if unicodedata.category(each) in _UNSEEN else each for each in text).split())


def as_csv(head: Iterable[Any], rows: Iterable[Iterable[Any]]) -> bytes:
    """UTF-8 with a byte order mark, as spreadsheets want it; no cell is a formula."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerows([harmless(cell) for cell in row] for row in [head, *rows])
    return out.getvalue().encode("utf-8-sig")


def as_xlsx(title: str, head: Iterable[Any], rows: Iterable[Iterable[Any]]) -> bytes:
    """An Excel file of one sheet; no cell is a formula."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet(re.sub(r"[\\/*?:\[\]]", " ", one_line(title))[:31])
    for row in [head, *rows]:
        sheet.append([harmless(_printable(cell)) for cell in row])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _printable(cell: Any) -> Any:
    """XML has no place for control characters."""
    return ILLEGAL_CHARACTERS_RE.sub(" ", cell) if isinstance(cell, str) else cell


def harmless(value: Any) -> Any:
    """A cell that a spreadsheet shows and does not run: a text that could be a formula gets an apostrophe before it."""
    return f"'{value}" if isinstance(value, str) and _could_run(value.lstrip("'")) else value


def as_written(text: str) -> str:
    """The text of a cell that `harmless` may have guarded."""
    return text[1:] if text.startswith("'") and _could_run(text.lstrip("'")) else text


def _could_run(text: str) -> bool:
    """
    Whether a spreadsheet could take a text for a formula: by = + - @ in any width (＝ is one where the keyboard writes
    it), also after spaces and what nobody sees; or by a tab or line end in front, on which some split cells.
    """
    if text[:1] in ("\t", "\r", "\n"):
        return True
    seen = one_line(text)[:1]
    return unicodedata.normalize("NFKC", seen)[:1] in ("=", "+", "-", "@") if seen else False
