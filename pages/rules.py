"""Who gets which cases, and where nobody would: for staff and dispatchers, before it happens."""

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from buildings.models import Area
from cases.access import Hands
from cases.models import DispatchRule
from cases.vacancies import Search

COMMUNITIES = 20  # on a page


@require_safe
@never_cache
def rules(request: HttpRequest) -> HttpResponse:
    """Combinations without anybody, by community, and below them all rules."""
    hands = Hands.of(request.user, timezone.localdate())
    if not (hands.communities or hands.dispatched):
        raise PermissionDenied(_("派单规则由社区和受理派遣员看。"))
    page = Paginator(_communities(hands), COMMUNITIES).get_page(request.GET.get("page"))
    search = Search(hands.on)
    said = {
        "page": page,
        "gaps": search.gaps(page),
        "rules": DispatchRule.objects.select_related("category", "area", "handling_unit").order_by("level", "pk")[:300],
    }
    return render(request, "cases/rules.html", said)


def _communities(hands: Hands) -> QuerySet[Area]:
    inside = Q(pk__in=[])
    for code in (*hands.communities, *hands.dispatched):
        inside |= Q(code__startswith=code)
    return Area.objects.communities().filter(inside).select_related("parent__parent").order_by("code")
