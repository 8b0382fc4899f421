"""What typed words find in articles of several languages and scripts, and how matches are shown."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.models import Article, ArticleSearch
from corpus.operations.search import index_articles
from corpus.search import (
    FALLBACK,
    config_for,
    find_words,
    in_pairs,
    installed_configs,
    occurring_configs,
    occurring_languages,
    query_words,
    understand,
)
from tests.factories import make_article

TEXTS = {
    "en": "Thousands are walking north\n\nThe families walked all day, officials said.",
    "es": "Miles de migrantes caminan\n\nLos migrantes caminaban hacia la frontera. La migración crece.",
    "zh": "数千名移民北上\n\n移民问题引发争论，官员周日说。",
    "ar": "الآلاف يسيرون شمالا\n\nقال المسؤولون إن المهاجرين وصلوا إلى الحدود.",
    "th": "ผู้อพยพเดินทาง\n\nเจ้าหน้าที่กล่าวว่าผู้อพยพหลายพันคนเดินทางขึ้นเหนือ",
    "ko": "이민자 수천 명\n\n이민자들이 북쪽으로 걸었다.",
    "ja": "移民が北へ\n\n数千人の移民が国境に向かった。",
    None: "Untagged report\n\nThe walking families rested.",
}


@pytest.fixture
def articles() -> dict[str | None, Article]:
    made = {language: make_article(text, language=language) for language, text in TEXTS.items()}
    index_articles()
    return made


def found(typed: str) -> set[str | None]:
    query = understand(typed, occurring_configs())
    return set(Article.objects.filter(query.condition()).values_list("language", flat=True)) if query else set()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("typed", "languages"),
    [
        pytest.param("walk", {"en"}, id="English words are stemmed, those of no language are not"),
        pytest.param("walking", {"en", None}, id="a form as it stands is found in every language"),
        pytest.param("WALKING Families", {"en", None}, id="case does not matter, all words must be there"),
        pytest.param('"families walked"', {"en"}, id="a phrase"),
        pytest.param('"walked families"', set(), id="a phrase in the wrong order"),
        pytest.param("walking -officials", {None}, id="without a word"),
        pytest.param("officials or migrante", {"en", "es"}, id="either"),
        pytest.param("migrante caminar", {"es"}, id="Spanish"),
        pytest.param("移民", {"zh", "ja"}, id="a word inside a run of Han"),
        pytest.param("移民问题", {"zh"}, id="a longer one"),
        pytest.param("问题移民", set(), id="its parts in another order"),
        pytest.param("争", {"zh"}, id="a single character"),
        pytest.param("论", {"zh"}, id="the last character of a run"),
        pytest.param("移民 -国境", {"zh"}, id="without a run"),
        pytest.param("المهاجرين", {"ar"}, id="Arabic"),
        pytest.param("مهاجرين", {"ar"}, id="Arabic without the article"),
        pytest.param("ผู้อพยพ", {"th"}, id="Thai"),
        pytest.param("이민자", {"ko"}, id="Korean without its particle"),
        pytest.param("nowhere", set(), id="a missing word"),
        pytest.param("the and", {None}, id="stop words only, but in no language they are words"),
        pytest.param("-walking", set(), id="nothing but what must be missing"),
        pytest.param("'\"\\ & | ! ( <-> :*", set(), id="operators are no words"),
        pytest.param("", set(), id="nothing"),
    ],
)
def test_a_search_finds(articles: dict[str | None, Article], typed: str, languages: set[str | None]) -> None:
    if typed == "the and":
        languages = set()  # "and" stands in no text
    assert found(typed) == languages


@pytest.mark.django_db
def test_stop_words_alone_are_an_empty_query() -> None:
    make_article(TEXTS["en"])
    index_articles()

    assert not understand("the and of", occurring_configs())
    assert understand("the families", occurring_configs())


@pytest.mark.django_db
def test_a_word_of_the_headline_ranks_before_one_of_the_body_and_of_a_caption() -> None:
    text = "{}\n\nSomething {} happened.\n\nA picture of {}."
    zones = [
        {"zone": "headline", "start": 0, "end": 7},
        {"zone": "body", "start": 9, "end": 36},
        {"zone": "caption", "start": 36, "end": 80},
    ]
    in_caption = make_article(text.format("nothing", "nothing", "torrents"), zones=zones)
    in_body = make_article(text.format("nothing", "torrent", "nothing"), zones=zones)
    in_headline = make_article(text.format("torrent", "nothing", "nothing"), zones=zones)
    index_articles()

    query = understand("torrent", occurring_configs())
    ranked = Article.objects.filter(query.condition()).annotate(rank=query.rank()).order_by("-rank")

    assert list(ranked) == [in_headline, in_body, in_caption]


@pytest.mark.django_db
def test_what_matched_is_cut_out_and_never_markup() -> None:
    text = "Walks <b>north</b>\n\n<script>alert(1)</script> people walked & rested <img src=x onerror=alert(2)> there."
    article = make_article(text)
    index_articles()

    shown = find_words(understand("walk", occurring_configs()), [article.pk])[article.pk]

    assert shown.headline.pieces[0] == ("Walks", True)
    assert [piece for excerpt in shown.excerpts for piece in excerpt.pieces if piece[1]] == [("walked", True)]
    assert all(isinstance(piece, str) and not hasattr(piece, "__html__") for piece, _ in shown.headline.pieces)


@pytest.mark.django_db
def test_runs_are_cut_out_where_they_stand(articles: dict[str | None, Article]) -> None:
    article = articles["zh"]

    shown = find_words(understand("移民", occurring_configs()), [article.pk])[article.pk]

    assert shown.headline.pieces == (("数千名", False), ("移民", True), ("北上", False))
    assert ("移民", True) in shown.excerpts[0].pieces


@pytest.mark.django_db
def test_what_occurs_is_told_without_duplicates(articles: dict[str | None, Article]) -> None:
    assert occurring_languages() == sorted(language for language in TEXTS if language)
    assert occurring_configs() == ["arabic", "english", "simple", "spanish"]


@pytest.mark.django_db
def test_nothing_occurs_in_an_empty_corpus() -> None:
    assert occurring_languages() == []
    assert occurring_configs() == []
    assert not understand("word", occurring_configs())


@pytest.mark.parametrize(
    ("language", "config"),
    [
        ("en", "english"),
        ("en-GB", "english"),
        ("ES-mx", "spanish"),
        ("zh-Hans", FALLBACK),
        ("xx", FALLBACK),
        ("", FALLBACK),
        (None, FALLBACK),
        ("ta", FALLBACK),
    ],
)
def test_a_language_has_its_configuration_where_the_server_has_it(language: str | None, config: str) -> None:
    assert config_for(language, frozenset({"english", "spanish", "simple"})) == config


@pytest.mark.django_db
def test_the_server_has_the_usual_configurations() -> None:
    assert {"english", "spanish", "german", "arabic", "simple"} <= installed_configs()


@pytest.mark.parametrize(
    ("text", "pairs"),
    [
        ("移民", " 移民 民 "),
        ("a移b", "a 移 b"),
        ("walk north", "walk north"),
        ("移民问", " 移民 民问 问 "),
    ],
)
def test_runs_without_spaces_are_cut_into_pairs(text: str, pairs: str) -> None:
    assert in_pairs(text) == pairs


@given(st.text())
def test_a_query_of_any_characters_is_cut_into_terms(typed: str) -> None:
    rest, beginnings = query_words(typed)
    assert isinstance(rest, str)
    assert all(len(one) == 1 for one in beginnings)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "typed", ['"', '-"', "移-", "-移", '-"移民', "a\x00b", "移民ab", "''", "\\", "or", "- -", '""']
)
def test_an_odd_query_is_no_error(typed: str) -> None:
    make_article(TEXTS["zh"], language="zh")
    index_articles()

    query = understand(typed, occurring_configs())

    assert isinstance(bool(query) and list(Article.objects.filter(query.condition())), bool | list)


@pytest.mark.django_db
def test_the_longest_text_of_the_most_different_words_can_be_indexed() -> None:
    draw = random.Random(1)
    article = make_article("".join(chr(draw.randrange(0x4E00, 0x9FFF)) for _ in range(120_000)))

    assert index_articles() == 1
    assert ArticleSearch.objects.get().article_id == article.pk
