"""What of the corpus an account may see in the admin.

Who belongs to which project is known to ``annotate``, which this app never imports: it hands its rules over with
``set_rules``. Until then, and for everybody whom the rules do not know, nothing is visible. Superusers see all.
"""

from collections.abc import Callable

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db.models import Exists, OuterRef, Q, QuerySet

from corpus.models import Article, DuplicateGroup, ImportBatch, ImportIssue, Outlet, Story, StoryProposal

Account = AbstractBaseUser | AnonymousUser


def _manages_nothing(_user: Account) -> bool:
    return False


def _no_articles(_user: Account) -> QuerySet[Article]:
    return Article.objects.none()


_manages: Callable[[Account], bool] = _manages_nothing
_articles: Callable[[Account], QuerySet[Article]] = _no_articles


def set_rules(*, manages: Callable[[Account], bool], articles: Callable[[Account], QuerySet[Article]]) -> None:
    """Say who may enter the admin without being a superuser, and which articles they find there."""
    global _manages, _articles
    _manages, _articles = manages, articles


def is_superuser(user: Account) -> bool:
    return bool(user.is_active and getattr(user, "is_superuser", False))


def may_enter(user: Account) -> bool:
    """Active staff who manage something, and superusers."""
    return bool(user.is_active and getattr(user, "is_staff", False)) and (is_superuser(user) or _manages(user))


def articles_for(user: Account) -> QuerySet[Article]:
    return Article.objects.all() if is_superuser(user) else _articles(user)


def batches_for(user: Account) -> QuerySet[ImportBatch]:
    """Imports a person made, and those that brought articles the person sees."""
    if is_superuser(user):
        return ImportBatch.objects.all()
    brought = _articles(user).order_by().filter(import_batch=OuterRef("pk"))
    return ImportBatch.objects.filter(Q(created_by=user.pk) | Exists(brought))


def issues_for(user: Account) -> QuerySet[ImportIssue]:
    return ImportIssue.objects.filter(batch__in=batches_for(user).order_by().values("pk"))


def outlets_for(user: Account) -> QuerySet[Outlet]:
    if is_superuser(user):
        return Outlet.objects.all()
    return Outlet.objects.filter(Exists(_articles(user).order_by().filter(outlet=OuterRef("pk"))))


def stories_for(user: Account) -> QuerySet[Story]:
    if is_superuser(user):
        return Story.objects.all()
    return Story.objects.filter(Exists(_articles(user).order_by().filter(story=OuterRef("pk"))))


def groups_for(user: Account) -> QuerySet[DuplicateGroup]:
    """Groups with at least one article that the person sees; pages show only such articles of it."""
    if is_superuser(user):
        return DuplicateGroup.objects.all()
    return DuplicateGroup.objects.filter(Exists(_articles(user).order_by().filter(near_duplicate_group=OuterRef("pk"))))


def proposals_for(user: Account) -> QuerySet[StoryProposal]:
    """Proposals with at least one article that the person sees, for no story or for one that the person sees."""
    if is_superuser(user):
        return StoryProposal.objects.all()
    members = _articles(user).order_by().filter(story_proposals=OuterRef("pk"))
    return StoryProposal.objects.filter(
        Q(story=None) | Q(story__in=stories_for(user).order_by().values("pk")), Exists(members)
    )
