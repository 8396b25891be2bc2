"""What other programs may write, field by field; a geometry is read by geo/validity.py and by nothing else."""

import json
from collections.abc import Mapping
from typing import Any

import shapely
from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework_gis.serializers import GeoFeatureModelSerializer

from api.errors import Refused, refused_geometry
from buildings.models import Area, Building, Compound, Stairwell
from geo import validity
from geo.errors import GeometryRefused, MostlyOutside
from geo.geos import to_geos, to_shapely

DRAWABLE = validity.Extent(-180.0, -85.0, 180.0, 85.0)  # what the database stores and Web Mercator can show


class Ground(serializers.Field):
    """A Polygon or MultiPolygon that is sound; refused with the place of the fault, never repaired."""

    def to_internal_value(self, data: Any) -> Any:
        try:
            shape = validity.read_geojson(data, extent=DRAWABLE)
        except GeometryRefused as refusal:
            raise refused_geometry(refusal, "geometry") from None
        return to_geos(shapely.MultiPolygon(shapely.get_parts(shape).tolist()))

    def to_representation(self, value: Any) -> Any:
        return json.loads(value.json)


class Spot(serializers.Field):
    """A position as [longitude, latitude]."""

    def to_internal_value(self, data: Any) -> Any:
        try:
            document = {"type": "Point", "coordinates": data}
            return to_geos(validity.read_geojson(document, wanted=("Point",), extent=DRAWABLE))
        except GeometryRefused as refusal:
            raise refused_geometry(refusal, self.field_name or "entrance") from None

    def to_representation(self, value: Any) -> Any:
        return list(value.coords)


class FeatureSerializer(GeoFeatureModelSerializer):
    """A GeoJSON Feature, taken apart before the framework sees it."""

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, Mapping) or data.get("type") != "Feature":
            raise Refused("not_a_feature", _("内容应是一个 GeoJSON Feature。"), field="type")
        properties = data.get("properties", {})
        if not isinstance(properties, Mapping):
            raise Refused("not_a_feature", _("properties 应是一个对象。"), field="properties")
        flat = {name: properties[name] for name in self.fields if name in properties}
        if "geometry" in data:
            flat[self.Meta.geo_field] = data["geometry"]
        return serializers.ModelSerializer.to_internal_value(self, flat)

    def home(self, values: Mapping[str, Any]) -> Area:
        """The community that a change concerns; for what is there already, the one where it is."""
        return self.instance.community if self.instance else values["community"]


def _in_its_community(shape: Any, community: Area) -> None:
    """Refuse ground most of which lies elsewhere."""
    if community.boundary is None:
        return
    outline, ground = to_shapely(community.boundary), to_shapely(shape)
    if ground and shapely.intersection(ground, outline).area < ground.area / 2:
        spot = ground.representative_point()
        raise refused_geometry(MostlyOutside(place=(spot.x, spot.y), name=_("图形")), "geometry")


def of_communities(**options: Any) -> serializers.SlugRelatedField:
    return serializers.SlugRelatedField(slug_field="code", queryset=Area.objects.communities(), **options)


class AreaSerializer(FeatureSerializer):
    boundary = Ground(required=False, allow_null=True)
    parent = serializers.SlugRelatedField(
        slug_field="code", queryset=Area.objects.filter(level__lt=Area.Level.COMMUNITY), required=False, allow_null=True
    )

    class Meta:
        model = Area
        geo_field = "boundary"
        id_field = False
        fields = [
            "code", "name", "level", "kind", "parent", "boundary", "office_phone", "office_hours", "office_address",
            "supervision_phone",
        ]  # fmt: skip

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        code = attrs.get("code") or self.instance.code
        if self.instance and code != self.instance.code:
            raise Refused("code_is_for_ever", _("编码不能更改。"), field="properties.code")
        if not (code.isascii() and code.isdigit()) or len(code) != attrs.get(
            "level", self.instance and self.instance.level
        ):
            raise Refused("bad_code", _("编码应是 6、9 或 12 位数字，并与层级一致。"), field="properties.code")
        return attrs


class CompoundSerializer(FeatureSerializer):
    community = of_communities()
    boundary = Ground()

    class Meta:
        model = Compound
        geo_field = "boundary"
        id_field = False
        fields = [
            "code", "community", "name", "aliases", "kind", "address", "boundary", "property_company", "property_phone",
        ]  # fmt: skip
        read_only_fields = ["code"]

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        return _checked(self, attrs, "boundary")


class BuildingSerializer(FeatureSerializer):
    community = of_communities()
    compound = serializers.SlugRelatedField(
        slug_field="code", queryset=Compound.objects.all(), required=False, allow_null=True
    )
    footprint = Ground()

    class Meta:
        model = Building
        geo_field = "footprint"
        id_field = False
        fields = [
            "code", "community", "compound", "number", "name", "address", "aliases", "kind", "floors", "footprint",
            "gone_since",
        ]  # fmt: skip
        read_only_fields = ["code"]

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        attrs = _checked(self, attrs, "footprint")
        compound = attrs.get("compound")
        if compound and compound.community_id != self.home(attrs).pk:
            raise Refused("other_community", _("小区属于另一个社区。"), field="properties.compound")
        return attrs


class StairwellSerializer(FeatureSerializer):
    building = serializers.SlugRelatedField(slug_field="code", queryset=Building.objects.select_related("community"))
    footprint = Ground()
    entrance = Spot(required=False, allow_null=True)

    class Meta:
        model = Stairwell
        geo_field = "footprint"
        id_field = False
        fields = ["code", "building", "number", "name", "floors", "footprint", "entrance", "derived", "gone_since"]
        read_only_fields = ["code"]

    def home(self, values: Mapping[str, Any]) -> Area:
        return (self.instance.building if self.instance else values["building"]).community

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if self.instance and attrs.get("building", self.instance.building) != self.instance.building:
            raise Refused("code_is_for_ever", _("楼道不能移到另一栋楼，编码里有楼栋。"), field="properties.building")
        return _checked(self, attrs, "footprint")


def _checked(serializer: FeatureSerializer, attrs: dict[str, Any], shape: str) -> dict[str, Any]:
    """What has a code of its community stays there, and lies there."""
    community = serializer.home(attrs)
    if serializer.instance and attrs.get("community", community) != community:
        raise Refused("code_is_for_ever", _("不能移到另一个社区，编码里有社区。"), field="properties.community")
    if shape in attrs:
        _in_its_community(attrs[shape], community)
    return attrs
