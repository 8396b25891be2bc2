"""
The one way in (law 13): the resident's page, the worker's telephone, Open311 and the demo all come through `take_in`.

Whoever sends makes the key of the case and of each photo. So whatever is sent again, because an answer was lost on the
way, is found to be here already and is not written twice.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID, uuid5

from django.contrib.gis.geos import Point
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from buildings.models import Building, Stairwell
from cases import dispatch, moves
from cases.models import Case, Category, Photo, Reporter
from cases.pictures import Picture
from geo.crs import COORD_TYPES, metres_per_degree

LONGEST = 1000  # characters of what happened
MOST_PHOTOS = 4  # of one kind; more tell no more, and cost the resident's data
AT_A_BUILDING = 15  # metres: a lamp at the wall is the building's


class Refused(Exception):
    """A report that cannot be taken as it is: what to change, and in which field."""

    def __init__(self, sentence: str, field: str = "") -> None:
        super().__init__(sentence)
        self.sentence, self.field = sentence, field


def take_in(
    *,
    key: UUID,
    category: Category,
    point: Point,
    place_from: str,
    coord_type: str,
    at: datetime | None = None,
    text: str = "",
    stairwell: Stairwell | None = None,
    source: str = Case.Source.SNAP,
    name: str = "",
    phone: str = "",
    email: str = "",
    mark: str = "",
    photos: Sequence[Picture] = (),
    by: User | None = None,
) -> tuple[Case, bool]:
    """
    The case of this key, and whether it is new.

    `point`: EPSG:4326; `coord_type` says what it was converted from. `mark`: abuse.mark_of the telephone or device.
    Raises `Refused`. A key that is known already gets its case back, whatever else is said.
    """
    if known := Case.objects.filter(key=key).first():
        return known, False
    reporter = Reporter(name=name.strip(), phone=phone.strip(), email=email.strip(), mark=mark)
    _check(category, point, coord_type, text, reporter, photos)
    case = Case(key=key, category=category, point=point, place_from=place_from, coord_type=coord_type, source=source)
    case.text, case.stairwell, case.reported_at = text.strip(), stairwell, at or timezone.now()
    try:
        with transaction.atomic():
            _write(case, reporter, by)
            for photo in photos:
                add_photo(case, key=uuid5(key, photo.sha256), picture=photo)
    except IntegrityError:  # sent twice at once, and the other came first
        if known := Case.objects.filter(key=key).first():
            return known, False
        raise
    return case, True


def add_photo(case: Case, *, key: UUID, picture: Picture, kind: str = Photo.Kind.BEFORE) -> Photo:
    """
    The photo of this key in the case; written once, whatever is sent again. Raises `Refused`.

    The row is there before the file: a file without a row would stay for ever.
    """
    with transaction.atomic():
        Case.objects.select_for_update().only("pk").get(pk=case.pk)
        known = Photo.objects.filter(key=key).first()
        if known and known.case_id == case.pk:
            return known
        if known:
            raise Refused(_("这张照片已经在别的上报里了，请再选一次。"), "photos")
        if case.photos.filter(kind=kind).count() >= MOST_PHOTOS:
            raise Refused(_("照片最多 %d 张，够说明问题就行。") % MOST_PHOTOS, "photos")
        photo = Photo(case=case, key=key, kind=kind, sha256=picture.sha256)
        photo.width, photo.height = picture.width, picture.height
        photo.file.save(f"{key}.jpg", ContentFile(picture.jpeg), save=False)
        photo.save()
    return photo


def _check(
    category: Category, point: Point, coord_type: str, text: str, reporter: Reporter, photos: Sequence[Picture]
) -> None:
    if not category.in_use:
        raise Refused(_("这一类现在不收，请选别的类别。"), "category")
    if coord_type not in COORD_TYPES:  # law 7
        raise Refused(_("不知道这个位置用的是哪种坐标，请重新选一下位置。"), "place")
    if point.srid != 4326 or not (-180 <= point.x <= 180 and -85 <= point.y <= 85):
        raise Refused(_("这个位置不在地图上，请重新选一下位置。"), "place")
    if len(text.strip()) > LONGEST or "\x00" in text:
        raise Refused(_("文字太长，请写短一点（最多 %d 字）。") % LONGEST, "text")
    if len(photos) > MOST_PHOTOS:
        raise Refused(_("照片最多 %d 张，够说明问题就行。") % MOST_PHOTOS, "photos")
    _check_reporter(reporter)


def _check_reporter(reporter: Reporter) -> None:
    """Each field by the rules of its column; what the database could not store is refused here."""
    try:
        reporter.clean_fields(exclude=["case"])
    except ValidationError as fault:
        name, sentences = next(iter(fault.message_dict.items()))
        raise Refused(" ".join(sentences), name) from None
    for name in ("name", "phone", "email"):
        if "\x00" in getattr(reporter, name):
            raise Refused(_("这里有不能用的符号。"), name)


def _write(case: Case, reporter: Reporter, by: User | None) -> None:
    """The case where it belongs on that day (law 4), with what was decided (law 6) and its first step."""
    on = timezone.localdate(case.reported_at)
    placed = dispatch.place(case.stairwell or case.point, on=on, category=case.category)
    case.building = case.stairwell.building if case.stairwell else building_at(case.point)
    case.community, case.level, case.needs_place = placed.community, case.category.level, placed.needs_place
    case.intake_plan, case.intake_rule = placed.plan, placed.rule[:200]
    case.grid = case.intake_grid = placed.grid
    case.person = case.intake_person = placed.person
    case.due_at, case.version = moves.due_of(case, case.reported_at), 1
    case.save()
    if reporter.name or reporter.phone or reporter.email or reporter.mark:
        reporter.case = case
        reporter.save()
    moves.append(case, "report", by=by, at=case.reported_at, plan=placed.plan)


def building_at(point: Point) -> Building | None:
    """The building that a point is in or at the wall of; always the same one where two are as near."""
    reach = AT_A_BUILDING / min(metres_per_degree(point.y))
    near = Building.objects.filter(gone_since=None, footprint__dwithin=(point, reach)).order_by("code")
    found = [(building.footprint.distance(point), building.code, building) for building in near[:20]]
    return min(found)[2] if found else None
