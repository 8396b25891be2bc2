"""Import households from a list, each to its stairwell."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from buildings.imports.households import HEADINGS, LAYERS, HouseholdImport, plan_households
from buildings.imports.showing import Bar, run
from buildings.management.commands.import_ground import pair
from geo.crs import COORD_TYPES


class Command(BaseCommand):
    help = "Import a CSV or Excel list of households with Chinese headings. A dry run, unless --commit is given."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("path", type=Path)
        parser.add_argument("--community", default="", help="code of the community that the list is of")
        parser.add_argument(
            "--map",
            action="append",
            default=[],
            metavar="HEADING=FIELD",
            help=f"what a column of the list is: {', '.join(HEADINGS)}",
        )
        parser.add_argument("--coord-type", default="", choices=COORD_TYPES, help="what its 经度 and 纬度 are")
        parser.add_argument("--encoding", default="", help="of a CSV; found out where it is not given")
        parser.add_argument("--source", default="", help="name of the source; the file's name where it is not given")
        parser.add_argument("--allow-mass-delete", action="store_true", help="even if over 40 %% of the rows are gone")
        parser.add_argument("--commit", action="store_true", help="write; refused rows are left out")
        parser.add_argument("--all-or-nothing", action="store_true", help="write nothing if any row is refused")
        parser.add_argument("--report", type=Path, metavar="FILE", help="also write the report, as .json or .csv")

    def handle(self, *args: Any, **options: Any) -> None:
        columns = dict(pair(text, "--map") for text in options["map"])

        def plan(bar: Bar) -> HouseholdImport:
            return plan_households(
                options["path"],
                community=options["community"],
                coord_type=options["coord_type"],
                encoding=options["encoding"],
                columns=columns,
                source=options["source"],
                allow_mass_delete=options["allow_mass_delete"],
                progress=bar,
            )

        run(plan, options, self.stdout, names=LAYERS)
