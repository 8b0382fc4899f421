"""Addresses under /api/v1/. Nothing here may be kept by a cache: it is one person's work. Reads are answered by 304."""

from typing import Any

from django.urls import URLPattern, path
from django.views.decorators.cache import never_cache

from annotate.api import agreement, annotation_imports, annotations, articles, imports, projects, tasks
from annotate.api.querying import tagged

app_name = "api"


def route(address: str, view: Any, name: str) -> URLPattern:
    """A route of the API; those of the apps above this one are made by it too."""
    return path(address, never_cache(tagged(view)), name=name)


urlpatterns = [
    route("me/settings/", tasks.my_settings, "settings"),
    route("me/memory/<slug:slug>/", tasks.my_memory, "memory"),
    route("projects/", projects.projects, "projects"),
    route("projects/<slug:slug>/", projects.project, "project"),
    route("projects/<slug:slug>/progress/", projects.progress, "progress"),
    route("projects/<slug:slug>/claim/", tasks.claim, "claim"),
    route("projects/<slug:slug>/articles/", articles.articles, "articles"),
    route("projects/<slug:slug>/articles/<uuid:uuid>/", articles.article, "article"),
    route("projects/<slug:slug>/stories/", articles.stories, "stories"),
    route("projects/<slug:slug>/stories/<slug:story>/articles/", articles.story_articles, "story-articles"),
    route("projects/<slug:slug>/annotations/", annotations.all_annotations, "annotations"),
    route("projects/<slug:slug>/annotations/<uuid:uuid>/", annotations.one_annotation, "annotation"),
    route("projects/<slug:slug>/agreement/", agreement.agreement, "agreement"),
    route("projects/<slug:slug>/annotation-imports/", annotation_imports.annotation_imports, "annotation-imports"),
    route(
        "projects/<slug:slug>/annotation-imports/<int:upload>/",
        annotation_imports.annotation_import,
        "annotation-import",
    ),
    route(
        "projects/<slug:slug>/annotation-imports/<int:upload>/rejected/",
        annotation_imports.rejected,
        "annotation-import-rejected",
    ),
    route(
        "projects/<slug:slug>/annotation-imports/<int:upload>/run/",
        annotation_imports.run,
        "annotation-import-run",
    ),
    route(
        "projects/<slug:slug>/annotation-imports/<int:upload>/cancel/",
        annotation_imports.cancel,
        "annotation-import-cancel",
    ),
    route("tasks/", tasks.tasks, "tasks"),
    route("tasks/<uuid:uuid>/", tasks.task_detail, "task"),
    route("tasks/<uuid:uuid>/operations/", tasks.save_operations, "operations"),
    route("tasks/<uuid:uuid>/submit/", tasks.submit, "submit"),
    route("tasks/<uuid:uuid>/skip/", tasks.skip, "skip"),
    route("tasks/<uuid:uuid>/renew/", tasks.renew, "renew"),
    route("tasks/<uuid:uuid>/hand_back/", tasks.hand_back, "hand-back"),
    route("imports/", imports.imports, "imports"),
    route("imports/<int:pk>/", imports.one_import, "import"),
    route("imports/<int:pk>/rejected/", imports.rejected, "import-rejected"),
    route("imports/<int:pk>/cancel/", imports.cancel, "import-cancel"),
    route("imports/<int:pk>/retry/", imports.retry, "import-retry"),
]
