from django.urls import path

from maps import views

app_name = "maps"
urlpatterns = [
    path("tiles/<slug:version>/<int:z>/<int:x>/<int:y>.mvt", views.tile, name="tile"),
    path("map/", views.map_page, name="map"),
    path("map/list/", views.list_page, name="list"),
]
