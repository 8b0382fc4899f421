"""Make articles searchable."""

import json
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from typing import Any

from django.core.management.base import BaseCommand
from django.db.models import Exists, OuterRef

from corpus.models import Article, ArticleSearch
from corpus.operations.search import index_articles


class Command(BaseCommand):
    """See ``index_articles --help``."""

    help = "Make articles searchable. The worker does it after every import; this is for a service without one."

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> Any:
        return super().create_parser(
            prog_name,
            subcommand,
            formatter_class=RawDescriptionHelpFormatter,
            epilog="Example:\n  manage.py index_articles --json\n\nExit code: 0 done; 1 failed.",
            **kwargs,
        )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--all", action="store_true", help="Index every article again, also those that are searchable."
        )
        parser.add_argument("--json", action="store_true", help="Print one JSON object.")

    def handle(self, *_args: Any, **options: Any) -> None:
        articles = Article.objects.all()
        if not options["all"]:
            articles = articles.filter(~Exists(ArticleSearch.objects.filter(article=OuterRef("pk"))))
        indexed = index_articles(articles=articles)
        self.stdout.write(json.dumps({"indexed": indexed}) if options["json"] else f"{indexed} articles indexed")
