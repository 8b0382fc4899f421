"""What a person has set for themselves."""

from django.conf import settings
from django.db import models


class UserSettings(models.Model):
    """How one person reads and works: one JSON document, of which only what differs from the defaults is stored.

    Its names and values are in ``annotate.user_settings``, which also reads it.
    """

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, primary_key=True, on_delete=models.CASCADE, related_name="own_settings"
    )
    document = models.JSONField(default=dict)
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name_plural = "user settings"

    def __str__(self) -> str:
        return f"settings of {self.user_id}"


class ProjectMemory(models.Model):
    """What the labelling page remembers for one person in one project: values last given, guidelines last seen.

    Read after the page is up, so apart from the settings, which come with every request. Nothing is lost with it.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    project = models.ForeignKey("annotate.Project", on_delete=models.CASCADE, related_name="+")
    document = models.JSONField(default=dict)
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name_plural = "project memories"
        constraints = [models.UniqueConstraint(fields=["user", "project"], name="one_memory_of_a_project")]

    def __str__(self) -> str:
        return f"memory of {self.user_id} in {self.project_id}"
