"""A refusal can be shown to anybody."""

import re

import pytest

from geo import coverage
from geo.errors import GEOS_REASONS, GeometryRefused, refusal_of


def refusals(kind=GeometryRefused):
    yield kind
    for child in kind.__subclasses__():
        yield from refusals(child)


def test_each_refusal_has_its_own_code():
    codes = [kind.code for kind in refusals()]
    assert len(codes) == len(set(codes)) > 20


@pytest.mark.parametrize("kind", list(refusals()))
def test_each_sentence_is_chinese_and_can_be_filled(kind):
    names = re.findall(r"%\((\w+)\)s", kind.sentence)
    assert re.search(r"[\u4e00-\u9fff].*。$", kind.sentence)
    assert "%" not in str(kind(**dict.fromkeys(names, "x")))


@pytest.mark.parametrize("sentence", list(coverage.SENTENCES.values()))
def test_each_sentence_of_a_fault_is_chinese(sentence):
    assert re.search(r"[\u4e00-\u9fff]", sentence)


@pytest.mark.parametrize(("words", "kind"), GEOS_REASONS)
def test_what_geos_says_becomes_a_refusal(words, kind):
    assert type(refusal_of(words.capitalize(), None)) is kind


def test_what_geos_may_say_one_day_is_refused_with_its_words():
    assert "Bent too much" in str(refusal_of("Bent too much", (1.0, 2.0)))
