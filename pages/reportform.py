"""The form of a report: what may be sent, and where on the ground it means."""

from datetime import date
from typing import Any, NamedTuple

from django import forms
from django.contrib.gis.db.models.functions import PointOnSurface
from django.contrib.gis.geos import Point
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import PHONE
from buildings import search
from buildings.address import AddressRefused
from buildings.models import Stairwell
from cases.intake import LONGEST
from cases.models import Case, Category
from geo import crs
from geo.errors import UnknownCoordType
from grids.asking import number

OFFERED = 6  # places to choose from
FROM = Case.PlaceFrom


class Spot(NamedTuple):
    """A place on the ground: the point in EPSG:4326, the door where one is meant, and how it was said."""

    point: Point
    place_from: str
    coord_type: str = "wgs84"
    stairwell: Stairwell | None = None


class ReportForm(forms.Form):
    key = forms.UUIDField()
    category = forms.ModelChoiceField(
        Category.objects.filter(in_use=True, pictured__isnull=False).order_by("pictured"),
        to_field_name="code",
        error_messages={
            "required": gettext_lazy("请选一下是什么事。"),
            "invalid_choice": gettext_lazy("请选一下是什么事。"),
        },
    )
    lon = forms.FloatField(required=False)
    lat = forms.FloatField(required=False)
    coord_type = forms.CharField(required=False, max_length=8)
    place_from = forms.ChoiceField(choices=FROM.choices, required=False)
    door = forms.CharField(required=False, max_length=19)
    address = forms.CharField(required=False, max_length=100)
    choice = forms.CharField(required=False, max_length=60)  # one of the places that an address may have meant
    text = forms.CharField(
        required=False,
        max_length=LONGEST,
        error_messages={"max_length": gettext_lazy("文字太长，请写短一点（最多 1000 字）。")},
    )
    phone = forms.CharField(required=False, max_length=20, validators=[PHONE])

    def __init__(self, data: Any, *, on: date) -> None:
        super().__init__(data)
        self.on = on
        self.matches: list[search.Match] = []  # places to choose from, where the address may mean several

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        if self.data.get("website"):  # a field that people do not see
            raise ValidationError(_("没有收下：请把“网址”一栏清空再发。"))
        spot = self._spot(said)
        if spot is None:
            self.add_error("address", self._where())
        said["spot"] = spot
        return said

    def _spot(self, said: dict[str, Any]) -> Spot | None:
        """What was pointed at before what was scanned before what was written."""
        if said.get("lon") is not None and said.get("lat") is not None:
            return self._at(said)
        if said.get("choice"):
            return self._chosen(said["choice"])
        if said.get("door"):
            return door_spot(said["door"], self.on)
        return self._by_address(said.get("address", ""))

    def _at(self, said: dict[str, Any]) -> Spot | None:
        coord_type = said.get("coord_type", "")
        try:
            lon, lat = crs.to_wgs84(said["lon"], said["lat"], coord_type)
        except UnknownCoordType as refusal:
            self.add_error("address", _(refusal.sentence))
            return None
        way = said.get("place_from") or FROM.CROSSHAIR
        return Spot(Point(float(lon), float(lat), srid=crs.SRID), way, coord_type) if abs(lat) <= 85 else None

    def _chosen(self, choice: str) -> Spot | None:
        """A door's code, or `lon,lat` as this page wrote them."""
        lon, lat = (number(text) for text in choice.split(",", 1)) if "," in choice else (None, None)
        if lon is None or lat is None:
            return door_spot(choice[:19], self.on)
        return Spot(Point(lon, lat, srid=crs.SRID), FROM.ADDRESS)

    def _by_address(self, text: str) -> Spot | None:
        try:
            found = [match for match in search.find(text, on=self.on) if match.point] if text else []
        except AddressRefused as refusal:
            self.add_error("address", _(refusal.sentence))
            return None
        certain = [match for match in found if match.exact]
        if len(certain) != 1:
            self.matches = found[:OFFERED]
            return None
        return spot_of(certain[0], self.on)

    def _where(self) -> str:
        if any(match.exact for match in self.matches):
            return _("这个地址可能是几个地方，请选一个。")
        if self.matches:
            return _("没有找到这个地址。您要找的是不是这些？")
        if self.data.get("address"):
            return _("没有找到这个地址。请只写小区和楼号，例如“3栋2单元”。")
        return _("请告诉我们在哪里。")


def spot_of(match: search.Match, on: date) -> Spot | None:
    """The place of a find: a stairwell is its door, all else a point."""
    if match.level == "stairwell":
        return door_spot(match.code, on)
    return Spot(match.point, FROM.ADDRESS) if match.point else None


def door_spot(code: str, on: date) -> Spot | None:
    standing = Stairwell.objects.filter(Q(gone_since=None) | Q(gone_since__gt=on), code=code)
    door = standing.select_related("building__compound").annotate(middle=PointOnSurface("footprint")).first()
    return Spot(door.middle, FROM.DOOR, stairwell=door) if door else None
