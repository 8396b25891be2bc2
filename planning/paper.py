"""
A plan on paper: an A3 sheet with the map at a round scale, and tables behind it.

Vectors and text, fonts inside. Grids differ by hatching as well as by colour, since many a printer is grey. Sizes in
points; y grows upwards, as in PDF.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from io import BytesIO
from math import cos, radians, sin
from uuid import uuid4

import shapely
from django.utils import timezone
from django.utils.translation import gettext as _
from reportlab.lib.pagesizes import A3, landscape
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfgen.canvas import Canvas
from shapely.geometry.base import BaseGeometry

from buildings.models import Road
from geo.coverage import label_point
from geo.crs import metres_per_degree
from geo.geos import to_geos, to_shapely
from grids.models import Plan
from planning.engine import current
from planning.fonts import forget, register
from planning.frame import Drawn, Frame, grids_of
from planning.impact import Impact
from planning.people import workers_of
from planning.plan_pairs import Side, pair
from planning.sheets import NOT_TOLD, Sheet, Value, sentence, sheets
from planning.table import Table

WIDTH, HEIGHT = landscape(A3)
EDGE = 10 * mm
SIDE = 104 * mm  # of the column to the right of the map: legend and table
HEAD = 20 * mm
MAP = (EDGE, EDGE, WIDTH - 2 * EDGE - SIDE - 4 * mm, HEIGHT - 2 * EDGE - HEAD)  # left, bottom, width, height
SCALES = (500, 1000, 2000, 2500, 5000, 10_000, 20_000, 25_000, 50_000, 100_000, 250_000)
POINTS_PER_METRE = 72 / 0.0254
COLUMNS, ROWS = 8, 6  # reference squares: A1 to H6
MOST_NUMBERS = 1500  # buildings; with more of them the numbers would be a grey cloud
LINE = 4.4 * mm  # of a table
INK, SOFT, RED = (0.11, 0.14, 0.13), (0.38, 0.42, 0.40), (0.55, 0.11, 0.09)
PASTEL = ("8ec1e6", "f6bd84", "a6cf8e", "dba4cc", "f2d86f", "8fd0c4", "bfb0e4", "e9a79c")  # as static/maps/net.js
# Degrees and points between lines: neighbours have different colours, so they have different hatching too.
HATCHES = (None, (45, 7), (135, 7), (0, 7), (90, 7), (45, 4), (135, 4), (0, 4))


def map_sheet(plan: Plan) -> bytes:
    """A plan as a wall map: all of its grids, streets and buildings. Raises `fonts.NoFont`."""
    side = pair(None, plan).after
    table, drawn = current(plan), grids_of(side)
    return _pdf(lambda page: _map_page(page, plan, side, table, drawn), plan)


def difference_sheets(found: Impact) -> bytes:
    """What a plan changes: the map with what moves, and all tables. Raises `fonts.NoFont`."""
    plan, side = found.after, found.sides.after
    table, drawn = current(plan), grids_of(side)

    def draw(page: "Page") -> None:
        _map_page(page, plan, side, table, drawn, found)
        if found.changes:
            _table_pages(page, [sheet for sheet in sheets(found) if sheet.rows])

    return _pdf(draw, plan)


def _pdf(draw: Callable[["Page"], None], plan: Plan) -> bytes:
    """Draw twice: the first time to learn which characters the font must bring along."""
    trial = Page(Canvas(BytesIO(), pagesize=(WIDTH, HEIGHT)), "")
    draw(trial)
    name = f"Plan{uuid4().hex}"  # two requests at once must not draw with each other's characters
    register(name, "".join(trial.said))
    try:
        out = BytesIO()
        canvas = Canvas(out, pagesize=(WIDTH, HEIGHT), pageCompression=1, initialFontName=name)
        canvas.setTitle(f"{plan.community} {plan.title}")
        draw(Page(canvas, name))
        canvas.save()
        return out.getvalue()
    finally:
        forget(name)


class Page:
    """A canvas that knows what was written on it. Without a font it is a rehearsal, and widths are guessed."""

    def __init__(self, canvas: Canvas, font: str):
        self.canvas, self.font = canvas, font
        self.said: set[str] = set(" 0123456789")

    def width(self, text: str, size: float) -> float:
        return pdfmetrics.stringWidth(text, self.font, size) if self.font else size * len(text)

    def write(
        self, text: str, x: float, y: float, size: float, *, ink: Sequence[float] = INK, within: float = 0.0,
        align: str = "left", halo: bool = False,
    ) -> None:  # fmt: skip
        """A line of text; `within` a width it is made smaller, down to two thirds, and then cut."""
        self.said |= set(text + "…")
        if not self.font:
            return
        if within:
            text, size = self._fitted(text, size, within)
        x -= {"left": 0.0, "centre": 0.5, "right": 1.0}[align] * self.width(text, size)
        for mode in (1, 0) if halo else (0,):  # first a white outline, then the letters
            self.canvas.saveState()  # the mode would stay for all that follows
            words = self.canvas.beginText(x, y)
            words.setFont(self.font, size)
            words.setTextRenderMode(mode)
            words.setFillColorRGB(*ink)
            self.canvas.setStrokeColorRGB(1, 1, 1)
            self.canvas.setLineWidth(size / 5)
            words.textOut(text)
            self.canvas.drawText(words)
            self.canvas.restoreState()

    def _fitted(self, text: str, size: float, within: float) -> tuple[str, float]:
        size *= max(2 / 3, min(1.0, within / max(self.width(text, size), 1)))
        if self.width(text, size) <= within:
            return text, size
        while text and self.width(text + "…", size) > within:
            text = text[:-1]
        return text + "…", size

    def outline(self, shape: BaseGeometry):
        """A path of polygons or lines, in points."""
        path = self.canvas.beginPath()
        is_area = shape.geom_type.endswith("Polygon")
        for part in shapely.get_rings(shapely.get_parts(shape)) if is_area else shapely.get_parts(shape):
            (x, y), *rest = part.coords
            path.moveTo(x, y)
            for place in rest:
                path.lineTo(*place)
            if is_area:
                path.close()
        return path


# The map


def _map_page(
    page: Page, plan: Plan, side: Side, table: Table, drawn: list[Drawn], found: Impact | None = None
) -> None:
    frame, scale = _frame([grid.shape for grid in drawn] or [table.state.fabric.union("", table.state.fabric.cells)])
    _head(page, plan, table, sentence(found) if found else "")
    canvas = page.canvas
    canvas.saveState()
    canvas.translate(MAP[0], MAP[1])
    window = canvas.beginPath()
    window.rect(0, 0, MAP[2], MAP[3])
    canvas.clipPath(window, stroke=0)
    _ground(page, frame, table, drawn, found)
    _squares(page)
    _names(page, frame, drawn)
    canvas.restoreState()
    canvas.setStrokeColorRGB(*INK)
    canvas.setLineWidth(1.2)
    canvas.rect(*MAP)
    _bar_and_north(page, scale)
    _legend(page, scale, found is not None)
    more = _grid_table(page, side, table, drawn, frame)
    canvas.showPage()
    if more:
        _table_pages(page, more)


def _frame(shapes: Iterable[BaseGeometry]) -> tuple[Frame, int]:
    """Where the map lies, and its scale: the largest round one at which all of it fits."""
    west, south, east, north = shapely.total_bounds(list(shapes)).tolist()
    across, up = metres_per_degree((south + north) / 2)
    wide, high = (east - west) * across * 1.04, (north - south) * up * 1.04
    needed = max(wide / MAP[2], high / MAP[3]) * POINTS_PER_METRE
    scale = next((scale for scale in SCALES if scale >= needed), SCALES[-1])
    per_metre = POINTS_PER_METRE / scale
    x, y = MAP[2] / per_metre / across / 2, MAP[3] / per_metre / up / 2
    middle = (west + east) / 2, (south + north) / 2
    box = (middle[0] - x, middle[1] - y, middle[0] + x, middle[1] + y)
    return Frame(box, MAP[2], MAP[3], per_metre, is_down=False), scale


def _ground(page: Page, frame: Frame, table: Table, drawn: list[Drawn], found: Impact | None) -> None:
    canvas = page.canvas
    flat = [(grid, frame.flat(grid.shape)) for grid in drawn]
    for grid, shape in flat:
        _fill(page, shape, grid.colour % len(PASTEL))
    _lines(page, [frame.flat(shape) for shape in _roads(frame)], width=2.4, ink=(1, 1, 1))
    _lines(page, [frame.flat(shape) for shape in _roads(frame)], width=0.4, ink=SOFT)
    canvas.setFillColorRGB(0.78, 0.75, 0.69)
    canvas.setStrokeColorRGB(*SOFT)
    canvas.setLineWidth(0.3)
    for unit in table.site.units.values():
        canvas.drawPath(page.outline(frame.flat(unit.footprint)), fill=1, stroke=1)
    if found:
        _moved(page, frame, found)
    for _grid, shape in flat:
        _lines(page, [shape], width=1.6, ink=INK)
    _numbers(page, frame, table)


def _fill(page: Page, shape: BaseGeometry, colour: int) -> None:
    canvas, path = page.canvas, page.outline(shape)
    red, green, blue = (1 - (1 - int(PASTEL[colour][at : at + 2], 16) / 255) * 0.45 for at in (0, 2, 4))
    canvas.setFillColorRGB(red, green, blue)
    canvas.drawPath(path, fill=1, stroke=0)
    hatch = HATCHES[colour]
    if hatch is not None:
        _hatch(page, shape, *hatch, ink=(0.72, 0.72, 0.72), width=0.35)


def _hatch(page: Page, shape: BaseGeometry, angle: float, gap: float, *, ink: Sequence[float], width: float) -> None:
    """Parallel lines inside a shape."""
    canvas = page.canvas
    canvas.saveState()
    canvas.clipPath(page.outline(shape), stroke=0)
    west, south, east, north = shape.bounds
    reach = ((east - west) ** 2 + (north - south) ** 2) ** 0.5 / 2
    x, y, along = (west + east) / 2, (south + north) / 2, radians(angle)
    path = canvas.beginPath()
    for step in range(-int(reach / gap) - 1, int(reach / gap) + 2):
        off = step * gap
        path.moveTo(x - off * sin(along) - reach * cos(along), y + off * cos(along) - reach * sin(along))
        path.lineTo(x - off * sin(along) + reach * cos(along), y + off * cos(along) + reach * sin(along))
    canvas.setStrokeColorRGB(*ink)
    canvas.setLineWidth(width)
    canvas.drawPath(path, stroke=1, fill=0)
    canvas.restoreState()


def _lines(page: Page, shapes: Iterable[BaseGeometry], *, width: float, ink: Sequence[float]) -> None:
    page.canvas.setStrokeColorRGB(*ink)
    page.canvas.setLineWidth(width)
    page.canvas.setLineJoin(1)
    for shape in shapes:
        page.canvas.drawPath(page.outline(shape), stroke=1, fill=0)


def _roads(frame: Frame) -> list[BaseGeometry]:
    rows = Road.objects.filter(line__bboverlaps=to_geos(shapely.box(*frame.box))).exclude(kind=Road.Kind.PATH)
    return [shape for row in rows.only("line") if (shape := to_shapely(row.line)) is not None]


def _moved(page: Page, frame: Frame, found: Impact) -> None:
    for piece in found.ground:
        shape = frame.flat(piece.shape)
        _hatch(page, shape, 45, 5, ink=RED, width=0.9)
        _lines(page, [shape], width=1.0, ink=RED)
    page.canvas.setFillColorRGB(*INK)
    for door in found.moved:
        page.canvas.drawPath(page.outline(frame.flat(door.footprint)), fill=1, stroke=0)


def _numbers(page: Page, frame: Frame, table: Table) -> None:
    """The number of each building on it, where there is room."""
    if len(table.site.doors) > MOST_NUMBERS:
        return
    for code, doors in table.site.doors.items():
        title = table.building_title(code)
        shape = frame.flat(shapely.union_all([table.site.units[door].footprint for door in sorted(doors)]))
        short = title.removesuffix(_("%s号楼") % "") if len(title) < 9 else ""
        size = min(7.0, (shape.bounds[3] - shape.bounds[1]) * 0.8)
        if short and size > 3 and page.width(short, size) < (shape.bounds[2] - shape.bounds[0]) * 1.2:
            page.write(short, shape.centroid.x, shape.centroid.y - size / 3, size, align="centre")


def _squares(page: Page) -> None:
    """Reference squares, to find a grid of the table on the map."""
    canvas = page.canvas
    canvas.setStrokeColorRGB(*SOFT)
    canvas.setLineWidth(0.25)
    canvas.setDash(1, 3)
    wide, high = MAP[2] / COLUMNS, MAP[3] / ROWS
    for at in range(1, COLUMNS):
        canvas.line(at * wide, 0, at * wide, MAP[3])
    for at in range(1, ROWS):
        canvas.line(0, at * high, MAP[2], at * high)
    canvas.setDash()
    for at in range(COLUMNS):
        page.write("ABCDEFGH"[at], (at + 0.5) * wide, MAP[3] - 9, 8, ink=SOFT, align="centre")
    for at in range(ROWS):
        page.write(str(at + 1), 4, MAP[3] - (at + 0.5) * high, 8, ink=SOFT)


def square_of(shape: BaseGeometry, frame: Frame) -> str:
    """The reference square in which a grid's name stands."""
    at = frame.flat(label_point(shape))
    column, row = int(at.x / (MAP[2] / COLUMNS)), int((MAP[3] - at.y) / (MAP[3] / ROWS))
    return f"{'ABCDEFGH'[min(max(column, 0), COLUMNS - 1)]}{min(max(row, 0), ROWS - 1) + 1}"


