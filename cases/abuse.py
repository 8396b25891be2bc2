"""
Against those who flood or mock: a throttle for each address, a field that only programs fill, a list of the blocked.

No puzzles: a person who is stopped reads why and whom to call. A retry of a report that is already in is never counted.
"""

import hmac
from base64 import urlsafe_b64encode
from datetime import datetime
from hashlib import sha256

from django.conf import settings
from django.core.cache import cache
from django.db.models import Q
from django.utils.crypto import salted_hmac

from cases.models import Block

HOUR = 3600  # seconds


def mark_of(identity: str) -> str:
    """
    A sign by which two reports of one person are known for one, and nobody is named: of a telephone or a device.

    43 characters; empty for nobody. Made with a secret of this installation, so that no list of telephones finds it.
    """
    if not identity:
        return ""
    secret = salted_hmac("cases.mark", "", algorithm="sha256").digest()
    return urlsafe_b64encode(hmac.digest(secret, identity.encode(), sha256)).rstrip(b"=").decode()


def is_blocked(address: str, mark: str, now: datetime) -> bool:
    who = Q(address=address) if address else Q(pk__in=[])
    who |= Q(mark=mark) if mark else Q(pk__in=[])
    return Block.objects.filter(who, until__gt=now).exists()


def too_many(what: str, whose: str, now: datetime, *, most: int = 0) -> bool:
    """
    Whether this is one more than `most` in this hour; counts it.

    `whose`: what `household_of` makes of an address, or whatever else is asked too often. A count that two processes
    lose between them is no harm: the limit is a fence, not a till.
    """
    key = f"{what}:{mark_of(whose)}:{int(now.timestamp()) // HOUR}"
    cache.add(key, 0, 2 * HOUR)
    try:
        return cache.incr(key) > (most or settings.REPORTS_AN_HOUR)
    except ValueError:  # swept away in between
        return False
