"""The resident's report as a plain form and as the scripts send it: one case, whatever is pressed twice."""

import re
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from accounts.models import User
from buildings.models import Building
from cases import drafts, moderation, moves, nearby, pictures
from cases.models import Block, Case, Category, MeToo, Photo, Reporter
from cases.places import PublicPlace
from pages.visitors import MOST
from tests.cases import lies
from tests.cases.desk import a_case, a_unit, reported_by
from tests.pages.conftest import B1, PASSWORD, cells, community, net, plain_http, signed_in, worker

__all__ = ["cells", "community", "net", "plain_http", "signed_in", "worker"]
HERE = {"lon": "119.30015", "lat": "26.0507", "coord_type": "wgs84"}
JSON = {"Accept": "application/json"}
LAMP = "3101"
# tests/flows/test_report.py has sixty in a browser; here is what escaping must catch in the pages as bytes.
PAYLOAD = (
    "</script></textarea>\"'><script>alert(1)</script><img src=x onerror=alert(1)>"
    + "<svg/onload=alert(1)>{{ 7|add:7 }}"
)


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def many_homes(monkeypatch):
    """Every place is public: the square has no households."""

    def at(cases):
        return {case.pk: PublicPlace("building", "b", "1号楼", case.point.x, case.point.y) for case in cases}

    monkeypatch.setattr(nearby, "public_places", at)
    monkeypatch.setattr("pages.track.public_place", lambda case: at([case])[case.pk])


def upload(name: str = "photo") -> SimpleUploadedFile:
    return SimpleUploadedFile(f"{name}.jpg", (lies.CLEANED | lies.REFUSED)[name](), "image/jpeg")


def send(client: Client, **said):
    headers = said.pop("headers", {})
    wish = {"key": str(uuid4()), "category": LAMP, **HERE} | said
    return client.post("/report/", {k: v for k, v in wish.items() if v is not None}, headers=headers)


# --- the form ---------------------------------------------------------------------------------------------------------


def test_the_door_is_filled_in(client, net):
    page = client.get(f"/report/?door={B1}").content.decode()
    assert f'name="door" value="{B1}"' in page
    assert "1号楼 1单元" in page
    assert page.count('name="category"') == 8


def test_a_position_is_filled_in_by_its_coordinate_type(client, net):
    assert "119.3001500" in client.get("/report/", HERE).content.decode()
    assert "119.3001500" not in client.get("/report/", HERE | {"coord_type": "gcj02"}).content.decode()
    assert client.get("/report/", {"lon": "119.3", "lat": "26.05"}).status_code == 400


def test_each_page_has_a_key_of_its_own(client, net):
    first, second = client.get("/report/"), client.get("/report/")
    assert first.context["key"] != second.context["key"]
    assert first["Cache-Control"] == "private, no-cache"


def test_a_plain_form_makes_a_case_with_its_photos(client, net):
    answer = send(client, door=B1, lon=None, lat=None, coord_type=None, text="灯不亮", phone="138 0000 1001",
                  photos=[upload(), upload("grey")])  # fmt: skip
    case = Case.objects.get()
    assert answer.status_code == 302
    assert answer.url == f"/r/{case.key}/?sent=1"
    assert (case.stairwell.code, case.place_from, case.text, case.photos.count()) == (B1, "door", "灯不亮", 2)
    assert case.reporter.phone == "138 0000 1001"
    page = client.get(answer.url).content.decode()
    assert case.number in page
    assert "data:image/svg+xml" in page
    assert "tel:" in page


def test_what_is_sent_twice_is_one_case(client, net):
    key = str(uuid4())
    first, again = send(client, key=key), send(client, key=key, text="anders", category="nonsense")
    assert (first.status_code, again.status_code) == (302, 302)
    assert (first.url, again.url) == (f"/r/{key}/?sent=1", f"/r/{key}/?sent=again")
    assert "没有报成两件" in client.get(again.url).content.decode()
    assert Case.objects.count() == 1


