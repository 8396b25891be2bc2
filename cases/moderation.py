"""What the public may see of a report: words and photos wait until somebody of the staff has looked at them."""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from cases import moves
from cases.models import Case, Photo
from cases.privacy import masked


def show_words(case: Case, shown: bool, *, by: User) -> None:
    """Let the public read the words of a case, or not. Who decided stays in the case's trail."""
    with transaction.atomic():
        case = Case.objects.select_for_update().get(pk=case.pk)
        case.words = Case.Words.SHOWN if shown else Case.Words.HIDDEN
        case.save(update_fields=["words"])
        _told(case, _("公开了文字") if shown else _("不公开文字"), by)


def show_photo(photo: Photo, shown: bool, *, by: User) -> None:
    with transaction.atomic():
        case = Case.objects.select_for_update().get(pk=photo.case_id)
        photo.public = shown
        photo.save(update_fields=["public"])
        _told(case, _("公开了照片") if shown else _("不公开照片"), by)


def public_words(case: Case) -> str:
    """What anybody may read of a case: nothing until somebody has looked, and never a telephone number."""
    if case.category.sensitive or case.words != Case.Words.SHOWN:
        return ""
    return masked(case.text)


def public_photos(case: Case) -> list[Photo]:
    return [] if case.category.sensitive else list(case.photos.filter(public=True))


def _told(case: Case, words: str, by: User) -> None:
    """A note in the trail of the case, which stays where it is."""
    moves.append(case, "note", by=by, at=timezone.now(), reason=words)
