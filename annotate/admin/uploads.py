"""Which projects the upload of articles offers, and how it adds to one: handed to ``corpus.uploads``."""

from collections.abc import Sequence

from annotate.models import Project
from annotate.operations.projects import add_articles
from annotate.visibility import projects_for
from corpus.models import Article
from corpus.visibility import Account

_MOST_CHOICES = 200


def project_choices(user: Account) -> list[tuple[str, str]]:
    """Slug and title of the projects the person manages that are not closed, newest first."""
    rows = projects_for(user).exclude(state=Project.State.CLOSED).order_by("-pk")
    return [(project.slug, str(project)) for project in rows[:_MOST_CHOICES]]


def add_uploaded(user: Account, slug: str, articles: Sequence[Article]) -> int:
    """Add articles to a project of the person's; the number that was not in it yet."""
    return add_articles(project=projects_for(user).get(slug=slug), articles=articles)
