"""Who may call what: asked of accounts/policy.py, once it is known who is calling."""

from collections import Counter
from time import monotonic
from typing import Any, ClassVar

from django.utils import timezone
from rest_framework.authentication import BasicAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import BasePermission
from rest_framework.throttling import BaseThrottle

from accounts import policy
from accounts.middleware import client_address, household_of


class NameAndPassword(BasicAuthentication):
    """HTTP Basic. A name that the log of wrong passwords could not store is a wrong name, no fault of ours."""

    LONGEST = 150  # characters of a user's name

    def authenticate_credentials(self, userid: str, password: str, request: Any = None) -> Any:
        if "\x00" in userid or len(userid) > self.LONGEST:
            raise AuthenticationFailed
        return super().authenticate_credentials(userid, password, request)

    def authenticate_header(self, request: Any) -> str | None:
        """None for the scripts of our own pages: the browser would ask for a password before they could say a word."""
        return None if "X-Requested-With" in request.headers else super().authenticate_header(request)


class ByPolicy(BasePermission):
    """The table's word on the route and the method; a route that the table does not name is refused."""

    def has_permission(self, request: Any, view: Any) -> bool:
        rule = policy.rule_for(request.resolver_match.view_name)
        if rule is None:
            return False
        allowed = set(rule.allows(request.method))
        if policy.ANYBODY & allowed or request.method not in view.allowed_methods:
            return True  # a method that the view has not is answered by 405
        return bool(policy.roles_of(request.user, timezone.localdate()) & allowed)


class Politeness(BaseThrottle):
    """
    So many questions a minute from one address, counted by each server process for itself.

    Generous: a whole town hall may share one address. Kept out of the database, which one count would keep busier
    than the answer itself.
    """

    LIMIT = 600
    WINDOW = 60  # seconds
    counts: ClassVar[Counter[str]] = Counter()
    _until: ClassVar[float] = 0  # by the process's clock

    def allow_request(self, request: Any, view: Any) -> bool:
        if monotonic() >= Politeness._until:
            self.counts.clear()
            Politeness._until = monotonic() + self.WINDOW
        key = household_of(client_address(request))
        self.counts[key] += 1
        return self.counts[key] <= self.LIMIT

    def wait(self) -> float:
        return max(0.0, Politeness._until - monotonic())
