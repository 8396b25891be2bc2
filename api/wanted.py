"""The members of a JSON body, each read or refused with its name."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from api.errors import Refused, refused_geometry
from api.serializers import DRAWABLE
from geo.errors import GeometryRefused
from geo.validity import read_geojson
from grids.models import Plan
from planning.base import Wish

MOST_HOUSEHOLDS = 100_000  # of a grid to be drafted
LATEST = 2**31 - 1  # the largest number that the database can count


class Wanted:
    """The members of what was sent, each read or refused with its name."""

    def __init__(self, data: Any):
        if not isinstance(data, Mapping):
            raise Refused("not_an_object", _("内容应是一个 JSON 对象。"))
        self.data = data

    def text(self, field: str, longest: int, default: str | None = None, *, least: int = 0) -> str:
        value = self.data.get(field, default)
        if not isinstance(value, str) or not least <= len(value.strip()) <= longest:
            words = _("%(field)s 要写成不超过 %(n)d 个字的文字。") % {"field": field, "n": longest}
            raise Refused("bad_text", words, field=field)
        return value.strip()

    def number(self, field: str) -> int | None:
        """A whole number from 0; None where it is not said."""
        value = self.data.get(field)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= LATEST:
            raise Refused("bad_number", _("%(field)s 要写成不小于 0 的整数。") % {"field": field}, field=field)
        return value

    def number_in_text(self, field: str) -> int:
        """A whole number in a query string; 0 where it is not said."""
        text = str(self.data.get(field, "0"))
        if not (text.isascii() and text.isdigit() and len(text) < 10):
            raise Refused("bad_number", _("%(field)s 要写成不小于 0 的整数。") % {"field": field}, field=field)
        return int(text)

    def flag(self, field: str) -> bool:
        value = self.data.get(field)
        if not isinstance(value, bool):
            raise Refused("bad_flag", _("%(field)s 只能是 true 或 false。") % {"field": field}, field=field)
        return value

    def place(self, field: str = "place") -> tuple[float, float] | None:
        """A position as [longitude, latitude]; None where it is not said."""
        value = self.data.get(field)
        if value is None:
            return None
        try:
            point = read_geojson({"type": "Point", "coordinates": value}, wanted=("Point",), extent=DRAWABLE)
        except GeometryRefused as refusal:
            raise refused_geometry(refusal, field) from None
        return point.x, point.y

    # A draft and its steps

    def version(self) -> int:
        version = self.number("version")
        if version is None:
            raise Refused("missing", _("请用 version 说明这一步是在哪个版本上做的。"), field="version")
        return version

    def operation(self) -> Mapping[str, Any]:
        op = self.data.get("op")
        if not isinstance(op, Mapping) or not isinstance(op.get("op"), str):
            raise Refused("bad_operation", _("请用 op 说明要做什么。"), field="op")
        return op

    def key(self) -> UUID | None:
        text = self.data.get("key")
        if text is None:
            return None
        try:
            return UUID(text)
        except (ValueError, AttributeError, TypeError):
            raise Refused("bad_key", _("key 要写成 UUID。"), field="key") from None

    def base(self) -> str | int:
        """What a draft begins from: the plan in force where it is not said."""
        value = self.data.get("base", "in_force")
        if isinstance(value, str) and value in ("in_force", "nothing"):
            return value
        number = None if isinstance(value, str) else self.number("base")
        if number is None:
            raise Refused("bad_base", _("base 只能是 in_force、nothing 或一个方案的 id。"), field="base")
        return number

    def _target(self) -> int | None:
        target = self.number("target")
        if target is not None and not 1 <= target <= MOST_HOUSEHOLDS:
            words = _("target 要在 1 到 %(most)d 之间。") % {"most": MOST_HOUSEHOLDS}
            raise Refused("bad_number", words, field="target")
        return target

    def wish(self) -> Wish:
        title, reason = self.text("title", 80, ""), self.text("reason", 2000, "")
        return Wish(title, reason, self.number("target_min"), self.number("target_max"), self._target())

    def changes(self, plan: Plan) -> Wish:
        """What is said about a plan that is there; the rest as it is."""
        low, high = self.number("target_min"), self.number("target_max")
        return Wish(
            self.text("title", 80, plan.title),
            self.text("reason", 2000, plan.reason),
            plan.target_min if low is None else low,
            plan.target_max if high is None else high,
        )
