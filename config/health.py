"""Health checks for machines: is the process up, and can the service do its work."""

import logging

from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from config.models import WorkerHeartbeat

logger = logging.getLogger(__name__)


@require_safe
@never_cache
def healthz(request: HttpRequest) -> JsonResponse:  # noqa: ARG001 (Django passes it)
    """200 as long as the process answers."""
    return JsonResponse({"status": "ok"})


@require_safe
@never_cache
def readyz(request: HttpRequest) -> JsonResponse:  # noqa: ARG001
    """200 if the database answers, every migration is applied and a worker is alive; else 503, saying which."""
    checks = {"database": False, "migrations": False, "worker": False}
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        checks["database"] = True
        checks["migrations"] = not unapplied_migrations()
        checks["worker"] = WorkerHeartbeat.objects.alive(now=timezone.now()).exists()
    except DatabaseError:
        # The reason is for the log: this page is open to anybody.
        logger.warning("Not ready", exc_info=True)
    ready = all(checks.values())
    return JsonResponse(
        {"status": "ok" if ready else "not ready", "checks": checks},
        status=200 if ready else 503,
    )


def unapplied_migrations() -> list[str]:
    """``app.name`` of each migration that the database lacks."""
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [f"{migration.app_label}.{migration.name}" for migration, _ in plan]
