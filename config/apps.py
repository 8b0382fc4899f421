"""App configuration of the project itself and of its admin site."""

from django.contrib.admin.apps import AdminConfig


class SlantwiseAdminConfig(AdminConfig):
    """The stock admin (its site gains our name and styles in config.admin)."""
