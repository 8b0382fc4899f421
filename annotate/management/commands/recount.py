"""``manage.py recount PROJECT``"""

from typing import Any

from django.core.management.base import CommandError, CommandParser

from annotate.management.arguments import ExampleCommand, project_named
from annotate.operations.scoring import recount_project


class Command(ExampleCommand):
    help = (
        "Count the agreement of a project from scratch and compare it with the counts kept. There should be no "
        "difference; one is put right, reported, and makes the exit code 1."
    )
    example = "recount caravan"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("project", metavar="PROJECT", help="slug of the project")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *, project: str, **options: Any) -> None:
        found = project_named(project)
        differences = recount_project(project=found)
        articles = found.agreement_stats.values("article").distinct().count()
        if options["json"]:
            self.write_json(
                {
                    "articles": articles,
                    "differences": [
                        {"article": d.article, "surplus": d.surplus, "missing": d.missing} for d in differences
                    ],
                }
            )
        elif not differences:
            self.stdout.write(f"Counted {articles} articles of {found.slug} from scratch: no difference.")
        if differences:
            lines = [
                f"  {f'article {d.article}' if d.article else 'totals'}: {d.surplus} rows too many, {d.missing} missing"
                for d in differences
            ]
            raise CommandError("\n".join(["The counts kept were wrong and have been put right:", *lines]))