def test_the_coordinate_type_is_honoured(client, net):
    send(client, lon="119.30485", lat="26.04760", coord_type="gcj02", place_from="position")
    case = Case.objects.get()
    assert (case.coord_type, case.place_from) == ("gcj02", "position")
    assert case.point.x == pytest.approx(119.3, abs=0.001)
    assert send(client, coord_type="").status_code == 422
    assert send(client, coord_type="mars").status_code == 422


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"category": ""}, "请选一下是什么事。"),
        ({"category": "9999"}, "请选一下是什么事。"),
        ({"lon": "", "lat": ""}, "请告诉我们在哪里。"),
        ({"lon": "", "lat": "", "address": "火星路9号"}, "没有找到这个地址"),
        ({"lon": "1e300"}, "位置"),
        ({"lon": "nan"}, "数字"),
        ({"phone": "call me"}, "电话只能由数字"),
        ({"text": "x" * 1001}, "文字太长"),
        ({"website": "spam"}, "请把“网址”一栏清空"),
        ({"door": "0" * 19, "lon": "", "lat": ""}, "请告诉我们在哪里。"),
    ],
)
def test_what_is_missing_is_said_at_the_top_and_what_was_typed_is_kept(client, net, change, sentence):
    answer = send(client, **({"text": "灯不亮了"} | change))
    page = answer.content.decode()
    assert answer.status_code == 422
    assert page.index('role="alert"') < page.index(sentence) < page.index('id="step1"')
    assert "灯不亮了" in page or "text" in change
    assert not Case.objects.exists()


def test_photos_outlive_a_form_that_has_to_be_mended(client, net):
    key = str(uuid4())
    answer = send(client, key=key, category="", photos=[upload(), upload("svg")])
    page = answer.content.decode()
    assert "已经收到 1 张照片" in page
    assert "svg.jpg：这不是照片" in page
    send(client, key=key)
    assert Case.objects.get().photos.count() == 1
    assert drafts.kept(UUID(key)) == []


def test_an_address_that_means_one_place_is_taken(client, net):
    send(client, lon=None, lat=None, coord_type=None, address="西苑1号楼1单元")
    case = Case.objects.get()
    assert (case.stairwell.code, case.place_from, case.coord_type) == (B1, "door", "wgs84")


def test_of_several_places_one_is_chosen_and_the_photos_are_not_sent_again(client, net):
    key = str(uuid4())
    Building.objects.update(number="1")
    page = send(client, key=key, lon=None, lat=None, address="西苑1号楼", photos=[upload()]).content.decode()
    assert "这个地址可能是几个地方，请选一个。" in page
    choices = re.findall(r'name="choice" value="([^"]+)"', page)
    assert len(choices) > 1
    assert "没有找到这个地址" in send(client, lon="", lat="", address="火星路9号").content.decode()
    send(client, key=key, lon=None, lat=None, address="西苑1号楼", choice=choices[0])
    case = Case.objects.get()
    assert (case.place_from, case.photos.count()) == ("address", 1)


def test_the_scripts_are_answered_in_json(client, net):
    key = str(uuid4())
    answer = send(client, key=key, headers=JSON)
    case = Case.objects.get()
    assert answer.json() == {"number": case.number, "url": f"/r/{key}/"}
    assert send(client, category="", headers=JSON).json() == {"errors": {"category": ["请选一下是什么事。"]}}


# --- who may, and how much --------------------------------------------------------------------------------------------


def test_no_page_of_another_site_reports_in_somebodys_name(client, net):
    for said in ("cross-site", "same-site"):
        assert send(client, headers={"Sec-Fetch-Site": said}).status_code == 403
    assert send(client, headers={"Sec-Fetch-Site": "same-origin"}).status_code == 302
    assert (
        Client(enforce_csrf_checks=True).post("/report/", {"key": uuid4(), "category": LAMP, **HERE}).status_code == 302
    )


def test_too_much_from_one_address_is_said_plainly_whatever_its_port(client, net, settings):
    settings.REPORTS_AN_HOUR, settings.TRUSTED_PROXIES = 2, 1
    key = str(uuid4())
    answers = [
        send(client, key=key if n == 0 else str(uuid4()), headers={"X-Forwarded-For": f"192.0.2.7:{4000 + n}"})
        for n in range(3)
    ]
    assert [answer.status_code for answer in answers] == [302, 302, 429]
    assert answers[2]["Retry-After"]
    assert "还没有收下" in answers[2].content.decode()
    assert send(client, key=key, headers={"X-Forwarded-For": "192.0.2.7:5"}).status_code == 302  # a retry
    assert send(client, headers={"X-Forwarded-For": "192.0.2.8:5"}).status_code == 302


def test_who_is_blocked_reads_what_to_do(client, net):
    Block.objects.create(address="127.0.0.1", reason="x", until=timezone.now() + timedelta(hours=1))
    answer = send(client, headers=JSON)
    assert (answer.status_code, Case.objects.count()) == (403, 0)
    assert "请打电话" in answer.json()["sentence"]


def test_a_flood_is_not_read(client, net):
    answer = client.post("/report/", b"x", content_type="multipart/form-data; boundary=b", CONTENT_LENGTH=str(MOST + 1))
    assert answer.status_code == 413


