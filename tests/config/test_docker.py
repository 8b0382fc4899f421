"""Dockerfile and docker-compose.yml, as far as that goes without an engine: schema, names, and every command run."""

import fcntl
import os
import re
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
import yaml

from config import embedded_home, embedded_postgres
from tests.service import free_port

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parent.parent.parent
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ")
SETTINGS_PAGE = (ROOT / "docs" / "reference" / "settings.md").read_text(encoding="utf-8")
# ${NAME}, ${NAME:-default}, ${NAME:?message}
VARIABLE = re.compile(r"\$\{(\w+)(?::([-?])([^}]*))?\}")
GIVEN = {"SECRET_KEY": "x" * 50, "POSTGRES_PASSWORD": "given"}

# A server of the embedded binaries that listens on a port, as a database in another container does.
SERVER = """
import sys
from pathlib import Path
from config import embedded_supervisor
embedded_supervisor.SETTINGS.update(listen_addresses="127.0.0.1", port=sys.argv[2])
embedded_supervisor.supervise(Path(sys.argv[1]), 1)
"""


def interpolated(value: str) -> str:
    """What compose makes of ``value`` when only ``GIVEN`` is in the environment."""
    return VARIABLE.sub(lambda match: GIVEN.get(match[1]) or (match[3] if match[2] == "-" else "") or "", value)


def test_compose_follows_its_published_schema() -> None:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec"]
    done = subprocess.run([*command, str(ROOT / "docker-compose.yml")], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_copied_path_exists_and_every_package_is_copied() -> None:
    copied = [
        word.rstrip("/") for line in re.findall(r"^COPY (.*)$", DOCKERFILE, re.M) for word in shlex.split(line)[:-1]
    ]
    assert [path for path in copied if not (ROOT / path).exists()] == []
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"tests", "bench"}
    assert packages <= set(copied)
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").split()
    assert not set(copied) & set(ignored)


def test_every_variable_is_a_documented_setting_or_the_image_s_own() -> None:
    of_the_images = {
        "PYTHONUNBUFFERED",
        "PYTHONDONTWRITEBYTECODE",
        "POSTGRES_DB",
        "POSTGRES_USER",
        "POSTGRES_INITDB_ARGS",
    }
    used = set(re.findall(r"(\w+)=", "".join(re.findall(r"^ENV (.*)$", DOCKERFILE, re.M))))
    for service in COMPOSE["services"].values():
        used |= set(service.get("environment", {}))
    used |= {match[1] for match in VARIABLE.finditer((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))}
    documented = set(re.findall(r"^#+ `(\w+)`", SETTINGS_PAGE, re.M))
    assert used - of_the_images - documented == set()


def test_every_volume_and_service_named_exists() -> None:
    services = COMPOSE["services"]
    for service in services.values():
        assert {volume.split(":")[0] for volume in service.get("volumes", [])} <= set(COMPOSE["volumes"])
        assert set(service.get("depends_on", {})) <= set(services)


def test_it_does_not_run_as_root() -> None:
    assert re.search(r"^USER slantwise$", DOCKERFILE, re.M)
    for volume, variable in (("releases", "RELEASE_ROOT"), ("imports", "IMPORT_ROOT")):
        path = COMPOSE["services"]["web"]["environment"][variable]
        assert re.search(rf"^VOLUME .*{re.escape(path)}\b", DOCKERFILE, re.M)
        assert all(f"{volume}:{path}" in COMPOSE["services"][name]["volumes"] for name in ("web", "worker"))


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of a running database whose user, password and name are those of docker-compose.yml."""
    var = tmp_path_factory.mktemp("docker") / "var"
    var.mkdir()
    port = free_port()
    with open(var / "pg.lock", "w") as user:
        fcntl.flock(user, fcntl.LOCK_SH)
        command = [sys.executable, "-c", SERVER, str(var), str(port)]
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as server:
            assert server.stdout is not None
            # initdb speaks first; the stream stays open as long as the server.
            said = b""
            while part := os.read(server.stdout.fileno(), 4096):
                said += part
                if said.endswith(b"ready"):
                    break
            assert said.endswith(b"ready"), said
            home = embedded_home.home_of(var)
            password = home.password.read_text()
            with psycopg.connect(
                host="127.0.0.1", port=port, user="slantwise", password=password, dbname="slantwise", autocommit=True
            ) as connection:
                connection.execute("ALTER ROLE slantwise PASSWORD 'given'")
            yield port
            server.terminate()
    embedded_postgres.remove(var)


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with what the Dockerfile copies, and nothing else."""
    app = tmp_path_factory.mktemp("image") / "app"
    app.mkdir()
    for line in re.findall(r"^COPY (.*)$", DOCKERFILE, re.M):
        source, target = shlex.split(line)
        if (ROOT / source).is_dir():
            shutil.copytree(ROOT / source, app / target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / source, app / target)
    return app


class Container:
    """A service's commands, with its environment and nothing else of ours."""

    def __init__(self, name: str, *, image: Path, database: int, web: int) -> None:
        self.service: dict[str, Any] = COMPOSE["services"][name]
        self.image = image
        self.web = str(web)
        binaries = embedded_home.find_install() / "bin"
        self.environment = {
            "PATH": f"{Path(sys.executable).parent}:{binaries}:/usr/bin:/bin",
            "PYTHONDONTWRITEBYTECODE": "1",
            # For pg_isready, which in the container finds its server by itself.
            "PGHOST": "127.0.0.1",
            "PGPORT": str(database),
        }
        for key, value in self.service["environment"].items():
            filled = interpolated(value).replace("@database:5432", f"@127.0.0.1:{database}")
            self.environment[key] = filled.replace("/data/", f"{image.parent}/data/")

    def _line(self, command: list[str]) -> list[str]:
        return [word.replace("8000", self.web).replace("0.0.0.0", "127.0.0.1") for word in command]

    def start(self) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(self._line(self.service["command"]), cwd=self.image, env=self.environment)

    def is_healthy(self) -> bool:
        kind, *command = self.service["healthcheck"]["test"]
        assert kind == "CMD"
        return (
            subprocess.run(self._line(command), cwd=self.image, env=self.environment, capture_output=True).returncode
            == 0
        )


def test_every_command_and_health_check_runs(image: Path, database: int) -> None:
    web_port = free_port()
    containers = {name: Container(name, image=image, database=database, web=web_port) for name in COMPOSE["services"]}
    assert containers["web"].environment["DEBUG"] == "0"
    assert containers["database"].is_healthy()
    assert containers["migrate"].start().wait(120) == 0
    for name in ("web", "worker"):
        assert not containers[name].is_healthy()
        with containers[name].start() as process:
            deadline = time.monotonic() + 30
            while not containers[name].is_healthy():
                assert process.poll() is None
                assert time.monotonic() < deadline
                time.sleep(0.2)
            process.terminate()
            assert process.wait(5) == 0
        assert not containers[name].is_healthy()
    assert not (image / "var" / "pg.lock").exists(), "the embedded server must not have been started"
    assert sorted(os.listdir(image / "var")) == ["lean", "static"]
