from datetime import date
from io import BytesIO
from typing import Any

import pypdf
import pypdfium2
import pytest
import zxingcpp
from django.core.management import CommandError, call_command

from buildings.models import Building, Stairwell
from pages.doorcodes import plates
from planning.fonts import NoFont, chinese_font
from tests.grids.conftest import CODE

pytestmark = pytest.mark.django_db
SITE = "https://map.example.com"


@pytest.fixture
def printed(net, tmp_path) -> bytes:
    call_command("print_door_codes", CODE, output=tmp_path / "doors.pdf", base_url=f"{SITE}/", verbosity=0)
    return (tmp_path / "doors.pdf").read_bytes()


def pictures(pdf: bytes, dots_per_inch: int = 100):
    """The sheets as a reader shows them."""
    return [page.render(scale=dots_per_inch / 72).to_pil() for page in pypdfium2.PdfDocument(pdf)]


def test_each_door_has_a_code_that_opens_its_page(printed):
    read = [code.text for sheet in pictures(printed) for code in zxingcpp.read_barcodes(sheet)]
    assert sorted(read) == sorted(f"{SITE}/d/{code}/" for code in Stairwell.objects.values_list("code", flat=True))


def test_the_codes_are_large_and_hold_out_when_scratched(printed):
    sheet = pictures(printed, 254)[0]  # 10 dots a millimetre
    code = zxingcpp.read_barcodes(sheet)[0]
    corners = code.position
    assert corners.top_right.x - corners.top_left.x > 300  # 30 mm
    assert code.ec_level == "M"


def test_the_text_can_be_selected_and_its_font_is_inside(printed):
    document = pypdf.PdfReader(BytesIO(printed))
    text = document.pages[0].extract_text()
    assert "西苑" in text
    assert "1号楼 1单元" in text
    assert "政务热线 12345" in text
    fonts: Any = document.pages[0]["/Resources"]["/Font"]
    files = [font.get_object()["/FontDescriptor"] for font in fonts.values() if "/FontDescriptor" in font.get_object()]
    assert files
    assert all("/FontFile2" in font.get_object() for font in files)


def test_no_grid_and_no_person_stands_on_a_plate(printed):
    text = "".join(page.extract_text() for page in pypdf.PdfReader(BytesIO(printed)).pages)
    assert "西格" not in text


def test_a_serial_number_is_not_printed_as_if_it_were_an_address(net):
    Building.objects.update(compound=None, address="", number="", name="")
    assert {(plate.compound, plate.building) for plate in plates(net, date(2026, 11, 22))} == {("", "")}


def test_two_plates_share_a_sheet_and_long_names_stay_on_it(net, tmp_path):
    Building.objects.filter(number="1").update(name="樟城镇永泰大道北段人民路交叉口第一安置小区综合服务楼")
    call_command("print_door_codes", CODE, output=tmp_path / "doors.pdf", base_url=SITE)
    document = pypdf.PdfReader(tmp_path / "doors.pdf")
    assert len(document.pages) == 4
    assert len(list(zxingcpp.read_barcodes(pictures((tmp_path / "doors.pdf").read_bytes())[0]))) == 2


def test_a_community_that_is_not_there_is_refused(net, tmp_path):
    with pytest.raises(CommandError, match="没有编码为"):
        call_command("print_door_codes", "000000000000", output=tmp_path / "doors.pdf")


def test_a_machine_without_a_chinese_font_is_told_what_to_install(settings, net, tmp_path):
    settings.PRINT_FONT = str(tmp_path / "missing.ttf")
    with pytest.raises(NoFont, match="fonts-noto-cjk"):
        chinese_font()
    with pytest.raises(CommandError, match="PRINT_FONT"):
        call_command("print_door_codes", CODE, output=tmp_path / "doors.pdf")


def test_four_modules_around_a_code_are_white(printed):
    sheet = pictures(printed, 254)[0].convert("L")
    corners = zxingcpp.read_barcodes(sheet)[0].position
    left, top = corners.top_left.x, corners.top_left.y
    right, bottom = corners.bottom_right.x, corners.bottom_right.y
    quiet = int(4 * (right - left) / 37) - 4  # version 5 has 37 modules; a pixel or two for the antialiasing
    assert quiet > 40
    for strip in ((left - quiet, top, left - 3, bottom), (right + 3, top, right + quiet, bottom),
                  (left, top - quiet, right, top - 3), (left, bottom + 3, right, bottom + quiet)):  # fmt: skip
        assert sheet.crop(strip).getextrema()[0] > 250
