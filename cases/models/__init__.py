from cases.models.cases import ENDED, Case, Move, Status, number_of, pk_of
from cases.models.categories import Category, DispatchRule, HandlingUnit, Level
from cases.models.notices import Notice, Webhook
from cases.models.people import Block, MeToo, Reporter
from cases.models.photos import Photo
from cases.models.places import OpenPlace
from cases.models.whistles import Call, Whistle

__all__ = [
    "ENDED",
    "Block",
    "Call",
    "Case",
    "Category",
    "DispatchRule",
    "HandlingUnit",
    "Level",
    "MeToo",
    "Move",
    "Notice",
    "OpenPlace",
    "Photo",
    "Reporter",
    "Status",
    "Webhook",
    "Whistle",
    "number_of",
    "pk_of",
]
