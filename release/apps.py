"""App configuration: releases of labelled data."""

from django.apps import AppConfig


class ReleaseConfig(AppConfig):
    name = "release"
    verbose_name = "Releases"
