"""Cleaning many articles again: by the worker, with the progress, the heartbeat and the second chance of an import."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

from corpus.cleaning import RuleSet
from corpus.models import ImportBatch
from corpus.operations.cleaning import CLEANING, options_of, source_of
from corpus.tasks import run_import as run_import_task


@transaction.atomic
def queue_cleaning(*, articles: Iterable[int], rules: RuleSet, created_by: AbstractBaseUser | None) -> ImportBatch:
    """Note the wish to clean the articles with these keys again; the worker begins once this is committed."""
    keys = list(dict.fromkeys(articles))
    batch = ImportBatch.objects.create(
        source=source_of(len(keys)),
        format=CLEANING,
        options=options_of(rules) | {"articles": keys},
        state=ImportBatch.State.QUEUED,
        created_by=created_by,  # type: ignore[misc]
        attempt=0,
    )
    transaction.on_commit(partial(run_import_task.enqueue, batch.pk))
    return batch
