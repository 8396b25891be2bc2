"""Import the ground: communities, compounds, buildings, stairwells, roads, facilities."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from buildings.imports.ground import Choices, GroundImport, plan_import
from buildings.imports.rows import LAYERS
from buildings.imports.showing import Bar, run
from geo.crs import COORD_TYPES


class Command(BaseCommand):
    help = "Import .osm.pbf, GeoPackage, GeoJSON, Shapefile (or its zip) or CSV. A dry run, unless --commit is given."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("path", type=Path)
        parser.add_argument("--community", default="", help="code of the community that everything belongs to")
        parser.add_argument(
            "--new-community",
            default="",
            metavar="CODE:NAME",
            help="make a community around the buildings; NAME may be 区/街道/社区 to name its parents as well",
        )
        parser.add_argument(
            "--layer",
            action="append",
            default=[],
            metavar="TABLE=LAYER",
            help=f"what a table of the file is, or LAYER alone for all: {', '.join(LAYERS)}",
        )
        parser.add_argument(
            "--map", action="append", default=[], metavar="COLUMN=FIELD", help="what a column of the file is"
        )
        parser.add_argument("--coord-type", default="", choices=COORD_TYPES, help="what the degrees of the file are")
        parser.add_argument("--crs", default="", help="coordinate system of a file that does not say, e.g. EPSG:4549")
        parser.add_argument("--drop-heights", action="store_true", help="import without Z and M")
        parser.add_argument("--encoding", default="", help="of the text; found out where it is not given")
        parser.add_argument("--source", default="", help="name of the source; rows are recognised by it and their id")
        parser.add_argument("--credit", default="", help="whom maps of it must name; OpenStreetMap is named by itself")
        parser.add_argument("--allow-mass-delete", action="store_true", help="even if over 40 %% of a layer is gone")
        parser.add_argument("--commit", action="store_true", help="write; refused rows are left out")
        parser.add_argument("--all-or-nothing", action="store_true", help="write nothing if any row is refused")
        parser.add_argument("--report", type=Path, metavar="FILE", help="also write the report, as .json or .csv")

    def handle(self, *args: Any, **options: Any) -> None:
        choices = choices_of(options)

        def plan(bar: Bar) -> GroundImport:
            return plan_import(
                options["path"],
                community=options["community"],
                new_community=options["new_community"],
                choices=choices,
                source=options["source"],
                credit=options["credit"][:120],
                allow_mass_delete=options["allow_mass_delete"],
                progress=bar,
            )

        run(plan, options, self.stdout)


def choices_of(options: dict[str, Any]) -> Choices:
    return Choices(
        layers=dict(map(_layer, options["layer"])),
        columns=dict(pair(text, "--map") for text in options["map"]),
        coord_type=options["coord_type"],
        encoding=options["encoding"],
        crs=options["crs"],
        drop_heights=options["drop_heights"],
    )


def _layer(text: str) -> tuple[str, str]:
    return pair(text, "--layer") if "=" in text else ("", text)


def pair(text: str, option: str) -> tuple[str, str]:
    left, separator, right = text.partition("=")
    if not separator or not left or not right:
        raise CommandError(_("%(option)s 写作 甲=乙，收到的是“%(text)s”。") % {"option": option, "text": text})
    return left, right
