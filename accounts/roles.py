"""The roles that a person can hold for a place."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    GRID_WORKER = "grid_worker", _("网格员")
    GRID_HEAD = "grid_head", _("网格长")
    GRID_ADVISOR = "grid_advisor", _("网格指导员")
    PARTY_GROUP_HEAD = "party_group_head", _("党小组长")
    STAIRWELL_CAPTAIN = "stairwell_captain", _("楼门长")
    MEDIATOR = "mediator", _("调解员")
    SECURITY_MEMBER = "security_member", _("治安员")
    HYGIENE_MEMBER = "hygiene_member", _("卫生员")
    OVERSIGHT_MEMBER = "oversight_member", _("监督员")
    BUILDING_CAPTAIN = "building_captain", _("楼栋长")
    COMPOUND_SECRETARY = "compound_secretary", _("小区党支部书记")
    COMMUNITY_POLICE = "community_police", _("社区民警")
    COMMUNITY_SECRETARY = "community_secretary", _("社区书记")
    COMMUNITY_STAFF = "community_staff", _("社区工作者")
    DISPATCHER = "dispatcher", _("受理派遣员")
    PLANNER = "planner", _("网格规划员")
    APPROVER = "approver", _("网格方案审批人")


# 两长四员: the six posts that each grid's team should fill.
TEAM = (
    Role.PARTY_GROUP_HEAD,
    Role.STAIRWELL_CAPTAIN,
    Role.MEDIATOR,
    Role.SECURITY_MEMBER,
    Role.HYGIENE_MEMBER,
    Role.OVERSIGHT_MEMBER,
)
# Who may see the household rows of the doors that their appointment covers (law 10). Planners get counts.
SEES_HOUSEHOLDS = (Role.GRID_WORKER, Role.GRID_HEAD, Role.COMMUNITY_SECRETARY, Role.COMMUNITY_STAFF)
