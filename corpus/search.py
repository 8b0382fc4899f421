"""Full-text search over articles: which words a text has, what a typed query means, and where it matched.

Words are Postgres lexemes of the configuration that fits the article's language. Scripts that put no space between
words (Han, Kana, Thai, Lao, Khmer, Burmese), and Hangul, whose words carry their particles, are cut into pairs of
characters, in the text and in the query alike: "移民问题" is found by its pairs, one after the other. UAX #29 would
give single characters there, of which an article has hundreds alike.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import reduce
from operator import or_
from typing import Any

from django.contrib.postgres.search import SearchVectorField
from django.db import connection
from django.db.models import Case, F, FloatField, Func, Lookup, Q, QuerySet, Value, When

from corpus.models import ArticleSearch

# Code points of an article that are searched: a tsvector holds at most 1 MiB.
SEARCHED_CHARS = 80_000
# Code points of a query.
LONGEST_QUERY = 200
FALLBACK = "simple"
# BCP 47 primary language → Postgres configuration, where the server has it (18 has more than 15).
CONFIGS = {
    "ar": "arabic",
    "ca": "catalan",
    "da": "danish",
    "de": "german",
    "el": "greek",
    "en": "english",
    "es": "spanish",
    "et": "estonian",
    "eu": "basque",
    "fi": "finnish",
    "fr": "french",
    "ga": "irish",
    "hi": "hindi",
    "hu": "hungarian",
    "hy": "armenian",
    "id": "indonesian",
    "it": "italian",
    "lt": "lithuanian",
    "nb": "norwegian",
    "ne": "nepali",
    "nl": "dutch",
    "nn": "norwegian",
    "no": "norwegian",
    "pt": "portuguese",
    "ro": "romanian",
    "ru": "russian",
    "sr": "serbian",
    "sv": "swedish",
    "ta": "tamil",
    "tr": "turkish",
    "yi": "yiddish",
}
# Han, Kana and Hangul; Thai, Lao, Burmese, Khmer. With their marks, as those stand inside a run.
_UNSPACED = (
    "\u0e01-\u0e3a\u0e40-\u0e4e\u0e81-\u0edf\u1000-\u109f\u1780-\u17dd\u1100-\u11ff\u3005-\u3007\u3040-\u30ff"
    "\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\uff66-\uff9f\U00020000-\U0003ffff"
)
_RUN = re.compile(f"[{_UNSPACED}]+")
_QUOTED = re.compile(r'-?"[^"]*"?|[^\s"]+')
# Canonical text has no control characters, so these cannot stand in it.
_OPEN, _CLOSE, _CUT = "\x01", "\x02", "\x03"
_MARKED = re.compile(f"{_OPEN}(.*?){_CLOSE}", re.DOTALL)
_HEADLINE = f"StartSel={_OPEN}, StopSel={_CLOSE}, HighlightAll=true"
_EXCERPT = f"StartSel={_OPEN}, StopSel={_CLOSE}, FragmentDelimiter={_CUT}, MaxFragments=2, MinWords=10, MaxWords=22, ShortWord=2"
_AROUND = 40
# So many matches are read through the index of words and sorted; more frequent words are soon met on a walk instead.
# Where both cost alike in a corpus of a million: the walk reads about (wanted rows) x (articles) / (matches).
GATHERED = 30_000
_ALL = 2**31 - 1


@SearchVectorField.register_lookup
class Matches(Lookup):
    """``vector__matches=text``: the words of the vector answer a tsquery that Postgres wrote."""

    lookup_name = "matches"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        left, left_params = self.process_lhs(compiler, connection)
        right, right_params = self.process_rhs(compiler, connection)
        return f"{left} @@ {right}::tsquery", (*left_params, *right_params)


def config_for(language: str | None, installed: frozenset[str]) -> str:
    """The configuration for a BCP 47 tag: that of its primary language, else ``simple``, which folds case only."""
    config = CONFIGS.get((language or "").partition("-")[0].casefold(), FALLBACK)
    return config if config in installed else FALLBACK


def installed_configs() -> frozenset[str]:
    """The configurations that this Postgres brings."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT cfgname FROM pg_ts_config WHERE cfgnamespace = 'pg_catalog'::regnamespace")
        return frozenset(name for (name,) in cursor.fetchall())


