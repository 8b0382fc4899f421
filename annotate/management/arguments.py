"""What several commands take or print."""

import argparse
import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from annotate.models import Codebook, Project


class ExampleCommand(BaseCommand):
    """A command whose ``--help`` ends with its ``example``."""

    example = ""

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        return super().create_parser(
            prog_name,
            subcommand,
            epilog=f"Example:\n  manage.py {self.example}",
            formatter_class=argparse.RawDescriptionHelpFormatter,
            **kwargs,
        )

    def write_json(self, value: dict[str, Any]) -> None:
        self.stdout.write(json.dumps(value, ensure_ascii=False))


def read_json(file: Path) -> Any:
    """The JSON value in ``file``; CommandError says what is wrong with it."""
    try:
        return json.loads(file.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise CommandError(f"{file} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise CommandError(f"{file} is not UTF-8; save it as UTF-8.") from error
    except (ValueError, RecursionError) as error:
        # A number of more than 4,300 digits is a plain ValueError.
        raise CommandError(f"{file} is not JSON: {error}.") from error


def codebook_named(name: str) -> Codebook:
    """The codebook called ``NAME@VERSION``; CommandError lists those there are."""
    short, _, version = name.partition("@")
    found = Codebook.objects.filter(name=short, version=version).first()
    if found is None:
        known = ", ".join(str(codebook) for codebook in Codebook.objects.defer("content")) or "none is stored yet"
        raise CommandError(f"There is no codebook {name}. Known: {known}. Load one with load_codebook FILE.")
    return found


def project_named(slug: str) -> Project:
    """The project with this slug; CommandError lists those there are."""
    found = Project.objects.select_related("codebook").filter(slug=slug).first()
    if found is None:
        known = ", ".join(Project.objects.values_list("slug", flat=True)) or "there is none yet"
        raise CommandError(f"There is no project {slug}. Known: {known}. Make one with create_project.")
    return found
