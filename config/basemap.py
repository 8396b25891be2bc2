"""What may be asked of a base map: its addresses, and what the Content-Security-Policy must admit for them."""

from collections.abc import Iterator
from urllib.parse import SplitResult, urlsplit

PLACES = ("{z}", "{x}", "{y}")
DRAWN = ("wgs84", "cgcs2000", "gcj02")  # of geo.crs.COORD_TYPES; bd09 is Baidu's, who cuts tiles by a scheme of its own
NOWHERE = urlsplit("")


def hosts(urls: str) -> list[str]:
    """Scheme and host of each address, once: `https://t0.tianditu.gov.cn`. What is no address gives none."""
    parts = (_split(url) for url in urls.split())
    return list(dict.fromkeys(f"{part.scheme}://{part.netloc}" for part in parts if part.scheme and part.netloc))


def _split(url: str) -> SplitResult:
    try:
        return urlsplit(url)
    except ValueError:  # brackets that hold no IPv6 address
        return NOWHERE


def faults(urls: str, coord_type: str, *, plain_http: bool) -> Iterator[tuple[str, str]]:
    """Why a base map would not be drawn, each with what to do. `plain_http`: our own pages come without TLS."""
    for url in urls.split():
        yield from _faults_of_one(url, plain_http)
    if coord_type == "bd09":
        yield "BASEMAP_COORD_TYPE is bd09, and Baidu's tiles do not lie on the common squares.", _CHOOSE
    elif coord_type not in DRAWN:
        yield f"BASEMAP_COORD_TYPE is “{coord_type}”, which nobody knows.", _CHOOSE


def _faults_of_one(url: str, plain_http: bool) -> Iterator[tuple[str, str]]:
    parts, shown = _split(url), url.split("?")[0]  # what follows the question mark may be a key
    missing = [place for place in PLACES if place not in url]
    if parts.scheme not in ("http", "https") or not parts.netloc:
        yield f"BASEMAP_URL “{shown}” is no address of a server.", "Write https://host/…/{z}/{x}/{y}.png."
    elif "{" in parts.netloc:
        yield f"BASEMAP_URL “{shown}” leaves its host open.", "Name one host, such as t0 for t{s}."
    elif missing:
        yield (
            f"BASEMAP_URL “{shown}” has no {' '.join(missing)}.",
            "There go zoom, column and row of a tile.",
        )
    elif parts.scheme == "http" and not plain_http:
        yield (
            f"BASEMAP_URL “{shown}” is plain http.",
            "Browsers refuse it on a page that came by https: write https://.",
        )


_CHOOSE = f"Choose a base map in one of {', '.join(DRAWN)}."
