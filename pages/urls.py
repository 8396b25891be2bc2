from django.urls import path

from pages import compare, history, intake, plans, resident, review, staff

app_name = "pages"
urlpatterns = [
    path("", resident.home, name="home"),
    path("place/", resident.place, name="place"),
    path("d/<str:code>/", resident.door, name="door"),
    path("sketch.svg", resident.sketch_of, name="sketch"),
    path("elder/", resident.elder, name="elder"),
    path("privacy/", resident.privacy, name="privacy"),
    path("login/", staff.Login.as_view(), name="login"),
    path("logout/", staff.Logout.as_view(), name="logout"),
    path("mine/", staff.mine, name="mine"),
    path("mine/<str:code>/", staff.doors, name="doors"),
    path("plans/", plans.plans, name="plans"),
    path("plans/<int:plan_id>/", plans.table, name="table"),
    path("grids/<str:code>/", history.grid, name="grid"),
    path("plans/<int:plan_id>/impact/", compare.impact_of, name="impact"),
    path("plans/<int:plan_id>/compare/", compare.compare, name="compare"),
    path("plans/<int:plan_id>/notices/", compare.notices, name="notices"),
    path("plans/<int:plan_id>/import/", intake.intake, name="intake"),
    path("plans/<int:plan_id>/review/", review.review, name="review"),
    path("plans/<int:plan_id>/steps/<str:step>/", review.take_step, name="step"),
]