def _names(page: Page, frame: Frame, drawn: list[Drawn]) -> None:
    for grid in drawn:
        shape = frame.flat(grid.shape)
        at = label_point(shape)
        size = min(16.0, max(5.0, shape.area**0.5 / max(len(grid.name), 1)))
        page.write(grid.name, at.x, at.y - size / 3, size, align="centre", halo=True)


# Around the map


def _head(page: Page, plan: Plan, table: Table, words: str) -> None:
    today = timezone.localdate()
    y = HEIGHT - EDGE - 8 * mm
    title = f"{plan.community.name} {plan.title or _('网格图')}"
    page.write(title, EDGE, y, 22, within=WIDTH * 0.55)
    page.write(_version(plan, table, today), EDGE, y - 7 * mm, 10, ink=SOFT)
    if words:
        page.write(words, EDGE + 110 * mm, y - 7 * mm, 11, within=120 * mm)
    if plan.in_force is None:
        box = (WIDTH - EDGE - 78 * mm, y - 5 * mm, 78 * mm, 12 * mm)
        page.canvas.setStrokeColorRGB(*INK)
        page.canvas.setLineWidth(1.6)
        page.canvas.rect(*box)
        words = _("内部资料 · %(stage)s") % {"stage": plan.stage_words(today)}
        page.write(words, box[0] + box[2] / 2, box[1] + 3.6 * mm, 17, align="centre", within=box[2] - 8)


