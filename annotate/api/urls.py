"""Addresses under /api/v1/. Nothing here may be kept by a cache: it is one person's work."""

from django.urls import path
from django.views.decorators.cache import never_cache

from annotate.api import views

app_name = "api"
urlpatterns = [
    path("me/settings/", never_cache(views.my_settings), name="settings"),
    path("me/memory/<slug:slug>/", never_cache(views.my_memory), name="memory"),
    path("projects/<slug:slug>/claim/", never_cache(views.claim), name="claim"),
    path("projects/<slug:slug>/articles/", never_cache(views.articles), name="articles"),
    path("projects/<slug:slug>/annotations/", never_cache(views.annotations), name="annotations"),
    path("tasks/<uuid:uuid>/", never_cache(views.task_detail), name="task"),
    path("tasks/<uuid:uuid>/operations/", never_cache(views.save_operations), name="operations"),
    path("tasks/<uuid:uuid>/submit/", never_cache(views.submit), name="submit"),
    path("tasks/<uuid:uuid>/skip/", never_cache(views.skip), name="skip"),
    path("tasks/<uuid:uuid>/renew/", never_cache(views.renew), name="renew"),
    path("tasks/<uuid:uuid>/hand_back/", never_cache(views.hand_back), name="hand-back"),
]
