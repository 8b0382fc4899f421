"""One claimant, run as a process of its own: ``python claimant.py HOST:PORT TOKEN``.

For every project slug on a line of standard input it claims and submits one task after the other until none is left,
and prints the tasks with their articles' hashes as one line of JSON. No Django here.
"""

import contextlib
import http.client
import json
import sys
from typing import Any


def work_through(host: str, token: str, slug: str) -> list[tuple[str, str]]:
    done = []
    while True:
        state = _post(host, token, f"/api/v1/projects/{slug}/claim/", {})
        if state["task"] is None:
            return done
        done.append((state["task"], state["article"]["text_sha256"]))
        _post(host, token, f"/api/v1/tasks/{state['task']}/submit/", {"revision": state["revision"]})


def _post(host: str, token: str, path: str, body: dict[str, Any]) -> dict[str, Any]:
    # A connection for each request: the server closes those that idle between two rounds.
    with contextlib.closing(http.client.HTTPConnection(host, timeout=60)) as connection:
        headers = {"Authorization": f"Token {token}", "Content-Type": "application/json"}
        connection.request("POST", path, json.dumps(body), headers)
        answer = connection.getresponse()
        data = answer.read()
    if answer.status != 200:
        raise RuntimeError(f"{path}: {answer.status} {data[:500]!r}")
    return json.loads(data)


if __name__ == "__main__":
    address, key = sys.argv[1:]
    for line in sys.stdin:
        sys.stdout.write(json.dumps(work_through(address, key, line.strip())) + "\n")
        sys.stdout.flush()
