"""What a text gives away is found however it is written; what is harmless stays readable."""

import time

import pytest

from cases.privacy import BLOT, Kind, found, is_card, kinds, masked

CARD = "11010519491231002X"  # the example of GB 11643-1999


@pytest.mark.parametrize(
    "text",
    [
        "打我13800138000",
        "138 0013 8000",
        "138-0013-8000",
        "１３８００１３８０００",
        "一三八零零一三八〇〇〇",
        "幺三八零零幺三八零零零",
        "壹叁捌零零壹叁捌零零零",
        "1 3 8 0 0 1 3 8 0 0 0",
        "+86 13800138000",
        "138，0013，8000",
        "一三八00138零零零",
        "找物业0591-22481001",
        "（0591）2248 1001",
        "010-12345678"[:4] + "62345678",
    ],
)
def test_a_telephone_is_found(text):
    assert kinds(text) == [Kind.PHONE]
    assert not any(letter.isdigit() for letter in masked(text))


@pytest.mark.parametrize(
    "text", [CARD, CARD.lower(), "110105 19491231 002X", "１１０１０５１９４９１２３１００２Ｘ", f"证{CARD}号"]
)
def test_an_identity_card_is_found(text):
    assert kinds(text) == [Kind.CARD]
    assert "1949" not in masked(text)


@pytest.mark.parametrize(
    "text", ["闽A12345", "闽A·12345", "京A 8B123", "粤ZF023港", "津AD12345", "闽a12345", "闽Ａ１２３４５", "京A·D12345"]
)
def test_a_number_plate_is_found(text):
    assert kinds(f"有辆{text}堵门") == [Kind.PLATE]
    assert masked(f"有辆{text}堵门") == f"有辆{BLOT * 4}堵门"


@pytest.mark.parametrize(
    "text",
    [
        "3号楼2单元5楼灯不亮",
        "三号楼二单元五零一漏水",
        "2026年11月22日晚上8点30分",
        "电梯停了3次，120分钟",
        "110105194912310021",  # wrong check digit
        "110105194913310020",  # no month 13
        "20261122104312345678",  # an order number
        "路灯编号 1234567",
        "十二个人",
        "",
    ],
)
def test_what_is_harmless_stays(text):
    assert found(text) == []
    assert masked(text) == text


def test_several_are_found_in_their_order():
    text = f"车闽A12345，电话一三八零零一三八零零零，证{CARD}"
    assert kinds(text) == [Kind.PLATE, Kind.PHONE, Kind.CARD]
    assert masked(text) == f"车{BLOT * 4}，电话{BLOT * 4}，证{BLOT * 4}"


@pytest.mark.parametrize("place", range(18))
def test_one_wrong_digit_is_no_card(place):
    other = "7" if CARD[place] != "7" else "6"
    assert is_card(CARD)
    assert not is_card(CARD[:place] + other + CARD[place + 1 :])


@pytest.mark.parametrize(
    "text", ["1 " * 500, "1-3-" * 250, "闽A" * 500, "0591" * 250, "１" * 1000, "闽 A 1 " * 150, "𠀀ﷺ" * 400]
)
def test_a_hostile_text_takes_no_time(text):
    began = time.process_time()
    masked(text)
    assert time.process_time() - began < 0.1
