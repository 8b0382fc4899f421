"""The commands of docs/howto/use-the-api.md, run as they stand there against a running site."""

import json
import os
import re
import shutil
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from annotate.api.urls import urlpatterns as own_routes
from annotate.models.webhooks import draw_secret
from annotate.webhooks.signing import sign
from release.api.urls import urlpatterns as release_routes
from release.models import Release
from release.operations.releases import build_release
from tests.factories import make_article, make_project, make_reading, make_token, make_user

DOCS = Path(__file__).resolve().parents[2] / "docs"
HOWTO = (DOCS / "howto" / "use-the-api.md").read_text(encoding="utf-8")
REFERENCE = (DOCS / "reference" / "api.md").read_text(encoding="utf-8")


def commands() -> list[str]:
    """The lines of the page's sh blocks."""
    return [line for block in re.findall(r"```sh\n(.*?)```", HOWTO, re.S) for line in block.splitlines() if line]


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed (on Debian: apt-get install curl)")
@pytest.mark.django_db(transaction=True)
def test_every_command_of_the_guide_does_what_it_says(live_server: Any, tmp_path: Path, settings: Any) -> None:
    settings.RELEASE_ROOT = tmp_path / "releases"
    settings.STORAGES = {
        **settings.STORAGES,
        "imports": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": tmp_path / "imports"},
        },
    }
    rui = make_user("rui")
    project = make_project(slug="caravan", articles=[make_article()], members={rui: ["researcher", "manager"]})
    make_reading(project, project.articles.all()[0], make_user(), [("SOURCE", 0, 6)])
    (tmp_path / "articles.jsonl").write_text('{"text": "A walk\\n\\nThousands walk north."}\n')
    (tmp_path / "readings.jsonl").write_text('{"article": "unknown", "annotator": "rui", "spans": []}\n')
    # A refusal is a failure of the command here.
    (tmp_path / ".curlrc").write_text("fail-with-body\nmax-time = 60\n")
    environment = {
        "PATH": os.environ["PATH"],
        "CURL_HOME": str(tmp_path),
        "SLANTWISE": f"{live_server.url}/api/v1",
        "KEY": make_token(rui),
    }
    told = []
    for command in commands():
        run = subprocess.run(
            ["bash", "-c", command], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=90
        )
        assert run.returncode == 0, f"{command}\n{run.stdout}\n{run.stderr}"
        told.append(run.stdout)
        for waiting in Release.objects.filter(state=Release.State.WAITING):
            build_release(release_id=waiting.pk, now=timezone.now())
    answers = [json.loads(text) for text in told if text.startswith("{")]
    assert answers[0]["results"][0]["slug"] == "caravan"
    assert "304\n" in told
    assert [answer["state"] for answer in answers if "text_mode" in answer] == ["waiting", "built"]
    assert answers[-3]["results"][0]["source"] == "articles.jsonl"
    assert [file["name"] for file in answers[-1]["results"][0]["files"]] == ["readings.jsonl"]
    with zipfile.ZipFile(tmp_path / "release.zip") as archive:
        assert archive.testzip() is None


def test_the_receivers_check_of_the_guide_admits_what_we_sign() -> None:
    """The page's own code, run on a message signed as the worker signs it."""
    from_page: dict[str, Any] = {}
    exec(re.findall(r"```python\n(.*?)```", HOWTO, re.S)[0], from_page)
    secret, body, now = draw_secret(), b'{"type":"task.submitted"}', int(timezone.now().timestamp())
    headers = {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(now),
        "webhook-signature": sign(secret, message_id="msg_1", timestamp=now, body=body),
    }
    assert from_page["is_genuine"](secret, headers, body)
    assert not from_page["is_genuine"](secret, headers, body + b" ")
    assert not from_page["is_genuine"](secret, headers | {"webhook-timestamp": str(now - 301)}, body)


def test_the_reference_names_every_route() -> None:
    """In the words of its table: SLUG, UUID, VERSION, STORY and ID stand for what varies, … for the route before."""
    table = "\n".join(line for line in REFERENCE.splitlines() if line.startswith("| `"))
    missing = []
    for route in (*own_routes, *release_routes):
        path = str(route.pattern)
        for kind, word in (("slug:slug", "SLUG"), ("uuid:uuid", "UUID"), ("str:version", "VERSION"),
                           ("slug:story", "STORY"), ("int:pk", "ID"), ("int:upload", "ID"), ("path:path", "PATH")):  # fmt: skip
            path = path.replace(f"<{kind}>", word)
        ends = [path, path.replace("annotations/UUID", "annotations/TASK")]
        shortened = [f"…/{'/'.join(end.split('/')[at:])}" for end in ends for at in range(1, end.count("/"))]
        if not any(end in table for end in [*ends, *shortened]):
            missing.append(path)
    assert missing == []
