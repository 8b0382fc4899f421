"""The admin of projects: where a manager does the whole job without a shell."""

from django.contrib import admin

from annotate import visibility
from annotate.admin.api_tokens import ApiTokenAdmin
from annotate.admin.codebooks import CodebookAdmin
from annotate.admin.people import PersonAdmin
from annotate.admin.project_articles import ProjectArticleAdmin
from annotate.admin.projects import ProjectAdmin
from annotate.admin.tasks import TaskAdmin
from annotate.admin.uploads import add_uploaded, project_choices
from annotate.admin.webhooks import WebhookAdmin, WebhookDeliveryAdmin
from corpus.uploads import set_projects
from corpus.visibility import set_rules

__all__ = [
    "ApiTokenAdmin",
    "CodebookAdmin",
    "PersonAdmin",
    "ProjectAdmin",
    "ProjectArticleAdmin",
    "TaskAdmin",
    "WebhookAdmin",
    "WebhookDeliveryAdmin",
]

set_rules(manages=visibility.manages, articles=visibility.articles_for)
set_projects(choices=project_choices, add=add_uploaded)

admin.site.site_header = "Slantwise"
admin.site.site_title = "Slantwise"
admin.site.index_title = "Manage"
