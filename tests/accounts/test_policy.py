import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.test import RequestFactory
from django.urls import URLPattern, URLResolver, get_resolver, path

from accounts import policy
from accounts.middleware import PolicyMiddleware, client_address, household_of, plain_address, without_port


def every_route(resolver: URLResolver, namespace: str = ""):
    """The view name of each route, as the table writes it."""
    for entry in resolver.url_patterns:
        if isinstance(entry, URLResolver):
            inner = f"{namespace}{entry.namespace}:" if entry.namespace else namespace
            yield from every_route(entry, inner)
        elif isinstance(entry, URLPattern):
            yield f"{namespace}{entry.name}"


def test_the_table_names_every_route():
    routes = set(every_route(get_resolver()))
    assert len(routes) > 5
    assert {name for name in routes if policy.rule_for(name) is None} == set()


def test_the_table_names_no_route_that_is_gone():
    assert set(policy.ROUTES) - set(every_route(get_resolver())) == set()


def hidden(request):
    return HttpResponse("secret")


urlpatterns = [path("hidden/", hidden, name="hidden")]


@pytest.mark.urls("tests.accounts.test_policy")
def test_a_route_outside_the_table_is_refused():
    request = RequestFactory().get("/hidden/")
    request.user = AnonymousUser()
    request.resolver_match = get_resolver("tests.accounts.test_policy").resolve("/hidden/")
    with pytest.raises(PermissionDenied):
        PolicyMiddleware(lambda r: HttpResponse()).process_view(request, hidden, (), {})


@pytest.mark.parametrize(
    ("address", "plain"),
    [
        ("1.2.3.4", "1.2.3.4"),
        ("1.2.3.4:5678", "1.2.3.4"),
        ("[2001:db8::1]:5678", "2001:db8::1"),
        ("2001:db8::1", "2001:db8::1"),
        ("", ""),
    ],
)
def test_an_address_is_known_without_its_port(address, plain):
    assert without_port(address) == plain


def test_a_forwarded_address_counts_only_behind_a_trusted_proxy(settings):
    request = RequestFactory().get("/", REMOTE_ADDR="10.0.0.9", HTTP_X_FORWARDED_FOR="6.6.6.6, 1.2.3.4:99")
    settings.TRUSTED_PROXIES = 0
    assert client_address(request) == "10.0.0.9"
    settings.TRUSTED_PROXIES = 1
    assert client_address(request) == "1.2.3.4"


@pytest.mark.parametrize(
    ("address", "plain"),
    [
        ("::ffff:7.7.7.7", "7.7.7.7"),
        ("[2001:DB8::1]:443", "2001:db8::1"),
        ("fe80::1%eth0", "fe80::1"),
        ("unknown", ""),
        ("unix:", ""),
        ("7.7.7.7.7", ""),
    ],
)
def test_an_address_is_written_in_one_way_or_is_none(address, plain):
    assert plain_address(address) == plain


def test_the_addresses_of_one_ipv6_connection_count_as_one():
    assert household_of("2001:db8::1") == household_of("2001:db8::ffff:2") != household_of("2001:db8:0:1::1")
    assert household_of("7.7.7.7") == "7.7.7.7"
    assert household_of("") == ""
