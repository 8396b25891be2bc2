"""Geometry columns as this project stores them: EPSG:4326, x = longitude, refused by the database when broken."""

from django.contrib.gis.db import models
from django.contrib.gis.db.models.functions import Transform
from django.contrib.postgres.indexes import GistIndex
from django.db.models import BooleanField, CheckConstraint, F, FloatField, Func, GeneratedField

SRID = 4326
MERCATOR = 3857  # EPSG of the tiles


class Sound(Func):
    """True for a geometry that is valid, not empty and inside the world that Web Mercator can draw."""

    template = (
        "(ST_IsValid(%(expressions)s) AND NOT ST_IsEmpty(%(expressions)s) AND "
        "ST_CoveredBy(%(expressions)s, ST_MakeEnvelope(-180, -85, 180, 85, 4326)))"
    )
    output_field = BooleanField()
    conditional = True


def sound(field: str) -> CheckConstraint:
    """The database's own refusal of an unsound geometry in `field`; NULL passes."""
    return CheckConstraint(condition=Sound(F(field)), name=f"%(app_label)s_%(class)s_{field}_is_sound")


class Clockwise(Func):
    """A polygon whose outer rings turn clockwise on a sheet with north up."""

    function = "ST_ForcePolygonCW"
    output_field = models.MultiPolygonField(srid=MERCATOR)


def mercator(field: str, output: type[models.GeometryField], *, clockwise: bool = False) -> GeneratedField:
    """
    `field` in Web Mercator, kept by the database, so that a tile transforms nothing.

    Rows of a tile run south, which turns clockwise rings into those that a tile wants: `clockwise` saves it the turn.
    """
    transformed = Transform(field, MERCATOR)
    return GeneratedField(
        expression=Clockwise(transformed) if clockwise else transformed,
        output_field=output(srid=MERCATOR),
        db_persist=True,
    )


class MinimumClearance(Func):
    """How far each vertex may move before the shape turns invalid; infinite for what cannot."""

    function = "ST_MinimumClearance"
    output_field = FloatField()


def clearance(field: str) -> GeneratedField:
    """Metres of Web Mercator by which `field` may be rounded and stay valid, kept so that no tile checks its rings."""
    return GeneratedField(
        expression=MinimumClearance(Transform(field, MERCATOR)), output_field=FloatField(), db_persist=True
    )


def on_tiles(field: str, *also: str) -> GistIndex:
    """The index of `field` in Web Mercator, which Django makes for no generated column by itself."""
    return GistIndex(fields=[f"{field}_mercator", *also], name=f"%(class)s_{field}_on_tiles")