def test_who_goes_back_without_scripts_and_presses_again_has_one_case(client, net):
    """The browser may have fetched the page anew, with another key."""
    send(client, text="灯不亮")
    assert send(client, text="灯不亮 ").url.endswith("?sent=again")
    assert send(client, text="灯不亮", category="3103").url.endswith("?sent=1")
    assert send(Client(), text="灯不亮").url.endswith("?sent=1")
    assert send(client, text="灯不亮", headers=JSON).status_code == 200
    Case.objects.update(reported_at=timezone.now() - timedelta(hours=1))
    assert send(client, text="灯不亮").url.endswith("?sent=1")
    assert Case.objects.count() == 5


def test_who_sends_what_a_neighbour_sent_is_not_shown_the_neighbours_link(client, net):
    theirs = send(client, phone="13912345678", text="")
    mine = send(Client(), phone="13912345678", text="")
    assert mine.url.endswith("?sent=1")
    assert mine.url != theirs.url


def test_another_photo_of_the_same_place_is_another_report(client, net):
    assert send(client, text="", photos=upload("photo")).url.endswith("?sent=1")
    assert send(client, text="", photos=upload("photo")).url.endswith("?sent=again")
    assert send(client, text="", photos=upload("grey")).url.endswith("?sent=1")


def test_two_reports_of_one_browser_have_one_mark(client, net):
    send(client, text="一")
    send(client, text="二")
    send(Client())
    marks = list(Reporter.objects.order_by("pk").values_list("mark", flat=True))
    assert (marks[0] == marks[1], marks[0] == marks[2]) == (True, False)
    assert client.cookies["device"]["httponly"]


def test_a_worker_who_reports_is_known(net, worker, signed_in):
    send(signed_in(worker))
    case = Case.objects.get()
    assert (case.source, case.moves.get().by) == ("worker", worker)
    assert not Reporter.objects.exists()


@pytest.mark.parametrize("address", ["unknown", "unix:", ""])
def test_an_address_that_is_none_is_no_error(client, net, settings, address):
    settings.TRUSTED_PROXIES = 1
    assert send(client, headers={"X-Forwarded-For": address}).status_code == 302


def test_a_length_or_a_code_that_is_none_is_no_error(client, net):
    assert client.post("/report/preview/", {"text": "x", "category": "\x00"}).status_code == 200
    odd = client.generic("POST", "/report/preview/", b"x", content_type="text/plain", CONTENT_LENGTH="abc")
    assert odd.status_code == 200


# --- meanwhile --------------------------------------------------------------------------------------------------------


def test_the_preview_says_what_is_given_away(client, net):
    page = client.post("/report/preview/", {"text": "找我，一三八零零零零一零零一", "category": LAMP}).content.decode()
    assert "电话号码" in page
    assert "找我，■■■■" in page
    assert client.post("/report/preview/", {"text": ""}).content.decode().strip() == ""


def test_nearby_open_cases_are_shown_first_and_me_too_counts_once(client, net, many_homes):
    case = a_case(net, category=Category.objects.get(code=LAMP))
    page = client.get("/report/near/", HERE | {"category": LAMP}).content.decode()
    assert f"/report/near/{case.number}/" in page
    assert case.text not in page
    assert f"/report/near/{case.number}/" in client.get("/report/", HERE).content.decode()
    for _ in range(2):
        answer = client.post(f"/report/near/{case.number}/", {"key": str(uuid4())})
        assert "谢谢" in client.get(answer.url).content.decode()
    assert MeToo.objects.count() == 1
    assert client.post("/report/near/0000000/").status_code == 404


def test_places_are_found_by_address(client, net):
    assert f'data-door="{B1}"' in client.get("/report/places/", {"q": "西苑1号楼1单元"}).content.decode()
    assert "没有找到" in client.get("/report/places/", {"q": "火星"}).content.decode()
    assert client.get("/report/places/", {"q": "x" * 3000}).status_code == 200


# --- the way ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def case(net, worker) -> Case:
    case = a_case(net, category=Category.objects.get(code=LAMP), person=worker, text="三楼灯不亮，电话13800001001")
    reported_by(case)
    return case


def test_the_link_shows_everything_and_no_name(client, case, worker):
    moves.act(case, "accept", by=worker, public_note="今天下午去看")
    answer = client.get(f"/r/{case.key}/")
    page = answer.content.decode()
    assert (answer["X-Robots-Tag"], "no-store" in answer["Cache-Control"]) == ("noindex", True)
    assert "三楼灯不亮，电话13800001001" in page
    assert "三楼灯不亮，电话■■■■" in page  # what others read
    assert "今天下午去看" in page
    assert "网格" in page
    assert client.get(f"/r/{uuid4()}/").status_code == 404


