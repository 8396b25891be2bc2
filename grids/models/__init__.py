from grids.models.appointments import Appointment, Leave
from grids.models.cells import PlanCell, label_of
from grids.models.grids import Assignment, Grid, GridBoundary
from grids.models.plans import Plan

__all__ = ["Appointment", "Assignment", "Grid", "GridBoundary", "Leave", "Plan", "PlanCell", "label_of"]
