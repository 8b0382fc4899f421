"""Many articles in one COPY, as fast as Postgres takes them, with every constraint in force."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import batched
from uuid import UUID

from django.db import connection

from corpus.models import Article, ImportBatch
from corpus.preparing import COLUMNS, NULL, Prepared, cell

# What differs from article to article besides what is prepared.
_OWN = ("uuid", "outlet_id", "story_id")

# Sent together: about what a buffer of the driver holds.
_ROWS = 16


@dataclass(slots=True)
class NewArticle:
    """A prepared article and what the database's side knows of it."""

    prepared: Prepared
    uuid: UUID
    outlet: int | None
    story: int | None = None

    def line(self, tail: bytes) -> bytes:
        own = f"\t{self.uuid.hex}\t{self.outlet or NULL}\t{self.story or NULL}"
        return b"".join((self.prepared.cells, own.encode(), tail))


class ArticleCopy:
    """Writes the articles of one import. Columns that no article differs in are the model's defaults."""

    def __init__(self, batch: ImportBatch, *, now: datetime) -> None:
        same = Article(import_batch=batch, created_at=now)
        rest = {
            str(field.column): getattr(same, field.attname)
            for field in Article._meta.concrete_fields
            if not (field.primary_key or field.generated) and field.column not in (*COLUMNS, *_OWN)
        }
        columns = (*COLUMNS, *_OWN, *rest)
        table = connection.ops.quote_name(Article._meta.db_table)
        self._statement = f"COPY {table} ({', '.join(map(connection.ops.quote_name, columns))}) FROM STDIN"
        self._tail = "".join(f"\t{cell(value)}" for value in rest.values()).encode() + b"\n"

    def write(self, articles: Sequence[NewArticle]) -> None:
        """Insert them. Raises IntegrityError like any insert; to be called inside a transaction."""
        if not articles:
            return
        # Rows are sent while the block runs and judged when it ends, both outside Django's cursor.
        with (
            connection.wrap_database_errors,
            connection.cursor() as cursor,
            cursor.copy(self._statement) as copy,
        ):
            for some in batched(articles, _ROWS):
                copy.write(b"".join([article.line(self._tail) for article in some]))