def _version(plan: Plan, table: Table, today: date) -> str:
    parts = [_("第 %(number)d 号方案") % {"number": plan.number}]
    if table.version:
        parts.append(_("第 %(n)d 版") % {"n": table.version})
    if plan.in_force is not None:
        parts.append(_("%(day)s 起施行") % {"day": plan.in_force.lower.isoformat()})
    return " · ".join([*parts, _("打印于 %(day)s") % {"day": today.isoformat()}])


def _bar_and_north(page: Page, scale: int) -> None:
    canvas, x, y = page.canvas, MAP[0] + 5 * mm, MAP[1] + 6 * mm
    metres = max(step * 10**power for power in range(5) for step in (1, 2, 5) if step * 10**power <= 0.06 * scale)
    length = metres * POINTS_PER_METRE / scale
    canvas.setFillColorRGB(1, 1, 1)
    canvas.rect(x - 6, y - 8, length + 60, 30, fill=1, stroke=0)
    canvas.setFillColorRGB(*INK)
    canvas.rect(x, y, length / 2, 4, fill=1, stroke=1)
    canvas.rect(x + length / 2, y, length / 2, 4, fill=0, stroke=1)
    page.write("0", x - 2, y + 7, 8)
    page.write(_("%(n)d 米") % {"n": metres}, x + length - 4, y + 7, 8)
    x, y = MAP[0] + MAP[2] - 12 * mm, MAP[1] + MAP[3] - 22 * mm
    arrow = canvas.beginPath()
    for at, (dx, dy) in enumerate(((0, 34), (10, 0), (0, 8), (-10, 0))):
        arrow.lineTo(x + dx, y + dy) if at else arrow.moveTo(x + dx, y + dy)
    arrow.close()
    canvas.drawPath(arrow, fill=1, stroke=0)
    page.write(_("北"), x, y - 12, 11, align="centre", halo=True)


