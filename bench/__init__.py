"""
Figures of speed, each beside its floor, in one run: `make bench`, or `python -m bench NAME…` for some of them.

Every bench works in a scratch database of its own, which is dropped afterwards; the town's own data are never touched.
"""

import logging
import os

import django
from django.apps import apps

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
os.environ.setdefault("LOCAL", "1")  # as `make run` serves: no redirect to https
logging.disable(logging.INFO)  # nothing between the rows of the table
if not apps.ready:
    django.setup()
