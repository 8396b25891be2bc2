"""Facilities: where people go, in which house, when it is open."""

import shapely
from shapely import Point, Polygon

from demo.places import House, Spot
from demo.survey import Survey

OFFICE, DAILY = "Mo-Fr 08:30-12:00,14:00-17:30", "Mo-Su 08:00-18:00"

TOWN = "樟城"  # the offices of the town are named after it and house nobody else
# What each community has: kind, name after the community's, opening hours
COMMUNITY_SERVICES = [
    ("service_center", "党群服务中心", OFFICE),
    ("police", "警务室", "Mo-Su 00:00-24:00"),
    ("health", "卫生服务站", "Mo-Sa 08:00-12:00,14:30-17:30"),
    ("elderly_care", "日间照料中心", "Mo-Su 08:00-17:30"),
    ("canteen", "长者食堂", "Mo-Su 06:30-08:30,10:45-13:00,16:45-18:30"),
    ("deliberation", "邻里议事厅", "We,Sa 15:00-17:00"),
]
# What only some have
EXTRA_SERVICES = {
    "350125100001": [("culture", "文庙书屋", "Tu-Su 09:00-21:00"), ("market", "南街老市场", "Mo-Su 05:30-18:00")],
    "350125100003": [("market", "沙浮农贸市场", "Mo-Su 05:00-19:00")],
    "350125100004": [("child_care", "杨梅普惠托育园", "Mo-Fr 07:30-18:00")],
    "350125100005": [("health", "樟城镇卫生院", "Mo-Su 00:00-24:00"), ("service_center", "樟城镇便民服务中心", OFFICE)],
    "350125100006": [("neighborhood_center", "吉祥邻里中心", "Mo-Su 08:30-21:00")],
    "350125100007": [("child_care", "樟树坂儿童之家", "Mo-Su 09:00-18:00")],
    "120113004013": [
        ("neighborhood_center", "宝翠花都邻里中心", "Mo-Su 08:30-20:30"),
        ("culture", "宝翠花都微学堂", "Tu-Su 09:00-17:00"),
        ("child_care", "宝翠花都幼儿托管点", "Mo-Fr 07:30-18:30"),
    ],
}


def spots(
    survey: Survey, houses: list[House], grounds: dict[str, Polygon], names: dict[str, str], phone: str
) -> list[Spot]:
    """The facilities of all communities, each at the door of a house."""
    found = []
    for number, (code, name) in enumerate(names.items(), start=1):
        short = name.removesuffix("社区")
        wanted = [(kind, short + word, hours) for kind, word, hours in COMMUNITY_SERVICES]
        wanted += EXTRA_SERVICES.get(code, [])
        own = [house for house in houses if house.community == code and not house.name.startswith(TOWN)]
        homes = _hosts(own, grounds[code], len(wanted))
        for i, ((kind, title, hours), house) in enumerate(zip(wanted, homes, strict=True)):
            host = next((h for h in houses if h.name.startswith(title)), house)
            found.append(_spot(code, kind, title, hours, host, f"{phone}{number:02d}{i + 2}"))
    found += [_school(house) for house in houses if house.name.endswith("教学楼")]
    return found


def _hosts(houses: list[House], ground: Polygon, count: int) -> list[House]:
    """Houses spread over a community, the first in its middle and each next one far from those before."""
    middle = ground.centroid
    chosen = [min(houses, key=lambda house: house.footprint.distance(middle))]
    while len(chosen) < count:
        taken = shapely.MultiPoint([house.footprint.centroid for house in chosen])
        best = max((h for h in houses if h not in chosen), key=lambda h: _apart(h, taken, middle))
        chosen.append(best)
    return chosen


def _apart(house: House, taken: shapely.MultiPoint, middle: Point) -> float:
    """Far from the others, but not at the town's edge."""
    return house.footprint.distance(taken) - 0.8 * house.footprint.distance(middle)


def _spot(code: str, kind: str, title: str, hours: str, house: House, phone: str) -> Spot:
    address = house.address if not house.compound else f"{house.address}{house.compound}{house.number}号楼"
    return Spot(code, title, kind, address, phone, hours, house.doors[0].entrance)


def _school(house: House) -> Spot:
    name = house.name.removesuffix("教学楼")
    point = house.footprint.point_on_surface()
    rounded = Point(round(point.x, 7), round(point.y, 7))
    return Spot(house.community, name, "school", house.address, "0591-5550 1900", "Mo-Fr 07:30-17:30", rounded)
