"""Pages of releases, below a project."""

from django.urls import path

from release import views

app_name = "release"
urlpatterns = [
    path("", views.releases, name="list"),
    path("statement/", views.statement, name="statement"),
    path("<str:version>/", views.detail, name="detail"),
    path("<str:version>/files/<path:path>", views.file, name="file"),
    path("<str:version>/download/", views.download, name="download"),
    path("<str:version>/cancel/", views.cancel, name="cancel"),
    path("<str:version>/retry/", views.retry, name="retry"),
]
