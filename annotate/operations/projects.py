"""Making projects, and what belongs to them: articles, members, and whether they are open."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import batched

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.core.validators import slug_re
from django.db import transaction

from annotate.codebook import check_switches
from annotate.models import Codebook, Membership, Project, ProjectArticle, Role
from annotate.operations.tasks import ensure_slots
from corpus.models import Article

BLIND_FIELDS = ("outlet", "byline", "date", "url")
_CHECKED = {"slug", "title", "annotators_per_article", "ordering", "lease_minutes"}
LONGEST_SLUG = 60
_BATCH = 5000


class ProjectRefusedError(Exception):
    """The project cannot be made or changed so; the message says what to do."""


@transaction.atomic
def create_project(
    *,
    slug: str,
    title: str,
    codebook: Codebook,
    annotators_per_article: int,
    blind_fields: Iterable[str] = (),
    articles: Iterable[Article] = (),
    members: Iterable[tuple[User, str]] = (),
    guidelines: str = "",
    draft: bool = False,
    switches: dict[str, bool] | None = None,
    ordering: str = Project.Ordering.RANDOM,
    lease_minutes: int = 120,
) -> Project:
    """A project with its articles and members, open unless ``draft``.

    Raises ProjectRefusedError for a slug that is taken or odd, a number below one, an unknown role or blind field, and
    CodebookError for switches that name nothing in the codebook.
    """
    if not slug_re.fullmatch(slug) or len(slug) > LONGEST_SLUG:
        raise ProjectRefusedError(f"{slug!r} is no slug: use letters, digits, - and _ (at most {LONGEST_SLUG}).")
    if Project.objects.filter(slug=slug).exists():
        raise ProjectRefusedError(f"There is a project {slug} already. Choose another slug.")
    if annotators_per_article < 1:
        raise ProjectRefusedError("An article needs at least one annotator.")
    blind = list(dict.fromkeys(blind_fields))
    if unknown := [field for field in blind if field not in BLIND_FIELDS]:
        raise ProjectRefusedError(f"{unknown[0]!r} cannot be blinded. Known: {', '.join(BLIND_FIELDS)}.")
    project = Project(
        slug=slug,
        title=title or slug,
        codebook=codebook,
        annotators_per_article=annotators_per_article,
        blind_fields=blind,
        guidelines=guidelines,
        switches=check_switches(codebook.content, switches or {}),
        ordering=ordering,
        lease_minutes=lease_minutes,
    )
    _check_fields(project)
    project.save(force_insert=True)
    for user, role in members:
        add_member(project=project, user=user, role=role)
    add_articles(project=project, articles=articles)
    return project if draft else open_project(project=project)


def _check_fields(project: Project) -> None:
    """Refuse what the columns cannot hold, in the words of the first field that is wrong."""
    others = {field.name for field in Project._meta.get_fields()} - _CHECKED
    try:
        project.clean_fields(exclude=others)
    except ValidationError as error:
        name, messages = next(iter(error.message_dict.items()))
        raise ProjectRefusedError(f"{name.replace('_', ' ').capitalize()}: {messages[0]}") from None


@transaction.atomic
def add_articles(*, project: Project, articles: Iterable[Article]) -> int:
    """Put ``articles`` into the project and, where it is open, make their tasks; the number that was not in it yet."""
    added = 0
    for some in batched(articles, _BATCH):
        wanted = {article.pk: article for article in some}
        known = ProjectArticle.objects.filter(project=project, article__in=wanted).values_list("article", flat=True)
        fresh = [article for key, article in wanted.items() if key not in set(known)]
        # Somebody else may add the same article at the same moment; then it is theirs.
        ProjectArticle.objects.bulk_create(
            [ProjectArticle(project=project, article=article) for article in fresh], ignore_conflicts=True
        )
        if project.state == Project.State.OPEN:
            ensure_slots(project=project, articles=fresh)
        added += len(fresh)
    return added


@transaction.atomic
def add_member(*, project: Project, user: User, role: str, group: str = "", pseudonym: str = "") -> Membership:
    """Give ``user`` a role in the project; giving it again only sets the group, if one is named.

    ``pseudonym`` is the name that an earlier release has for them; without it one is drawn.
    """
    if role not in Role.values:
        raise ProjectRefusedError(f"There is no role {role!r}. Known: {', '.join(Role.values)}.")
    membership, created = Membership.objects.get_or_create(
        project=project,
        user=user,
        role=role,
        defaults={"group": group} | ({"pseudonym": pseudonym} if pseudonym else {}),
    )
    if not created and group and membership.group != group:
        membership.group = group
        membership.save(update_fields=["group"])
    return membership


@transaction.atomic
def open_project(*, project: Project) -> Project:
    """Let annotators claim tasks: every article gets its open tasks. Opening an open project only adds missing ones."""
    locked = Project.objects.select_for_update().get(pk=project.pk)
    locked.state = Project.State.OPEN
    locked.save(update_fields=["state"])
    ensure_slots(project=locked)
    project.state = locked.state
    return project


@transaction.atomic
def close_project(*, project: Project) -> Project:
    """Hand out no more tasks and take no more submissions. Marks are kept, and it can be opened again."""
    locked = Project.objects.select_for_update().get(pk=project.pk)
    if locked.state == Project.State.DRAFT:
        raise ProjectRefusedError(f"Project {locked.slug} was never opened, so there is nothing to close.")
    locked.state = Project.State.CLOSED
    locked.save(update_fields=["state"])
    project.state = locked.state
    return project
