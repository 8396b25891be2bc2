import django.contrib.gis.db.models.fields
import django.contrib.gis.db.models.functions
import django.contrib.postgres.indexes
from django.db import migrations, models

import buildings.fields


def clockwise() -> models.GeneratedField:
    return models.GeneratedField(
        db_persist=True,
        expression=buildings.fields.Clockwise(django.contrib.gis.db.models.functions.Transform("footprint", 3857)),
        output_field=django.contrib.gis.db.models.fields.MultiPolygonField(srid=3857),
    )


def again(model: str) -> list:
    """A generated column cannot be altered: it goes, with its index, and comes again."""
    name = f"{model}_footprint_on_tiles"
    index = django.contrib.postgres.indexes.GistIndex(fields=["footprint_mercator"], name=name)
    return [
        migrations.RemoveIndex(model_name=model, name=name),
        migrations.RemoveField(model_name=model, name="footprint_mercator"),
        migrations.AddField(model_name=model, name="footprint_mercator", field=clockwise()),
        migrations.AddIndex(model_name=model, index=index),
    ]


class Migration(migrations.Migration):
    dependencies = [("buildings", "0005_clearance")]
    operations = [*again("building"), *again("stairwell")]
