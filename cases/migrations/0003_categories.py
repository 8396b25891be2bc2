from django.db import migrations

from cases import catalogue


def add(apps, schema_editor):
    catalogue.load(apps.get_model("cases", "Category"))


class Migration(migrations.Migration):
    dependencies = [("cases", "0002_moves_only_grow")]
    operations = [migrations.RunPython(add, migrations.RunPython.noop)]
