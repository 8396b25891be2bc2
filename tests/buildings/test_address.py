import time

import pytest

from buildings.address import Address, Mojibake, TooLong, clean, number, parse, spelling


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        # building and stairwell in each region's words
        ("3栋2单元", {"building": "3", "stairwell": "2"}),
        ("三号楼二单元", {"building": "3", "stairwell": "2"}),
        ("3幢2梯", {"building": "3", "stairwell": "2"}),
        ("3座2门", {"building": "3", "stairwell": "2"}),
        ("3楼2门", {"building": "3", "stairwell": "2"}),
        ("3号2楼门", {"building": "3", "stairwell": "2"}),
        ("3#2单元", {"building": "3", "stairwell": "2"}),
        ("十二栋甲单元", {"building": "12", "stairwell": "甲"}),
        ("A座2单元", {"building": "A", "stairwell": "2"}),
        ("3栋2楼道", {"building": "3", "stairwell": "2"}),
        # numbers with dashes
        ("宝翠花都 3-2", {"compound": "宝翠花都", "building": "3", "stairwell": "2"}),
        ("宝翠花都3-2-501", {"compound": "宝翠花都", "building": "3", "stairwell": "2", "room": "501"}),
        ("宝翠花都 3 2 501", {"compound": "宝翠花都", "building": "3", "stairwell": "2", "room": "501"}),
        ("宝翠花都3－2－501室", {"compound": "宝翠花都", "building": "3", "stairwell": "2", "room": "501"}),
        ("3-501", {"building": "3", "room": "501"}),
        ("3栋501", {"building": "3", "room": "501"}),
        ("3栋2-501", {"building": "3", "stairwell": "2", "room": "501"}),
        ("3-2单元501", {"building": "3", "stairwell": "2", "room": "501"}),
        ("9-1栋2单元", {"building": "9-1", "stairwell": "2"}),
        ("31甲栋", {"building": "31甲"}),
        ("31甲-2-501", {"building": "31甲", "stairwell": "2", "room": "501"}),
        ("副3号楼", {"building": "副3"}),
        # floors and rooms
        ("3号楼2单元5楼501", {"building": "3", "stairwell": "2", "floor": "5", "room": "501"}),
        ("3栋2单元5层501室", {"building": "3", "stairwell": "2", "floor": "5", "room": "501"}),
        ("3栋地下一层", {"building": "3", "floor": "B1"}),
        ("3栋B1层", {"building": "3", "floor": "B1"}),
        ("3栋负2层", {"building": "3", "floor": "B2"}),
        ("3栋2单元0501房", {"building": "3", "stairwell": "2", "room": "501"}),
        ("宝翠花都一号楼一门一零八", {"compound": "宝翠花都", "building": "1", "stairwell": "1", "room": "108"}),
        ("三栋二单元一二〇三室", {"building": "3", "stairwell": "2", "room": "1203"}),
        ("3栋2单元501A", {"building": "3", "stairwell": "2", "room": "501A"}),
        # scripts and widths
        ("寶翠花都３號樓２單元", {"compound": "宝翠花都", "building": "3", "stairwell": "2"}),
        ("寶翠花都\u3000３幢\u200b２單元", {"compound": "宝翠花都", "building": "3", "stairwell": "2"}),
        # names that look like numbers or like districts
        ("阳光小区3栋", {"compound": "阳光小区", "building": "3"}),
        ("阳光100小区3栋", {"compound": "阳光100小区", "building": "3"}),
        ("阳光100", {"compound": "阳光100"}),
        ("三里屯", {"compound": "三里屯"}),
        ("八一小区", {"compound": "八一小区"}),
        ("永辉超市", {"compound": "永辉超市"}),
        ("鳌峰新村5号", {"compound": "鳌峰新村", "building": "5"}),
        # roads
        ("南门路31号", {"road": "南门路", "road_number": "31"}),
        ("南门路31甲号", {"road": "南门路", "road_number": "31甲"}),
        ("南门路三十一号", {"road": "南门路", "road_number": "31"}),
        ("南门路31号副3号", {"road": "南门路", "road_number": "31副3"}),
        ("南门路31-1号", {"road": "南门路", "road_number": "31-1"}),
        ("五一路12号3栋", {"road": "五一路", "road_number": "12", "building": "3"}),
        ("中山路100弄5号201室", {"road": "中山路", "road_number": "100弄", "building": "5", "room": "201"}),
        ("后街巷7号", {"road": "后街巷", "road_number": "7"}),
        ("南门路", {"road": "南门路"}),
        ("建设3路12号", {"road": "建设3路", "road_number": "12"}),
        # the whole of it
        (
            "福建省福州市永泰县樟城镇南门社区南门路31号宝翠花都3栋2单元501室",
            {
                "province": "福建省", "city": "福州市", "district": "永泰县", "subdistrict": "樟城镇",
                "community": "南门社区", "road": "南门路", "road_number": "31", "compound": "宝翠花都",
                "building": "3", "stairwell": "2", "room": "501",
            },
        ),
        ("北京市朝阳区三里屯街道", {"city": "北京市", "district": "朝阳区", "subdistrict": "三里屯街道"}),
        ("天津市北辰区瑞景街道宝翠花都社区", {
            "city": "天津市", "district": "北辰区", "subdistrict": "瑞景街道", "community": "宝翠花都社区",
        }),
        ("景德镇市珠山区", {"city": "景德镇市", "district": "珠山区"}),
        ("宝翠花都3栋(北门进)", {"compound": "宝翠花都", "building": "3"}),
        ("无", {}),
        ("", {}),
    ],
)  # fmt: skip
def test_an_address_is_read_in_any_usual_spelling(text, parts):
    assert parse(text) == Address(**parts)


@pytest.mark.parametrize(
    "text",
    ["宝翠\ufffd都", "锟斤拷小区", "å®\x9dç¿\xa0è\x8a±é\x83½", "宝\x00翠", "\ue5e5花都"],
)
def test_mojibake_is_refused(text):
    with pytest.raises(Mojibake):
        parse(text)


@pytest.mark.parametrize("text", ["Pääskynen", "Töölönkatu 5", "Käännös", "中国银行(atm)", "乐购（tesco）", "ÃÏ»¨¶¼"])
def test_letters_with_dots_and_words_in_brackets_are_names(text):
    assert clean(text)
    assert parse(text)


@pytest.mark.parametrize("name", ["宝翠\ufffd都", "\ue5e5花都", "路" * 300, "", "( )"])
def test_no_stored_name_is_refused(name):
    assert isinstance(spelling(name), str)


def test_what_is_no_address_is_refused_before_it_is_read():
    with pytest.raises(TooLong):
        parse("3-" * 200)


@pytest.mark.parametrize("text", ["1-" * 99, "一" * 200, "号" * 200, "路1" * 100, "楼3" * 100, "A" * 200, "(" * 200])
def test_no_text_keeps_the_reader_busy(text):
    start = time.perf_counter()
    parse(text)
    assert time.perf_counter() - start < 0.2  # seconds; a plain address takes 0.0001


@pytest.mark.parametrize(
    ("text", "plain"),
    [("三十一", "31"), ("十", "10"), ("一百零五", "105"), ("二〇一", "201"), ("廿", "廿"), ("007b", "7B")],
)
def test_numbers_have_one_spelling(text, plain):
    assert number(text) == plain


def test_cleaning_twice_changes_nothing():
    for text in ("寶翠花都 ３－２", "宝翠花都（北门）"):
        assert clean(clean(text)) == clean(text)
