from ipaddress import ip_address, ip_network

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import BadRequest, PermissionDenied
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import policy


def client_address(request) -> str:
    """
    The visitor's address as the database takes it: without port and scope, IPv4 as IPv4; empty where it is none, as
    behind a socket or from a proxy that says "unknown". `X-Forwarded-For` is believed for TRUSTED_PROXIES hops only.
    """
    hops = [hop.strip() for hop in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if hop.strip()]
    if settings.TRUSTED_PROXIES and len(hops) >= settings.TRUSTED_PROXIES:
        return plain_address(hops[-settings.TRUSTED_PROXIES])
    return plain_address(request.META.get("REMOTE_ADDR", ""))


def plain_address(address: str) -> str:
    """One way to write an address; empty for what is none."""
    try:
        found = ip_address(without_port(address).partition("%")[0])
    except ValueError:
        return ""
    return str(getattr(found, "ipv4_mapped", None) or found)


def household_of(address: str) -> str:
    """What one connection has: an IPv4 address, or the 2^64 addresses that share the first half of an IPv6 one."""
    return str(ip_network(f"{address}/64", strict=False)) if ":" in address else address


def without_port(address: str) -> str:
    """`1.2.3.4:567` and `[::1]:567` without what follows the last colon: a throttle keyed on it never throttles."""
    if address.startswith("["):
        return address[1:].partition("]")[0]
    return address.partition(":")[0] if address.count(":") == 1 else address


class PolicyMiddleware:
    """Asks accounts/policy.py before every view; a route that the table does not name is refused."""

    def __init__(self, get_response) -> None:
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_view(self, request, view, args, kwargs):
        rule = policy.rule_for(request.resolver_match.view_name)
        if rule is None:
            raise PermissionDenied(_("这个地址没有登记权限，暂不开放。"))
        if request.resolver_match.view_name.startswith("api:"):
            return None  # api/permissions.py asks the same table, once it knows who is calling
        asked = [text for name, texts in request.GET.lists() if name != "q" for text in texts]  # the search has a word
        if any("\x00" in text for text in (request.path, *asked)):
            raise BadRequest  # PostgreSQL refuses the character, and no code of ours has it
        allowed = rule.allows(request.method)
        if policy.ANYBODY & set(allowed):
            return None
        if policy.roles_of(request.user, timezone.localdate()) & set(allowed):
            return None
        if not request.user.is_authenticated and request.method in policy.READING:
            return redirect_to_login(request.get_full_path())
        raise PermissionDenied(_("您的岗位不能做这一步。"))
