"""What the kill test kills: an import in a process of its own.

``python -m tests.corpus.operations.killed command FILE`` or ``… worker BATCH``; the settings come from the environment.
"""

import sys
from io import StringIO

import django
from django.core.management import call_command
from django.db import connection
from django.utils import timezone


def main() -> None:
    django.setup()
    from corpus.tasks import running  # noqa: PLC0415 - only after setup

    connection.ensure_connection()
    way, given = sys.argv[1:]
    print("begins", flush=True)
    if way == "command":
        call_command("import_articles", given, stderr=StringIO())
    else:
        running.run_import(batch_id=int(given), now=timezone.now())


if __name__ == "__main__":
    main()