def _legend(page: Page, scale: int, has_moved: bool) -> None:
    canvas, x, y = page.canvas, WIDTH - EDGE - SIDE, MAP[1] + MAP[3] - 5 * mm
    page.write(_("比例尺 1:%(scale)d") % {"scale": scale}, x, y, 11)
    page.write(_("图例"), x + 52 * mm, y, 11)
    entries = [(_("网格界"), "line"), (_("楼栋"), "building"), (_("道路"), "road")]
    entries += [(_("易手的地"), "ground"), (_("换网格的楼"), "moved")] if has_moved else []
    for at, (words, what) in enumerate(entries):
        left, bottom = x + (at % 2) * 52 * mm, y - (at // 2 + 1) * 6 * mm
        _sample(page, what, left, bottom)
        page.write(words, left + 12 * mm, bottom + 1, 9)
    canvas.setFillColorRGB(*INK)


def _sample(page: Page, what: str, x: float, y: float) -> None:
    canvas, box = page.canvas, shapely.box(x, y, x + 9 * mm, y + 3.6 * mm)
    if what in ("line", "road"):
        middle = shapely.LineString([(x, y + 5), (x + 9 * mm, y + 5)])
        _lines(page, [middle], width=1.6 if what == "line" else 0.4, ink=INK if what == "line" else SOFT)
    elif what == "ground":
        _hatch(page, box, 45, 5, ink=RED, width=0.9)
        _lines(page, [box], width=1.0, ink=RED)
    else:
        canvas.setFillColorRGB(*(INK if what == "moved" else (0.78, 0.75, 0.69)))
        canvas.drawPath(page.outline(box), fill=1, stroke=0)


# Tables


def _grid_table(page: Page, side: Side, table: Table, drawn: list[Drawn], frame: Frame) -> list[Sheet]:
    """All grids beside the map, as many as there is room for; the rest is given back for pages of its own."""
    labels = {side.home(label, None).grid: label for label in table.labels("grid")}
    workers = workers_of(table.info("grid", label).grid for label in labels.values())
    rows: list[list[Value]] = []
    for grid in drawn:
        label = labels[grid.identity]
        figures = table.figures("grid", label)
        names = "、".join(workers.get(table.info("grid", label).grid or 0, [])) or "—"
        where = square_of(grid.shape, frame)
        people = NOT_TOLD if figures["people"] is None else figures["people"]
        rows.append([where, grid.name, names, figures["stairwells"], figures["households"], people])
    households = _("户（估算）") if table.site.is_estimated else _("户")
    head = [_("位置"), _("网格"), _("网格员"), _("楼道"), households, _("人")]
    top, x = MAP[1] + MAP[3] - 30 * mm, WIDTH - EDGE - SIDE
    room = int((top - MAP[1]) / LINE) - 1
    _table(page, Sheet("", head, rows[:room]), x, top, SIDE)
    return [Sheet(_("网格"), head, rows[room:])] if len(rows) > room else []


def _table_pages(page: Page, found: Iterable[Sheet]) -> None:
    """Tables one below the other, each under its title, over as many pages as they need."""
    top, bottom = HEIGHT - EDGE - 6 * mm, EDGE + LINE
    at = top
    for sheet in found:
        rows = sheet.rows
        while rows:
            if at - 5 * LINE < bottom:
                page.canvas.showPage()
                at = top
            room = int((at - 3 * LINE - bottom) / LINE)
            page.write(sheet.title, EDGE, at, 14)
            _table(page, Sheet("", sheet.head, rows[:room]), EDGE, at - 2 * LINE, WIDTH - 2 * EDGE)
            at -= (len(rows[:room]) + 5) * LINE
            rows = rows[room:]
    page.canvas.showPage()


def _table(page: Page, sheet: Sheet, x: float, top: float, width: float) -> None:
    shares = [_share([sheet.head[at], *(row[at] for row in sheet.rows)]) for at in range(len(sheet.head))]
    lefts = [x + width * sum(shares[:at]) / sum(shares) for at in range(len(shares) + 1)]
    rows: list[Sequence[Value]] = [sheet.head, *sheet.rows]
    for number, row in enumerate(rows):
        y = top - number * LINE
        for at, value in enumerate(row):
            page.write(str(value), lefts[at] + 2, y, 8.5, within=lefts[at + 1] - lefts[at] - 5)
        page.canvas.setStrokeColorRGB(*(INK if number == 0 else SOFT))
        page.canvas.setLineWidth(0.8 if number == 0 else 0.2)
        page.canvas.line(x, y - 1.3 * mm, x + width, y - 1.3 * mm)


def _share(values: Iterable[Value]) -> float:
    """How much of a table's width a column wants: by its longest text, Chinese twice as wide."""
    widths = [sum(1.0 if ord(letter) > 255 else 0.55 for letter in str(value)) for value in values]
    return min(max(widths, default=1.0), 40.0) + 1.0
