"""``manage.py verify_release``."""

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from release.exceptions import ReleaseError
from release.filling import Filling, fill, fit
from release.supplied import texts_from
from release.verification import MOST_PROBLEMS, verify_release

REJECTED = 3  # done, but some records were rejected and reported


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
            "They are matched by SHA-256 (line ends and spaces may differ) and every quote is compared; what does not "
            "fit and is named by file name, id or address is reported with how near it comes.",
        )
        parser.add_argument(
            "--out",
            type=Path,
            metavar="DIR",
            help="With --text: write the release with the fitting texts and their quotes filled in here.",
        )
        parser.add_argument("--json", action="store_true", help="Print one JSON object.")

    def handle(self, *_args: Any, **options: Any) -> None:
        root: Path = options["directory"]
        if not root.is_dir():
            raise CommandError(f"{root} is not a directory.")
        if options["out"] and not options["text"]:
            raise CommandError("--out needs --text: without your texts there is nothing to fill in.")
        try:
            supplied = texts_from(options["text"]) if options["text"] else None
        except (OSError, ValueError) as error:
            raise CommandError(str(error)) from error
        report = verify_release(root, texts=supplied.by_sha256 if supplied else None)
        filling = fit(root, supplied) if supplied and report.passed else Filling()
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
                "misfits": [
                    {"article_id": m.article_id, "ratio": m.ratio, "measure": m.measure, "message": m.message}
                    for m in filling.misfits
                ],
                "problems": [{"path": p.path, "line": p.line, "message": p.message} for p in report.problems],
            }
            self.stdout.write(json.dumps(answer, ensure_ascii=False))
        else:
            for problem in report.problems[:MOST_PROBLEMS]:
                self.stdout.write(str(problem))
            for misfit in filling.misfits:
                near = "" if misfit.ratio is None else f" ({misfit.ratio:.1%})"
                self.stdout.write(f"article {misfit.article_id}: {misfit.message}{near}")
        if not report.passed:
            raise CommandError(f"{root}: {len(report.problems)} problems.", returncode=1)
        if not options["json"]:
            self.stdout.write(
                f"{report.name} {report.version}: {report.files} files, {report.records:,} records and "
                f"{report.spans:,} spans are as the manifest says; quotes compared in {report.texts:,} articles."
            )
        if options["out"]:
            self._fill(root, filling, options["out"])

    def _fill(self, root: Path, filling: Filling, out: Path) -> None:
        try:
            fill(root, filling, out)
        except (ReleaseError, OSError) as error:
            raise CommandError(str(error)) from error
        if filling.misfits:
            raise CommandError(
                f"{out} has the texts of {len(filling.fitting)} articles; {len(filling.misfits)} were not to be had.",
                returncode=REJECTED,
            )
        self.stderr.write(f"{out} has the texts of {len(filling.fitting)} articles.")
