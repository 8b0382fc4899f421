"""Addresses of releases under /api/v1/."""

from annotate.api.urls import route
from release.api import views

app_name = "release-api"
urlpatterns = [
    route("projects/<slug:slug>/releases/", views.releases, "list"),
    route("projects/<slug:slug>/releases/<str:version>/", views.release, "detail"),
    route("projects/<slug:slug>/releases/<str:version>/download/", views.download, "download"),
    route("projects/<slug:slug>/releases/<str:version>/files/<path:path>", views.file, "file"),
    route("projects/<slug:slug>/releases/<str:version>/cancel/", views.cancel, "cancel"),
    route("projects/<slug:slug>/releases/<str:version>/retry/", views.retry, "retry"),
]