def test_the_number_shows_what_is_public_and_no_more(client, case, worker, many_homes):
    moves.act(case, "accept", by=worker, public_note="给您回过电话")
    page = client.get("/track/", {"number": f" {case.number[:4]} {case.number[4:]} "}).content.decode()
    assert "已受理" in page or "受理" in page
    for secret in ("三楼灯不亮", "给您回过电话", str(case.key), "陈秀英", "13912345678", "林网格"):
        assert secret not in page
    moderation.show_words(case, True, by=worker)
    page = client.get("/track/", {"number": case.number}).content.decode()
    assert "三楼灯不亮，电话■■■■" in page
    assert client.get("/track/", {"number": "0000011"}).status_code == 404


def test_the_end_of_the_telephone_opens_it_and_guessing_does_not(client, case):
    said = {"number": case.number, "tail": "5678"}
    assert client.post("/track/", said).url == f"/r/{case.key}/"
    for guess in range(6):
        assert client.post("/track/", said | {"tail": f"000{guess}"}).status_code == 403
    assert client.post("/track/", said).status_code == 403


def test_a_sensitive_case_is_nothing_but_its_number_in_public(client, net):
    case = a_case(net, category=Category.objects.get(code="3106"), words="shown")
    page = client.get("/track/", {"number": case.number}).content.decode()
    assert "不公开" in page
    assert "邻里纠纷" not in page
    assert "灯" not in page
    assert "邻里纠纷" in client.get(f"/r/{case.key}/").content.decode()


def test_a_merged_case_goes_the_way_of_the_other(client, case, net, worker):
    other = a_case(net, category=case.category)
    moves.act(case, "merge", by=worker, into=other)
    moves.act(other, "accept", by=worker)
    page = client.get(f"/r/{case.key}/").content.decode()
    assert f"编号 {other.number}" in page


def test_a_case_merged_into_a_merged_one_goes_the_way_of_the_last(client, case, net, worker):
    middle, last = a_case(net, category=case.category), a_case(net, category=case.category)
    moves.act(case, "merge", by=worker, into=middle)
    moves.act(middle, "merge", by=worker, into=last)
    moves.act(last, "self_handle", by=worker, reason="修好了", public_note="换了灯泡")
    assert "换了灯泡" in client.get(f"/r/{case.key}/").content.decode()
    assert f"编号 {last.number}" in client.get("/track/", {"number": case.number}).content.decode()


def test_what_is_late_is_said(client, case):
    Case.objects.filter(pk=case.pk).update(due_at=timezone.now() - timedelta(hours=3))
    assert "已经过了" in client.get(f"/r/{case.key}/").content.decode()


def closed(case: Case, worker: User) -> None:
    moves.act(case, "self_handle", by=worker, reason="换了灯泡", public_note="换了灯泡")


def test_a_rating_is_said_once(client, case, worker):
    assert "办完请您评价" in client.get(f"/r/{case.key}/").content.decode()
    assert client.post(f"/r/{case.key}/rate/", {"rating": "3"}).status_code == 422
    closed(case, worker)
    assert client.get(f"/r/{case.key}/").content.decode().count('name="rating"') == 3
    assert client.post(f"/r/{case.key}/rate/", {"rating": "9"}).status_code == 422
    for rating in ("3", "1"):
        assert client.post(f"/r/{case.key}/rate/", {"rating": rating, "words": "谢谢"}).status_code == 302
    case.refresh_from_db()
    assert (case.rating, case.status, case.rating_words) == (3, "closed", "谢谢")


def test_who_presses_twice_at_once_is_thanked_twice(client, case, worker, monkeypatch):
    closed(case, worker)
    act = moves.act

    def later(case, name, **given):
        act(case, name, **given)  # the other press came first
        return act(case, name, **given)

    monkeypatch.setattr("pages.track.moves.act", later)
    assert client.post(f"/r/{case.key}/rate/", {"rating": "3"}).status_code == 302


def test_not_satisfied_opens_it_again_once(client, case, worker):
    closed(case, worker)
    client.post(f"/r/{case.key}/rate/", {"rating": "1", "words": "还是不亮"})
    case.refresh_from_db()
    assert (case.status, case.reopened, case.rating) == ("dispatched", 1, 1)
    assert "已经重新办理" in client.get(f"/r/{case.key}/").content.decode()
    assert client.post(f"/r/{case.key}/rate/", {"rating": "1"}).status_code == 302
    case.refresh_from_db()
    assert case.reopened == 1


