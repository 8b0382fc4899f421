"""``manage.py export_dataset``."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from annotate.models import Project
from release.exceptions import ReleaseError
from release.formats.registry import FORMATS
from release.forms import DEFAULT_THRESHOLD
from release.manifest import MANIFEST
from release.models import Release
from release.operations.building import UNVERSIONED, export_release
from release.operations.versions import checked_version

SHOWN_EVERY = 20  # articles


class Command(BaseCommand):
    help = (
        "Write a project's dataset to a directory that must not exist or be empty. "
        "Example: manage.py export_dataset caravan --out caravan-1.0.0 --version 1.0.0"
    )

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        # --version is Django's own option too; here it is the dataset's.
        return super().create_parser(prog_name, subcommand, conflict_handler="resolve", **kwargs)

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("project", help="Slug of the project.")
        parser.add_argument("--out", required=True, type=Path, metavar="DIR", help="The release directory to make.")
        parser.add_argument(
            "--version", dest="dataset_version", default=UNVERSIONED, metavar="V", help="Default: 0.0.0."
        )
        parser.add_argument(
            "--text",
            choices=Release.TextMode.values,
            default=Release.TextMode.FULL,
            help="What of the articles goes in: their text, the marked passages, or positions only. Default: full.",
        )
        parser.add_argument(
            "--formats",
            default="",
            metavar="A,B",
            help=f"Other formats beside JSON Lines, with commas: {', '.join(FORMATS)}.",
        )
        parser.add_argument(
            "--times",
            choices=Release.Times.values,
            default=Release.Times.SECOND,
            help="How exactly the dataset says when people worked. Default: second.",
        )
        parser.add_argument(
            "--threshold",
            type=Decimal,
            default=DEFAULT_THRESHOLD,
            metavar="T",
            help="Marks of two people are one unit where they share at least this much of what both cover. Default: 0.5.",
        )
        parser.add_argument(
            "--leave-out",
            nargs="+",
            action="extend",
            default=[],
            metavar="ARTICLE=REASON",
            help="Articles, by uuid or id, that are not to be in this dataset, with the reason it gives.",
        )
        parser.add_argument(
            "--previous",
            type=Path,
            metavar="DIR",
            help="The release before, for CHANGELOG.md. Default: the one built last on the project's page.",
        )
        parser.add_argument(
            "--include-unfinished",
            action="store_true",
            help="Also claimed, returned, expired and handed back work, as status in_progress.",
        )
        parser.add_argument("--json", action="store_true", help="Print one JSON object.")

    def handle(self, *_args: Any, **options: Any) -> None:
        try:
            project = Project.objects.get(slug=options["project"])
        except Project.DoesNotExist:
            raise CommandError(f"There is no project {options['project']!r}.") from None
        to_terminal = self.stderr.isatty()
        try:
            built = export_release(
                project=project,
                out=options["out"],
                version=checked_version(options["dataset_version"]),
                text_mode=options["text"],
                include_unfinished=options["include_unfinished"],
                formats=[name.strip() for name in options["formats"].split(",") if name.strip()],
                times=options["times"],
                threshold=options["threshold"],
                exclusions=[_named(text) for text in options["leave_out"]],
                previous=_previous(project, options["previous"]),
                on_progress=self._show if to_terminal else None,
            )
        except (ReleaseError, OSError, ValueError) as error:
            raise CommandError(str(error)) from error
        if to_terminal:
            self.stderr.write("")
        if options["json"]:
            answer = {
                "path": str(built.path),
                "name": built.name,
                "version": built.version,
                "sha256": built.sha256,
                "files": [{"path": f.path, "sha256": f.sha256, "records": f.records} for f in built.files],
            }
            self.stdout.write(json.dumps(answer, ensure_ascii=False))
            return
        for file in built.files:
            if file.records is not None:
                self.stdout.write(f"{file.records:>9,}  {file.path}")
        self.stdout.write(f"{built.name} {built.version} is in {built.path} (sha256 {built.sha256})")

    def _show(self, done: int, total: int) -> None:
        if done % SHOWN_EVERY == 0 or done == total:
            self.stderr.write(f"\r{done:,} of {total:,} articles", ending="")
            self.stderr.flush()


def _named(text: str) -> tuple[str, str]:
    """ARTICLE=REASON; the operation refuses an empty reason."""
    name, _, reason = text.partition("=")
    return name, reason


def _previous(project: Project, directory: Path | None) -> dict[str, Any] | None:
    """A manifest. Raises OSError or ValueError for a directory without one."""
    if directory is not None:
        found: dict[str, Any] = json.loads((directory / MANIFEST).read_bytes())
        return found
    built = Release.objects.filter(project=project, state=Release.State.BUILT)
    return built.order_by("-created_at").values_list("manifest", flat=True).first()
