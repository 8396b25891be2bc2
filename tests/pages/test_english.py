"""Every sentence of every room has its English; `make messages` collects new ones into locale/en."""

import ast
import re
from pathlib import Path
from typing import Any

import pytest
from babel.messages.pofile import read_po
from django.conf import settings
from django.utils.translation.template import templatize

ROOMS = ("accounts", "api", "buildings", "config", "demo", "geo", "grids", "maps", "pages")
MARKS = {"_", "gettext", "gettext_lazy", "gettext_noop", "ngettext", "ngettext_lazy"}
ROOT: Path = settings.BASE_DIR


@pytest.fixture(scope="module")
def english() -> dict[str, Any]:
    with (ROOT / "locale" / "en" / "LC_MESSAGES" / "django.po").open("rb") as file:
        catalogue = read_po(file, locale="en")
    return {
        message.id if isinstance(message.id, str) else message.id[0]: message.string
        for message in catalogue
        if message.id and not message.fuzzy
    }


def said_in_code(path: Path) -> set[str]:
    calls = (node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call) and node.args)
    marked = (call for call in calls if getattr(call.func, "id", getattr(call.func, "attr", "")) in MARKS)
    first = (call.args[0] for call in marked)
    return {text.value for text in first if isinstance(text, ast.Constant) and isinstance(text.value, str)}


def said_in_template(path: Path) -> set[str]:
    code = templatize(path.read_text())
    code = re.sub(r"""pgettext\(u?(['"])(?:\\.|(?!\1).)*\1,\s*""", "gettext(", code)  # what a context tells apart
    found = re.findall(r"""gettext\(u?(['"])((?:\\.|(?!\1).)*)\1""", code)
    found += re.findall(r"""(?<!\w)_\((['"])((?:\\.|(?!\1).)*)\1\)""", code)
    return {ast.literal_eval(quote + text + quote) for quote, text in found}


def sentences() -> set[str]:
    code = [said_in_code(path) for room in ROOMS for path in (ROOT / room).rglob("*.py")]
    return set().union(*code, *(said_in_template(path) for path in (ROOT / "templates").rglob("*.html")))


def test_there_are_sentences_to_translate():
    assert len(sentences()) > 300
    assert {"我家归谁管？", "网格员", "n月j日 D"} <= sentences()


def test_every_sentence_has_its_english(english):
    assert sorted(sentences() - set(english)) == []
    assert sorted(text for text, translated in english.items() if not all(_forms(translated))) == []


def test_english_names_what_the_chinese_names(english):
    wrong = [
        text
        for text, translated in english.items()
        for form in _forms(translated)
        if placeholders(form) != placeholders(text)
    ]
    assert wrong == []


def placeholders(text: str) -> set[str]:
    return set(re.findall(r"%\(\w+\)[.\d]*[sdf]|%[sd]|%%", text))


def test_english_has_no_chinese_left(english):
    # Column headings and examples of addresses are Chinese in any language.
    left = {text for text, translated in english.items() for form in _forms(translated) if re.search("[一-鿿]", form)}
    assert len(left) <= 8, left


def _forms(translated: str | tuple[str, ...]) -> tuple[str, ...]:
    return (translated,) if isinstance(translated, str) else tuple(translated)