# --- photos -----------------------------------------------------------------------------------------------------------


def test_a_photo_sent_again_is_one_photo_with_its_hash(client, case):
    key, sent = str(uuid4()), lies.CLEANED["photo"]()
    answers = [client.post(f"/r/{case.key}/photos/", {"key": key, "photo": upload()}) for _ in range(3)]
    assert [answer.json() for answer in answers] == [{"key": key, "sha256": pictures.clean(sent).sha256}] * 3
    assert Photo.objects.count() == 1


def test_a_photo_that_is_none_is_refused_in_words(client, case):
    answer = client.post(f"/r/{case.key}/photos/", {"key": str(uuid4()), "photo": upload("svg")})
    assert (answer.status_code, "这不是照片" in answer.json()["sentence"]) == (422, True)
    assert client.post(f"/r/{case.key}/photos/", {"key": "x"}).status_code == 400
    assert client.post(f"/r/{uuid4()}/photos/", {"key": str(uuid4())}).status_code == 404


def test_a_photo_is_for_those_who_may_see_it(client, case, worker, net, signed_in):
    client.post(f"/r/{case.key}/photos/", {"key": str(uuid4()), "photo": upload()})
    photo = case.photos.get()
    assert client.get(f"/r/{case.key}/photos/{photo.key}.jpg")["Content-Type"] == "image/jpeg"
    assert client.get(f"/r/{uuid4()}/photos/{photo.key}.jpg").status_code == 404
    assert client.get(f"/photos/{photo.key}.jpg").status_code == 404
    stranger = User.objects.create_user("stranger", password=PASSWORD)
    a_unit(net, stranger)
    assert signed_in(stranger).get(f"/photos/{photo.key}.jpg").status_code == 404
    assert signed_in(worker).get(f"/photos/{photo.key}.jpg").status_code == 200
    moderation.show_photo(photo, True, by=worker)
    shown = Client().get(f"/photos/{photo.key}.jpg")
    assert (shown.status_code, shown["X-Content-Type-Options"]) == (200, "nosniff")
    Category.objects.filter(pk=case.category_id).update(sensitive=True)
    assert Client().get(f"/photos/{photo.key}.jpg").status_code == 404


# --- what somebody writes is only ever read ---------------------------------------------------------------------------


def test_what_is_written_is_shown_as_it_is_and_runs_nowhere(client, net, worker, many_homes):
    category = Category.objects.get(code=LAMP)
    Category.objects.filter(pk=category.pk).update(name=PAYLOAD[:40], icon=PAYLOAD[:20])
    case = a_case(net, category=Category.objects.get(pk=category.pk), text=PAYLOAD, person=worker)
    moves.act(case, "accept", by=worker, reason=PAYLOAD, public_note=PAYLOAD)
    moderation.show_words(case, True, by=worker)
    closed(case, worker)
    pages = [
        client.get(f"/r/{case.key}/"),
        client.get("/track/", {"number": case.number}),
        client.get("/track/", {"number": PAYLOAD}),
        client.get("/report/", HERE),
        client.get("/report/near/", HERE | {"category": LAMP}),
        client.get("/report/places/", {"q": PAYLOAD}),
        client.post("/report/preview/", {"text": PAYLOAD, "category": LAMP}),
        send(client, category="", text=PAYLOAD, phone=PAYLOAD, address=PAYLOAD, lon="", lat=""),
        client.post("/track/", {"number": case.number, "tail": PAYLOAD}),
        client.post(f"/r/{case.key}/rate/", {"rating": "3", "words": PAYLOAD}, follow=True),
    ]
    for page in pages:
        text = page.content.decode()
        for live in ("<script>alert", "<img src=x", "<svg/onload", '</textarea>"', "{{ 14"):
            assert live not in text
    assert sum("&lt;script&gt;alert(1)" in page.content.decode() for page in pages) >= 6


def test_sentences_are_short(client, case):
    pages = [client.get(f"/report/?door={B1}"), client.get(f"/r/{case.key}/?sent=1"), client.get("/track/")]
    for page in pages:
        lines = re.sub(r"<[^>]+>", "\n", page.content.decode().partition('id="words"')[0]).split("\n")
        sentences = [part for line in lines for part in re.split(r"[。；！？：]", line)]
        assert [one for one in sentences if len(re.findall(r"[\u4e00-\u9fff]", one)) > 32] == []
