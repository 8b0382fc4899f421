"""Cleaning stored articles again with other rules: a new version of each whose text changes, the old one untouched."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import batched

from django.contrib.auth.models import AbstractBaseUser
from django.db import connection, transaction
from django.utils import timezone

from corpus.cleaning import CleanArticle, RuleSet, clean
from corpus.grouping_tasks import request_linking
from corpus.import_settings import ImportSettings
from corpus.models import Article, ImportBatch, ImportIssue
from corpus.operations.imports import IMPORT_LOCK
from corpus.operations.results import Seen
from corpus.preparing import TITLE_WIDTH

# ``ImportBatch.format`` of what is no import of files but articles cleaned again.
CLEANING = "cleaning"
_AT_ONCE = 200
_CARRIED = ("outlet_id", "story_id", "external_id", "url", "published_at", "language", "rights", "near_duplicate_group")


@dataclass(frozen=True, slots=True)
class Refusal:
    """An article that cannot be cleaned so, and why."""

    article: Article
    code: str
    message: str


@dataclass(slots=True)
class CleanedAgain:
    """``made`` are new versions; ``unchanged`` articles kept their text; ``superseded`` have a newer version already."""

    batch: ImportBatch
    made: list[Article] = field(default_factory=list)
    unchanged: int = 0
    superseded: int = 0
    refused: list[Refusal] = field(default_factory=list)

    @property
    def seen(self) -> Seen:
        return Seen(len(self.made), self.unchanged + self.superseded, len(self.refused))


def received_fields(article: Article) -> dict[str, str]:
    """The fields of the record that the article came by, as they were received."""
    return {part["name"]: article.raw[part["start"] : part["end"]] for part in article.raw_fields}


def cleaned_anew(article: Article, rules: RuleSet) -> CleanArticle:
    """What cleaning the article with ``rules`` would make of it; nothing is stored."""
    return clean(received_fields(article), rules)


@transaction.atomic
def clean_again(*, articles: Iterable[int], rules: RuleSet, created_by: AbstractBaseUser | None) -> CleanedAgain:
    """Clean the articles with these keys with other rules, all of them or, on an exception, none.

    Where the text changes, a new version comes to be, which supersedes the article and carries over its outlet, story,
    dates, language, rights and near-duplicate group. The article itself, its marks and its place in projects stay.
    """
    keys = list(dict.fromkeys(articles))
    now = timezone.now()
    batch = ImportBatch.objects.create(
        source=source_of(len(keys)),
        format=CLEANING,
        options=options_of(rules),
        created_by=created_by,  # type: ignore[misc]
        state=ImportBatch.State.RUNNING,
        started_at=now,
    )
    result = clean_into(batch=batch, articles=keys, rules=rules)
    seen = result.seen
    batch.n_created, batch.n_duplicates, batch.n_rejected = seen.created, seen.duplicates, seen.rejected
    batch.progress = seen.records
    batch.state = ImportBatch.State.DONE
    batch.finished_at = batch.heartbeat = timezone.now()
    batch.save()
    return result


def clean_into(
    *,
    batch: ImportBatch,
    articles: Sequence[int],
    rules: RuleSet,
    on_progress: Callable[[Seen], object] | None = None,
) -> CleanedAgain:
    """Store new versions as articles of ``batch`` and refusals as its issues, in the caller's transaction.

    ``on_progress`` is told after each chunk how far it is; what it raises ends the work.
    """
    with connection.cursor() as cursor:
        # No import may store, between our look and our insert, the text that we are about to store.
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [IMPORT_LOCK])
    result = CleanedAgain(batch)
    for keys in batched(articles, _AT_ONCE):
        found = Article.objects.filter(pk__in=keys)
        current = list(found.current().select_for_update(of=("self",)).order_by("pk"))
        result.superseded += found.count() - len(current)
        _store(current, rules, result)
        if on_progress:
            on_progress(result.seen)
    if result.seen.created:
        # Superseded versions are not compared any more: the new ones stand in for them.
        request_linking(batch.pk)
    return result


def options_of(rules: RuleSet) -> dict[str, object]:
    """For ``ImportBatch.options``."""
    return ImportSettings(rules_off=tuple(sorted(rules.off)), repair_mojibake=rules.repair_mojibake).as_json()


def source_of(count: int) -> str:
    """How a batch of articles cleaned again is called."""
    return f"{count} article{'' if count == 1 else 's'} cleaned again"


def _store(articles: Sequence[Article], rules: RuleSet, result: CleanedAgain) -> None:
    made = [(article, cleaned_anew(article, rules)) for article in articles]
    changed = [(article, anew) for article, anew in made if anew.text != article.text]
    result.unchanged += len(made) - len(changed)
    taken: set[tuple[int | None, str, int]] = set(
        Article.objects.filter(fingerprint__in={anew.fingerprint for _, anew in changed}).values_list(
            "outlet_id", "fingerprint", "version"
        )
    )
    new: list[Article] = []
    refused: list[Refusal] = []
    for article, anew in changed:
        place = (article.outlet_id, anew.fingerprint, article.version + 1)
        problem = _problem(anew) or (_SAME if place in taken else None)
        if problem is not None:
            refused.append(Refusal(article, *problem))
            continue
        taken.add(place)
        new.append(_next_version(article, anew, result.batch))
    Article.objects.bulk_create(new)
    ImportIssue.objects.bulk_create(
        ImportIssue(
            batch=result.batch,
            source=f"article {one.article.uuid}",
            field="text",
            code=one.code,
            message=one.message,
            excerpt=one.article.title[:200],
        )
        for one in refused
    )
    result.made += new
    result.refused += refused


_SAME = ("same_text", "Another version of this text is there for this outlet already. Use that one.")


def _problem(made: CleanArticle) -> tuple[str, str] | None:
    if not made.text:
        return "empty_text", "These rules would leave nothing of it. Switch off the ones that take the text."
    if len(made.title) > TITLE_WIDTH:
        return "too_long", f"The headline would have over {TITLE_WIDTH} characters. Choose other rules."
    return None


def _next_version(article: Article, made: CleanArticle, batch: ImportBatch) -> Article:
    return Article(
        import_batch=batch,
        version=article.version + 1,
        supersedes=article,
        first_version_id=article.first_version_id or article.pk,
        **{name: getattr(article, name) for name in _CARRIED},
        **made.columns(),
    )
