"""Start-up checks of the room: words, hours and channels that are set, and how far the holidays are known."""

from datetime import timedelta

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register
from django.utils import timezone
from django.utils.module_loading import import_string

from cases import worktime
from cases.channels import Channel, Gateway
from cases.words import VOCABULARIES

AHEAD = timedelta(days=30)  # time limits of cases that come in today may reach so far


@register()
def steps_have_words(app_configs, **kwargs) -> list[CheckMessage]:
    if settings.CASE_WORDS in VOCABULARIES:
        return []
    hint = f"Write one of: {', '.join(VOCABULARIES)}."
    return [Error(f"CASE_WORDS is “{settings.CASE_WORDS}”.", hint=hint, id="cases.E001")]


@register()
def offices_have_hours(app_configs, **kwargs) -> list[CheckMessage]:
    try:
        worktime.parsed(settings.WORK_HOURS)
    except ValueError:
        hint = "Write the parts of a day in order, such as 8:30-12:00 14:00-17:30."
        return [Error(f"WORK_HOURS is “{settings.WORK_HOURS}”.", hint=hint, id="cases.E002")]
    return []


@register()
def notices_have_a_way(app_configs, **kwargs) -> list[CheckMessage]:
    return [fault for path in settings.NOTICE_CHANNELS for fault in _faults_of(path)]


def _faults_of(path: str) -> list[CheckMessage]:
    try:
        channel = import_string(path)()
    except (ImportError, TypeError):
        channel = None
    if not isinstance(channel, Channel):
        hint = "Name classes as cases/channels.py has them, apart by commas."
        return [Error(f"NOTICE_CHANNELS names “{path}”, which is no channel.", hint=hint, id="cases.E003")]
    return _faults_of_gateway(channel) if isinstance(channel, Gateway) else []


def _faults_of_gateway(channel: Gateway) -> list[CheckMessage]:
    name = channel.name.upper()
    url, secret = getattr(settings, f"{name}_URL", ""), getattr(settings, f"{name}_SECRET", "")
    if not url.startswith(("http://", "https://")) or not secret:
        hint = "The address of your gateway, and the secret by which it knows us."
        return [Error(f"{name}_URL and {name}_SECRET must be set for this channel.", hint=hint, id="cases.E004")]
    if url.startswith("https://") or settings.LOCAL:
        return []
    return [Warning(f"{name}_URL is plain http: telephone numbers would travel unencrypted.", id="cases.W002")]


@register()
def holidays_are_known(app_configs, **kwargs) -> list[CheckMessage]:
    until = worktime.known_until()
    if until >= timezone.localdate() + AHEAD:
        return []
    hint = "Install a newer chinesecalendar, once next year's holidays are announced, usually in November."
    return [
        Warning(
            f"Public holidays are known until {until}; later days count by the week alone.", hint=hint, id="cases.W001"
        )
    ]
