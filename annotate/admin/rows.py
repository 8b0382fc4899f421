"""Columns that a list asks of the database with its page of rows, never row by row."""

from typing import Any

from django.db.models import Count, IntegerField, OuterRef, QuerySet, Subquery, Value
from django.db.models import Model as DjangoModel
from django.db.models.functions import Coalesce


def count_of(rows: QuerySet[Any], parent: str) -> Coalesce:
    """How many of ``rows`` point at the listed row by their field ``parent``; 0 where none does."""
    counted = rows.order_by().filter(**{parent: OuterRef("pk")}).values(parent).annotate(n=Count("pk")).values("n")
    return Coalesce(Subquery(counted, output_field=IntegerField()), Value(0))


def take_fields(blank: DjangoModel, stored: DjangoModel) -> None:
    """The admin goes on with the object it made for its form: give it the fields of the row an operation stored."""
    for field in stored._meta.concrete_fields:
        setattr(blank, field.attname, getattr(stored, field.attname))
    blank._state.adding = False
    blank._state.db = stored._state.db
