"""``manage.py score PROJECT``"""

from typing import Any

from django.core.management.base import CommandError, CommandParser

from annotate.management.arguments import ExampleCommand, project_named
from annotate.scoring.adapter import project_metrics


class Command(ExampleCommand):
    help = "Print the agreement of a project's submitted readings: what python -m agreement prints for them."
    example = "score caravan --bootstrap 1000 --seed 0 --json"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("project", metavar="PROJECT", help="slug of the project")
        parser.add_argument("--bootstrap", type=int, default=0, metavar="N", help="intervals from N resamples")
        parser.add_argument("--seed", type=int, default=0, metavar="S", help="of the resampling (default 0)")
        parser.add_argument("--jackknife", action="store_true", help="intervals from leaving out each article in turn")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *, project: str, bootstrap: int, seed: int, **options: Any) -> None:
        if bootstrap < 0 or seed < 0:
            raise CommandError("--bootstrap and --seed must be 0 or more.")
        figures = project_metrics(
            project_named(project), bootstrap=bootstrap, seed=seed, jackknife=options["jackknife"]
        )
        if options["json"]:
            self.write_json({"metrics": figures})
            return
        width = max(len(name) for name in figures)
        for name, figure in figures.items():
            self.stdout.write(f"{name:{width}}  {in_words(figure)}")


def in_words(figure: dict[str, Any]) -> str:
    """One figure on a line: its value and interval, or why it has none, and what it rests on."""
    if figure["value"] is None:
        value = f"undefined ({figure['reason']})"
    else:
        value = f"{figure['value']:.4f}"
        if figure.get("ci"):
            value += f"  [{figure['ci'][0]:.4f}, {figure['ci'][1]:.4f}]"
        if figure.get("jackknife_ci"):
            value += f"  jackknife [{figure['jackknife_ci'][0]:.4f}, {figure['jackknife_ci'][1]:.4f}]"
        if figure.get("interval_unreliable"):
            value += " (few articles: the interval is too narrow)"
    rests_on = f"n={figure['n_documents']} articles, {figure['n_annotators']} annotators"
    if "n_pairs" in figure:
        rests_on += f", {figure['n_pairs']} pairs of marks"
    return f"{value}  {rests_on}"
