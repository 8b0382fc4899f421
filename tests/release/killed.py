"""What the kill test kills: builds in processes of their own, forked from this one, which has everything loaded.

``python -m tests.release.killed``; each line of standard input is a release's key. Answers: "begins PID" as the build
begins, "ended" when the process is gone.
"""

import os
import sys

import django
from django.db import connection
from django.utils import timezone


def main() -> None:
    django.setup()
    from release.operations.releases import build_release  # noqa: PLC0415 - only after setup

    for line in sys.stdin:
        pid = os.fork()
        if not pid:
            connection.ensure_connection()
            print("begins", os.getpid(), flush=True)
            build_release(release_id=int(line), now=timezone.now())
            os._exit(0)
        os.waitpid(pid, 0)
        print("ended", flush=True)


if __name__ == "__main__":
    main()
