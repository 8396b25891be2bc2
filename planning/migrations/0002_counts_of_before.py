"""Figures that drafts kept from before people were told in blocks (grids/headcount.py): beside them those would say more."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("planning", "0001_planning")]

    operations = [
        migrations.RunSQL(
            "UPDATE planning_draftgrid SET before = before - 'people' - 'alone' WHERE before IS NOT NULL",
            migrations.RunSQL.noop,
        )
    ]
