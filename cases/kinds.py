"""What the kinds of matters of the fixture are called in other languages.

A name that staff gave stays as they wrote it.
"""

from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from cases.models import Category

NAMES = (
    _("市容环境"),
    _("宣传广告"),
    _("施工管理"),
    _("突发事件"),
    _("街面秩序"),
    _("扩展事件"),
    _("社区事项"),
    _("私搭乱建"),
    _("暴露垃圾"),
    _("积存垃圾渣土"),
    _("道路不洁"),
    _("绿地脏乱"),
    _("毁绿种菜"),
    _("其他市容环境问题"),
    _("非法小广告"),
    _("违规户外广告"),
    _("乱挂横幅"),
    _("其他宣传广告问题"),
    _("施工扰民"),
    _("施工占道"),
    _("工地扬尘"),
    _("其他施工问题"),
    _("路面塌陷"),
    _("自来水管破裂"),
    _("燃气管道破裂"),
    _("下水道堵塞"),
    _("热力管道破裂"),
    _("道路积水"),
    _("道路积雪结冰"),
    _("架空线缆损坏"),
    _("其他突发事件"),
    _("无照经营游商"),
    _("占道废品收购"),
    _("机动车乱停放"),
    _("非机动车乱停放"),
    _("露天烧烤"),
    _("其他街面秩序问题"),
    _("路灯不亮"),
    _("路面破损"),
    _("井盖缺损"),
    _("其他扩展事件"),
    _("楼道照明"),
    _("电梯"),
    _("漏水堵塞"),
    _("停车管理"),
    _("噪音"),
    _("邻里纠纷"),
    _("独居老人"),
    _("宠物"),
    _("消防通道"),
    _("加装电梯"),
    _("公共设施损坏"),
    _("其他"),
)


def name_of(category: Category) -> str:
    return gettext(category.name)
