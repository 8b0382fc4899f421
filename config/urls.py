"""All addresses: the pages, the admin, the API and the health checks."""

from django.contrib import admin
from django.urls import path

urlpatterns = [
    path("admin/", admin.site.urls),
]
