"""The kinds of matters that an installation begins with (cases/fixtures/categories.json); staff may change them all."""

import json
from pathlib import Path
from typing import Any

FIXTURE = Path(__file__).parent / "fixtures" / "categories.json"


def load(model: Any) -> int:
    """
    Add the categories that are missing, by code, and leave those that are there as staff made them; the number added.

    `model` is `Category`, or what it was when a migration ran.
    """
    have = dict(model.objects.values_list("code", "pk"))
    pictured = set(model.objects.exclude(pictured=None).values_list("pictured", flat=True))
    added = 0
    for row in json.loads(FIXTURE.read_text(encoding="utf-8")):
        if row["code"] in have:
            continue
        fields = row | {"parent_id": have[row["parent"]] if "parent" in row else None}
        fields.pop("parent", None)
        if fields.get("pictured") in pictured:
            del fields["pictured"]
        have[row["code"]] = model.objects.create(**fields).pk
        added += 1
    return added
