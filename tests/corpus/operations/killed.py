"""What the kill test kills: imports in processes of their own, forked from this one, which has everything loaded.

``python -m tests.corpus.operations.killed``; each line of standard input is a JSON object {"way": "command"|"worker",
"given": file or batch, "processes": n}. Answers: "begins PID" as the import begins, "ended" when the
process is gone.
"""

import json
import os
import sys
from io import StringIO
from typing import Any

import django
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.utils import timezone


def main() -> None:
    django.setup()
    from annotate.management.commands import import_articles  # noqa: F401, PLC0415 - loaded before the fork
    from corpus.tasks import running  # noqa: PLC0415 - only after setup

    for line in sys.stdin:
        pid = os.fork()
        if not pid:
            _import(json.loads(line), running)
            os._exit(0)
        os.waitpid(pid, 0)
        print("ended", flush=True)


def _import(asked: dict[str, Any], running: Any) -> None:
    settings.IMPORT_PROCESSES = asked["processes"]
    connection.ensure_connection()
    print("begins", os.getpid(), flush=True)
    try:
        if asked["way"] == "command":
            call_command(
                "import_articles", asked["given"], "--near-duplicates=keep", stdout=StringIO(), stderr=StringIO()
            )
        else:
            running.run_import(batch_id=int(asked["given"]), now=timezone.now())
    finally:
        connection.close()


if __name__ == "__main__":
    main()
