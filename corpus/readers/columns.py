"""Which column of somebody's table holds which of our fields."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from corpus.readers.rows import FIELDS, BadFieldError, excerpt_of

# As tables of newspaper archives, scrapers and statistics programs call them, the surest first. Compared without case,
# accents and signs. "source" is an outlet in most tables, "link" never is.
KNOWN_NAMES: Mapping[str, tuple[str, ...]] = {
    "text": (
        "text", "article_text", "full_text", "fulltext", "plain_text", "maintext", "main_text", "clean_text",
        "article_body", "body", "body_text", "content", "article_content", "article", "story_text", "news",
        "texto", "cuerpo", "contenido", "texto_completo", "noticia", "articulo", "artigo", "corpo", "conteudo",
        "texte", "contenu", "corps", "inhalt", "volltext", "artikeltext", "testo", "contenuto", "tekst", "inhoud",
    ),
    "title": (
        "title", "headline", "article_title", "heading", "hed", "titulo", "titular", "titre", "titel", "uberschrift",
        "schlagzeile", "titolo", "kop", "tytul",
    ),
    "outlet": (
        "outlet", "source", "publisher", "publication", "news_source", "source_name", "outlet_name", "newspaper", "media",
        "media_name", "medium", "site", "site_name", "website", "domain", "source_domain", "medio", "fuente", "periodico",
        "diario", "jornal", "fonte", "journal", "quelle", "zeitung", "testata", "bron", "krant",
    ),
    "url": ("url", "link", "article_url", "source_url", "canonical_url", "web_url", "href", "permalink", "uri", "enlace", "lien"),
    "byline": ("byline", "author", "authors", "writer", "journalist", "by", "autor", "autores", "auteur", "autore", "verfasser"),
    "published": (
        "published", "published_at", "date_published", "publish_date", "published_date", "publication_date", "pub_date",
        "pubdate", "date_publish", "date", "datetime", "timestamp", "fecha", "fecha_publicacion", "data_publicacao",
        "date_de_publication", "datum", "data",
    ),
    "language": ("language", "lang", "language_code", "lang_code", "idioma", "langue", "sprache", "lingua", "taal"),
    "story": ("story", "story_id", "event", "event_id", "cluster", "cluster_id", "topic", "historia", "evento"),
    "rights": ("rights", "license", "licence", "copyright", "derechos", "licencia", "lizenz"),
    "captions": ("captions",),
    "id": ("id", "article_id", "doc_id", "document_id", "news_id", "uuid", "guid", "uid", "identifier"),
}  # fmt: skip
SHOWN_COLUMNS = 20


@dataclass(frozen=True, slots=True)
class Preview:
    """The beginning of a table, for somebody who says which column is which.

    ``rows`` holds the cells as text, cut to what fits a page; ``guessed`` our fields and their columns;
    ``delimiter`` is "" where the format has none.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    guessed: Mapping[str, str]
    encoding: str = ""
    delimiter: str = ""


type Fits = Callable[[str, str], bool]


def _always(_field: str, _column: str) -> bool:
    return True


def guess_columns(header: Sequence[str], fits: Fits = _always) -> dict[str, str]:
    """Our fields and the columns that hold them, by well-known names; a column serves one field, the surest.

    Where two columns have the name that would be taken ("Title" and "title" too), the field is left out.
    ``fits(field, column)`` says whether the column's type can be the field's.
    """
    return {field: columns[0] for field, columns in _candidates(header, fits).items() if len(columns) == 1}


def mapping_for(header: Sequence[str], columns: Mapping[str, str], fits: Fits = _always) -> dict[str, str]:
    """Our fields and their columns: as ``columns`` says, and for fields it does not name as guessed.

    "" as a column leaves a field out. Raises BadFieldError where a named column is missing, where two fit a field or
    have the same name, where the field is none of ours, and where nothing looks like the text.
    """
    check_fields(columns)
    for field, column in columns.items():
        if column and column not in header:
            raise BadFieldError(
                field, "no_such_column", f"There is no column {_shown([column])}. The columns are: {_shown(header)}."
            )
    taken = set(columns.values())
    candidates = {field: columns for field, columns in _candidates(header, fits).items() if taken.isdisjoint(columns)}
    for field, fitting in candidates.items():
        if field not in columns and len(fitting) > 1 and len(set(fitting)) > 1:
            raise BadFieldError(
                field,
                "duplicate_column",
                f'Several columns may be the field "{field}": {_shown(fitting)}. Say which: --column {field}=COLUMN, or '
                f"--column {field}= for none.",
            )
    guessed = {field: fitting[0] for field, fitting in candidates.items()}
    mapping = {field: column for field, column in (guessed | dict(columns)).items() if column}
    for field, column in mapping.items():
        if header.count(column) > 1:
            raise BadFieldError(
                field,
                "duplicate_column",
                f"The column {_shown([column])} stands twice. Give each a name of its own, or leave the field out: "
                f"--column {field}=.",
            )
    if "text" not in mapping:
        raise BadFieldError(
            "text",
            "no_text_column",
            f"No column looks like the article's text. The columns are: {_shown(header) or 'none'}. Say which it is: "
            "--column text=COLUMN.",
        )
    return mapping


def check_fields(columns: Mapping[str, str]) -> None:
    """Raises BadFieldError where a field is none of ours."""
    for field in columns:
        if field not in FIELDS:
            raise BadFieldError(
                "", "no_such_field", f"There is no field {excerpt_of(field)!r}. Choose one of: {', '.join(FIELDS)}."
            )


def _candidates(header: Sequence[str], fits: Fits) -> dict[str, list[str]]:
    """For each field the columns with the surest of its names that is there."""
    plain: dict[str, list[str]] = {}
    for column in header:
        plain.setdefault(_plain(column), []).append(column)
    found = {}
    for field, names in KNOWN_NAMES.items():
        for name in names:
            fitting = [column for column in plain.get(name, ()) if fits(field, column)]
            if fitting:
                found[field] = fitting
                break
    return found


def _shown(names: Sequence[str]) -> str:
    shown = ", ".join(excerpt_of(name)[:50] or '""' for name in names[:SHOWN_COLUMNS])
    return f"{shown}, and {len(names) - SHOWN_COLUMNS} more" if len(names) > SHOWN_COLUMNS else shown


def _plain(name: str) -> str:
    """Case, accents and signs aside: "Título (ES)" is "titulo_es", "pubDate" is "pubdate"."""
    letters = "".join(c for c in unicodedata.normalize("NFKD", name.casefold()) if not unicodedata.combining(c))
    return re.sub(r"[\W_]+", "_", letters).strip("_")
