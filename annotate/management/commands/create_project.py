"""``manage.py create_project SLUG --codebook NAME@VERSION --annotators-per-article K``"""

from collections.abc import Iterable
from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import CommandError, CommandParser

from annotate.codebook import CodebookError
from annotate.management.arguments import ExampleCommand, codebook_named
from annotate.models import Role
from annotate.operations.projects import BLIND_FIELDS, ProjectRefusedError, create_project
from corpus.models import Article, ImportBatch, Story


class Command(ExampleCommand):
    help = "Make a project: open, and without articles, unless said otherwise."
    example = (
        "create_project caravan --codebook media-framing-3@1.0 --annotators-per-article 3 "
        "--blind outlet,byline --articles story:caravan --member mara:annotator --member ada:adjudicator"
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug", metavar="SLUG", help="short name in addresses: letters, digits, - and _")
        parser.add_argument("--codebook", required=True, metavar="NAME@VERSION")
        parser.add_argument("--annotators-per-article", required=True, type=int, metavar="K")
        parser.add_argument("--title", default="", help="shown on the pages (default: the slug)")
        parser.add_argument(
            "--blind", default="", metavar="FIELDS", help=f"hidden from annotators: {','.join(BLIND_FIELDS)}"
        )
        parser.add_argument("--articles", default="", metavar="WHICH", help="all, story:SLUG or batch:ID")
        parser.add_argument(
            "--member",
            action="append",
            nargs="+",
            default=[],
            metavar="USER:ROLE",
            help=f"may be repeated; roles: {', '.join(Role.values)}",
        )
        parser.add_argument("--draft", action="store_true", help="do not open it yet")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *, slug: str, **options: Any) -> None:
        try:
            project = create_project(
                slug=slug,
                title=options["title"],
                codebook=codebook_named(options["codebook"]),
                annotators_per_article=options["annotators_per_article"],
                blind_fields=[field.strip() for field in options["blind"].split(",") if field.strip()],
                articles=articles_named(options["articles"]),
                members=[member_named(text) for group in options["member"] for text in group],
                draft=options["draft"],
            )
        except (ProjectRefusedError, CodebookError) as error:
            raise CommandError(str(error)) from error
        articles, members = project.projectarticle_set.count(), project.memberships.count()
        if options["json"]:
            self.write_json(
                {
                    "project": project.slug,
                    "state": project.state,
                    "codebook": str(project.codebook),
                    "articles": articles,
                    "members": members,
                    "tasks": project.tasks.count(),
                }
            )
        else:
            self.stdout.write(f"Project {project.slug} is {project.state}: {articles} articles, {members} memberships.")


def articles_named(which: str) -> Iterable[Article]:
    """The articles that ``all``, ``story:SLUG`` or ``batch:ID`` stands for, newest versions only; none for ""."""
    newest = Article.objects.current().only("pk").order_by("pk")
    kind, _, name = which.partition(":")
    if which == "":
        return newest.none()
    if which == "all":
        return newest.iterator(chunk_size=5000)
    if kind == "story":
        if not Story.objects.filter(slug=name).exists():
            raise CommandError(f"There is no story {name}. Articles get one by import_articles --story.")
        return newest.filter(story__slug=name)
    if kind == "batch":
        if not name.isdecimal() or not ImportBatch.objects.filter(pk=int(name)).exists():
            raise CommandError(f"There is no import batch {name}. The admin lists them with their numbers.")
        return newest.of_import(int(name))
    raise CommandError(f"--articles {which} is not understood. Use all, story:SLUG or batch:ID.")


def member_named(text: str) -> tuple[User, str]:
    """The account and role of ``USER:ROLE``."""
    username, colon, role = text.rpartition(":")
    if not colon:
        raise CommandError(f"--member {text} names no role. Write USER:ROLE, with a role of {', '.join(Role.values)}.")
    user = User.objects.filter(username=username).first()
    if user is None:
        raise CommandError(f"There is no account {username}. Make it in the admin or with createsuperuser.")
    return user, role
