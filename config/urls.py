"""All addresses: the pages, the admin, the API and the health checks."""

from django.contrib import admin
from django.contrib.auth import views as auth
from django.urls import include, path, re_path

from config import health
from config.api_schema import api_schema, no_such_route

urlpatterns = [
    path("", include("annotate.urls")),
    path("accounts/login/", auth.LoginView.as_view(redirect_authenticated_user=True), name="login"),
    path("accounts/logout/", auth.LogoutView.as_view(), name="logout"),
    path("accounts/password_change/", auth.PasswordChangeView.as_view(), name="password_change"),
    path("accounts/password_change/done/", auth.PasswordChangeDoneView.as_view(), name="password_change_done"),
    path("admin/", admin.site.urls),
    path("api/v1/", include("annotate.api.urls")),
    path("api/v1/", include("release.api.urls")),
    # Not <path:rest>, which a line end in an address would pass by.
    re_path(r"^api/v1/(?P<rest>[\s\S]+)\Z", no_such_route),
    path("api/schema/", api_schema, name="api-schema"),
    path("projects/<slug:slug>/releases/", include("release.urls")),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
]