def occurring_configs() -> list[str]:
    """The configurations of indexed articles, by one look into the index for each."""
    return _leap("corpus_articlesearch", "config")


def occurring_languages() -> list[str]:
    """The language tags of all articles, by one look into the index for each."""
    return _leap("corpus_article", "language")


def _leap(table: str, column: str) -> list[str]:
    """Distinct values of an indexed column, without reading its rows."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH RECURSIVE leap AS ("  # noqa: S608 - names from this module
            f"(SELECT {column} AS value FROM {table} WHERE {column} IS NOT NULL ORDER BY {column} LIMIT 1) UNION ALL "
            f"SELECT (SELECT {column} FROM {table} WHERE {column} > leap.value ORDER BY {column} LIMIT 1) "
            f"FROM leap WHERE leap.value IS NOT NULL) SELECT value FROM leap WHERE value IS NOT NULL"
        )
        return [value for (value,) in cursor.fetchall()]


def in_pairs(text: str) -> str:
    """Runs without word breaks cut into overlapping pairs, and the last character again: 移民 → ``移民 民``.

    With the last one, every character begins a word of the index, so that a single one is found as a beginning.
    """
    return _RUN.sub(lambda run: f" {' '.join(run[0][i : i + 2] for i in range(len(run[0])))} ", text)


@dataclass(frozen=True, slots=True)
class Query:
    """What somebody typed, as Postgres understands it in each configuration; ``by_config`` lacks those where nothing
    is left of it, for instance where all its words are stop words. ``rare``: few articles answer it, see GATHERED."""

    typed: str
    by_config: Mapping[str, str]
    rare: bool = False

    def __bool__(self) -> bool:
        return bool(self.by_config)

    @property
    def configs_of(self) -> dict[str, list[str]]:
        """tsquery → configurations in which the typed words come out so."""
        found: dict[str, list[str]] = {}
        for config, query in self.by_config.items():
            found.setdefault(query, []).append(config)
        return found

    def condition(self) -> Q:
        """On articles: those that answer the query. Rare ones are read through the index of words before anything else:
        the limit, which none of them reaches, keeps Postgres from walking the articles in order until it has met enough.
        """
        if self.rare:
            return Q(pk__in=self._matches().values("pk")[:_ALL])
        return reduce(or_, self._arms("search__"))

    def _matches(self) -> QuerySet[ArticleSearch]:
        return ArticleSearch.objects.filter(reduce(or_, self._arms(""))).order_by()

    def _arms(self, prefix: str) -> list[Q]:
        return [
            Q(**{f"{prefix}config__in": sorted(configs), f"{prefix}vector__matches": query})
            for query, configs in self.configs_of.items()
        ]

    def estimated_matches(self) -> int:
        """How many articles answer it by the statistics of Postgres; nothing is read for that."""
        (plan,) = json.loads(self._matches().values("pk").explain(format="json"))
        return int(plan["Plan"]["Plan Rows"])

    def rank(self) -> Case:
        """On articles: how well each answers (ts_rank, a word of the headline counting ten times one of a caption)."""
        return Case(
            *(
                When(
                    search__config__in=sorted(configs),
                    then=Func(
                        F("search__vector"),
                        Value(query),
                        template="ts_rank(%(expressions)s::tsquery, 1)::double precision",
                        output_field=FloatField(),
                    ),
                )
                for query, configs in self.configs_of.items()
            ),
            default=Value(0.0),
            output_field=FloatField(),
        )


def understand(typed: str, configs: Iterable[str]) -> Query:
    """The typed words in each of ``configs``: ``word word`` both, ``or``, ``"a phrase"``, ``-without``.

    A query that only says what must not occur counts as empty: it would read the whole index.
    """
    rest, beginnings = query_words(typed)
    wanted = list(configs)
    if not wanted or not (rest or beginnings):
        return Query(typed, {})
    prefix = " & ".join(f"'{one}':*" for one in beginnings)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT config, query::text FROM (SELECT config, websearch_to_tsquery(config::regconfig, %s) "
            "&& to_tsquery('simple', %s) AS query FROM unnest(%s::text[]) AS config) asked "
            "WHERE numnode(query) > 0 AND querytree(query) NOT IN ('', 'T')",
            [rest, prefix, wanted],
        )
        query = Query(typed, dict(cursor.fetchall()))
    return replace(query, rare=query.estimated_matches() <= GATHERED) if query else query


def query_words(typed: str) -> tuple[str, list[str]]:
    """(query for ``websearch_to_tsquery``, single characters that a word must begin with).

    Runs without word breaks become phrases of pairs; what people quote stays one phrase.
    """
    rest: list[str] = []
    beginnings: list[str] = []
    for term in _QUOTED.findall(typed.replace("\x00", " ")[:LONGEST_QUERY]):
        if '"' in term:
            minus = "-" if term.startswith("-") else ""
            rest.append(f'{minus}"{pairs_only(term.strip("-").strip(chr(34)))}"')
        elif _RUN.search(term):
            minus = "-" if term.startswith("-") else ""
            for piece in re.findall(f"[{_UNSPACED}]+|[^{_UNSPACED}]+", term.removeprefix("-")):
                if len(piece) == 1 and _RUN.fullmatch(piece) and not minus:
                    beginnings.append(piece)
                else:
                    rest.append(f'{minus}"{pairs_only(piece)}"')
        else:
            rest.append(term)
    return " ".join(rest), beginnings


def pairs_only(phrase: str) -> str:
    """Like :func:`in_pairs` without the last character alone: in the text it is followed by something."""

    def pairs(run: re.Match[str]) -> str:
        return f" {' '.join(run[0][i : i + 2] for i in range(max(1, len(run[0]) - 1)))} "

    return _RUN.sub(pairs, phrase)


@dataclass(frozen=True, slots=True)
class Excerpt:
    """Pieces of text in order, each with whether it matched; templates escape every piece."""

    pieces: tuple[tuple[str, bool], ...]


@dataclass(frozen=True, slots=True)
class Found:
    """Where a query matched in one article: its whole headline, and up to two stretches of the text."""

    headline: Excerpt
    excerpts: tuple[Excerpt, ...]


def find_words(query: Query, article_ids: Iterable[int]) -> dict[int, Found]:
    """For the articles of one page, where ``query`` matched (one statement)."""
    ids = list(article_ids)
    runs = _RUN.findall(query.typed)
    if not query or not ids:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT a.id, a.title, "
            "ts_headline(asked.config::regconfig, a.title, asked.query::tsquery, %s), "
            "ts_headline(asked.config::regconfig, body.text, asked.query::tsquery, %s), CASE WHEN %s THEN body.text ELSE '' END "
            "FROM corpus_articlesearch s JOIN corpus_article a ON a.id = s.article_id "
            "CROSS JOIN LATERAL (SELECT substr(a.text, CASE WHEN starts_with(a.text, a.title) THEN length(a.title) + 1 "
            "ELSE 1 END, %s)) AS body(text) "
            "JOIN unnest(%s::text[], %s::text[]) AS asked(config, query) ON asked.config = s.config "
            "WHERE s.article_id = ANY(%s)",
            [
                _HEADLINE,
                _EXCERPT,
                bool(runs),
                SEARCHED_CHARS,
                list(query.by_config),
                list(query.by_config.values()),
                ids,
            ],
        )
        rows = cursor.fetchall()
    found = {}
    for key, title, headline, excerpt, text in rows:
        if runs:
            found[key] = Found(_mark_runs(title, runs), _excerpts_of_runs(text, runs))
        else:
            found[key] = Found(_pieces(headline), tuple(_pieces(part) for part in excerpt.split(_CUT) if _OPEN in part))
    return found


def _pieces(marked: str) -> Excerpt:
    """What stands between the marks matched."""
    cut = _MARKED.split(" ".join(marked.split()))
    return Excerpt(tuple((piece, bool(number % 2)) for number, piece in enumerate(cut) if piece))


def _mark_runs(text: str, runs: list[str]) -> Excerpt:
    pattern = "|".join(re.escape(run) for run in sorted(set(runs), key=len, reverse=True))
    return _pieces(re.sub(pattern, lambda match: f"{_OPEN}{match[0]}{_CLOSE}", text))


def _excerpts_of_runs(text: str, runs: list[str]) -> tuple[Excerpt, ...]:
    """The first place of each of the first two runs; ts_headline knows no pairs."""
    places = [at for run in runs[:2] if (at := text.find(run)) >= 0]
    return tuple(
        _mark_runs(text[max(0, at - _AROUND) : at + 2 * _AROUND].replace("\n", " "), runs) for at in sorted(set(places))
    )
