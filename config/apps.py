"""App configuration of the project itself and of its admin site."""

from django.apps import AppConfig
from django.contrib.admin import apps as admin_apps


class ConfigConfig(AppConfig):
    name = "config"
    verbose_name = "Service"
    default = True


class SlantwiseAdminConfig(admin_apps.AdminConfig):
    """The stock admin (its site gains our name and styles in config.admin)."""

    default = False
