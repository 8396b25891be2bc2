from buildings.models.areas import Area, Compound
from buildings.models.buildings import Building, Stairwell
from buildings.models.changes import GroundChange
from buildings.models.ground import Barrier, Facility, Landcover, Road
from buildings.models.households import Dwelling, Household

__all__ = [
    "Area",
    "Barrier",
    "Building",
    "Compound",
    "Dwelling",
    "Facility",
    "GroundChange",
    "Household",
    "Landcover",
    "Road",
    "Stairwell",
]
