"""``manage.py verify_release``."""

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from release.verification import MOST_PROBLEMS, texts_from, verify_release


class Command(BaseCommand):
    help = (
        "Check every checksum, record, offset and quote of a release directory. "
        "Example: manage.py verify_release caravan-1.0.0"
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("directory", type=Path, metavar="DIR", help="The release directory.")
        parser.add_argument(
            "--text",
            type=Path,
            metavar="DIR_OR_JSONL",
            help="Texts that the release leaves out: a directory of .txt files or JSON Lines with a field text. "
            "They are matched by SHA-256 and every quote is compared.",
        )
        parser.add_argument("--json", action="store_true", help="Print one JSON object.")

    def handle(self, *_args: Any, **options: Any) -> None:
        root: Path = options["directory"]
        if not root.is_dir():
            raise CommandError(f"{root} is not a directory.")
        try:
            texts = texts_from(options["text"]) if options["text"] else None
        except (OSError, ValueError) as error:
            raise CommandError(str(error)) from error
        report = verify_release(root, texts=texts)
        if options["json"]:
            answer = {
                "path": str(root),
                "name": report.name,
                "version": report.version,
                "sha256": report.sha256,
                "passed": report.passed,
                "files": report.files,
                "records": report.records,
                "spans": report.spans,
                "texts": report.texts,
                "problems": [{"path": p.path, "line": p.line, "message": p.message} for p in report.problems],
            }
            self.stdout.write(json.dumps(answer, ensure_ascii=False))
        else:
            for problem in report.problems[:MOST_PROBLEMS]:
                self.stdout.write(str(problem))
        if not report.passed:
            raise CommandError(f"{root}: {len(report.problems)} problems.", returncode=1)
        if not options["json"]:
            self.stdout.write(
                f"{report.name} {report.version}: {report.files} files, {report.records:,} records and "
                f"{report.spans:,} spans are as the manifest says; quotes compared in {report.texts:,} articles."
            )
