"""What of projects, codebooks, articles and accounts a manager finds in the admin; handed to ``corpus.visibility``."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.admin.models import ADDITION, LogEntry
from django.contrib.auth import get_user_model
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.db.models import BigIntegerField, Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Cast, Coalesce

from annotate.models import Codebook, Membership, Project, ProjectArticle, Role, Task
from annotate.permissions import TABLE
from corpus import visibility
from corpus.models import Article, ArticleQuerySet


def projects_for(user: visibility.Account) -> QuerySet[Project]:
    """Projects the person manages, less blind ones in which the same person still has articles to read."""
    if visibility.is_superuser(user):
        return Project.objects.all()
    return Project.objects.of_member(user.pk, Role.MANAGER).exclude(pk__in=_blinded(user).values("pk"))


def manages(user: visibility.Account) -> bool:
    """Whether the person manages any project; while blinded in all of them, not in force."""
    return projects_for(user).exists()


def articles_for(user: visibility.Account) -> QuerySet[Article]:
    """Articles of managed projects and of the person's own imports, less those the person is to read blind.

    Another version of an article that is read blind would tell as much, so it is left out too.
    """
    in_projects = ProjectArticle.objects.filter(project__in=projects_for(user).order_by().values("pk"))
    to_read_blind = ProjectArticle.objects.filter(project__in=_blinded(user).values("pk"))
    return Article.objects.filter(
        Q(pk__in=in_projects.order_by().values("article")) | Q(import_batch__created_by=user.pk)
    ).exclude(
        Q(pk__in=to_read_blind.order_by().values("article"))
        | Q(
            pk__in=to_read_blind.order_by()
            .filter(article__first_version__isnull=False)
            .values("article__first_version")
        )
        | Q(first_version__in=to_read_blind.order_by().values(origin=Coalesce("article__first_version", "article")))
    )


def codebooks_for(user: visibility.Account) -> QuerySet[Codebook]:
    """Codebooks of managed projects, the shipped ones, and those the person added in the admin."""
    if visibility.is_superuser(user):
        return Codebook.objects.all()
    return Codebook.objects.filter(
        Q(projects__in=projects_for(user).order_by().values("pk"))
        | Q(name__in=shipped_codebooks())
        | Q(pk__in=_added_by(user, Codebook))
    ).distinct()


def own_codebooks_for(user: visibility.Account) -> QuerySet[Codebook]:
    """Codebooks the person may edit while they are not frozen: not shipped, and in nobody else's project."""
    if visibility.is_superuser(user):
        return Codebook.objects.all()
    others = Project.objects.exclude(pk__in=projects_for(user).order_by().values("pk"))
    return (
        codebooks_for(user)
        .exclude(pk__in=others.order_by().values("codebook"))
        .exclude(Q(name__in=shipped_codebooks()) & ~Q(pk__in=_added_by(user, Codebook)))
    )


def tasks_for(user: visibility.Account) -> QuerySet[Task]:
    return Task.objects.filter(project__in=projects_for(user).order_by().values("pk"))


def project_articles_for(user: visibility.Account) -> QuerySet[ProjectArticle]:
    return ProjectArticle.objects.filter(project__in=projects_for(user).order_by().values("pk"))


def users_for(user: visibility.Account) -> QuerySet[User]:
    """Members of managed projects, accounts the person added in the admin, and the person."""
    accounts = get_user_model().objects
    if visibility.is_superuser(user):
        return accounts.all()
    members = Membership.objects.filter(project__in=projects_for(user).order_by().values("pk"))
    return accounts.filter(
        Q(pk__in=members.order_by().values("user")) | Q(pk__in=_added_by(user, get_user_model())) | Q(pk=user.pk)
    )


def shipped_codebooks() -> list[str]:
    """Names of the codebooks in fixtures/codebooks: public, so everybody may use them."""
    return sorted(path.stem for path in Path(settings.BASE_DIR, "fixtures", "codebooks").glob("*.json"))


def _blinded(user: visibility.Account) -> QuerySet[Project]:
    """Blind projects in which the person is an annotator with unfinished work (compare ``permissions``)."""
    mine = Task.objects.filter(
        project=OuterRef("project"), article=OuterRef("article"), round=OuterRef("round"), annotator=user.pk
    )
    claimable = Task.objects.filter(project=OuterRef("pk"), state=Task.State.OPEN).exclude(Exists(mine.order_by()))
    in_hand = Task.objects.filter(project=OuterRef("pk"), annotator=user.pk, state__in=Task.WORKABLE)
    return (
        Project.objects.order_by()
        .of_member(user.pk, Role.ANNOTATOR)
        .exclude(blind_fields=[])
        .filter(Exists(in_hand.order_by()) | (~Q(state=Project.State.CLOSED) & Exists(claimable.order_by())))
    )


def _added_by(user: visibility.Account, model: type[models.Model]) -> QuerySet[LogEntry, Any]:
    """Keys of the rows of ``model`` that the person added through the admin, from its log."""
    return (
        LogEntry.objects.filter(
            user=user.pk, action_flag=ADDITION, content_type=ContentType.objects.get_for_model(model)
        )
        .order_by()
        .values(row=Cast("object_id", BigIntegerField()))
    )


def projects_to_browse(user: visibility.Account) -> QuerySet[Project]:
    """Projects in which the person may see where articles come from, now: ``see_articles`` in the table, as one query."""
    if visibility.is_superuser(user):
        return Project.objects.all()
    projects = Project.objects.of_member(user.pk, *TABLE["see_articles"])
    return projects.exclude(pk__in=_blinded(user).values("pk"))


def articles_to_browse(user: User, projects: Iterable[Project]) -> ArticleQuerySet:
    """Articles of ``projects`` (in which the person may see them), less those the same person is to read blind."""
    inside = ProjectArticle.objects.filter(project__in=[project.pk for project in projects], article=OuterRef("pk"))
    articles = Article.objects.filter(Exists(inside))
    return articles if visibility.is_superuser(user) else _without_blind(user, articles)


def _without_blind(user: User, articles: ArticleQuerySet) -> ArticleQuerySet:
    # Asked first, as nearly always there is none, and then the articles need not be compared with anything.
    blinded = list(_blinded(user).values_list("pk", flat=True))
    if not blinded:
        return articles
    return articles.exclude(Exists(ProjectArticle.objects.filter(project__in=blinded, article=OuterRef("pk"))))


def members_to_browse(user: User, project: Project) -> QuerySet[ProjectArticle]:
    """The same as rows of one project, in which the person may see them."""
    members = ProjectArticle.objects.filter(project=project)
    blinded = [] if visibility.is_superuser(user) else list(_blinded(user).values_list("pk", flat=True))
    if not blinded:
        return members
    return members.exclude(Exists(ProjectArticle.objects.filter(project__in=blinded, article=OuterRef("article"))))
