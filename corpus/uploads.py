"""Where uploaded articles may go besides the corpus.

Projects are known to ``annotate``, which this app never imports: it hands over what a person may choose and what
choosing does, as with ``corpus.visibility``. Until then the upload form offers no project.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from corpus.models import Article
from corpus.visibility import Account

type Choices = Callable[[Account], Sequence[tuple[str, str]]]
type Add = Callable[[Account, str, Sequence[Article]], int]


def _no_choices(_user: Account) -> Sequence[tuple[str, str]]:
    return ()


def _add_nowhere(_user: Account, slug: str, _articles: Sequence[Article]) -> int:
    raise LookupError(slug)


_choices: Choices = _no_choices
_add: Add = _add_nowhere


def set_projects(*, choices: Choices, add: Add) -> None:
    """Say which projects (slug, title) a person may upload to, and how articles are added to one."""
    global _choices, _add
    _choices, _add = choices, add


def projects_for(user: Account) -> Sequence[tuple[str, str]]:
    return _choices(user)


def add_to_project(user: Account, slug: str, articles: Sequence[Article]) -> int:
    """The number of articles that were not in the project yet. LookupError for a project not among the choices."""
    if slug not in dict(_choices(user)):
        raise LookupError(slug)
    return _add(user, slug, articles)
