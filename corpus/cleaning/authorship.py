"""Who wrote it and when: bylines, dates, "Reporting by", author boxes, copyright and corrections notices.

They go to fields, or nowhere; in the text they would tell a blind annotator what paper it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from corpus.cleaning.page import PROSE_WORDS, Cut, Line, Page, Rule, key_of, phrases

_BIO_WORDS = 60
_NAME_WORDS = 18

_LABEL = (
    r"(?:(?:written|posted|published|reported|edited|words|text|story|article|updated|modified|last updated|"
    r"last modified|first published|created|filed)(?: (?:by|on|at|in))?|by|author|date)"
)
_EMPTY = re.compile(rf"(?:{_LABEL}[\s:|,·•–-]*)+", re.I)
_BY = re.compile(
    r"(?:(?:written|words|text|story|report|reported|posted|published|article|exclusive)\s+by|by|author|autor|por|von|par)"
    r"\s*:?\s+(?P<names>.+)",
    re.I,
)
_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|"
    r"nov(?:ember)?|dec(?:ember)?|enero|febrero|marzo|abril|mayo|junio|julio|agosto|septiembre|octubre|noviembre|diciembre|"
    r"januar|februar|märz|mai|juni|juli|oktober|dezember|janvier|février|mars|avril|juin|juillet|août|septembre|octobre|"
    r"novembre|décembre)\.?"
)
_DATE = (
    rf"(?:(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?\.?,?\s+)?(?:{_MONTH}\s+\d{{1,2}}(?:st|nd|rd|th)?"
    rf"(?:,?\s+\d{{4}})?|\d{{1,2}}(?:st|nd|rd|th)?\.?\s+(?:(?:of|de)\s+)?{_MONTH}(?:(?:,|\s+de)?\s+\d{{4}})?|\d{{4}}-\d{{2}}-\d{{2}}|"
    r"\d{1,2}[./]\d{1,2}[./]\d{2,4})"
)
_TIME = r"(?:\d{1,2}[:.]\d{2}(?::\d{2})?\s*(?:[ap]\.?m\.?)?(?:\s*\(?[A-Z]{2,5}\)?|\s*uhr)?|\d{1,2}\s*[ap]\.?m\.?(?:\s*[A-Z]{2,5})?)"
_STAMP = rf"(?:{_DATE}(?:T\S+)?(?:[\s,|·•–-]|\bat\b)*(?:{_TIME})?|{_TIME}[\s,|·•–-]+{_DATE})"
_DATE_LINE = re.compile(
    rf"(?:(?:first )?(?:published|posted|updated|last updated|last modified|modified|created|date)(?: on| at)?\s*:?\s*)?{_STAMP}"
    rf"(?:[\s,|·•–/-]*(?:(?:first )?(?:published|posted|updated|last updated|modified)(?: on| at)?\s*:?\s*)?{_STAMP})*\W*"
    r"|(?:published|posted|updated)?\s*\d{1,2} (?:minutes?|hours?|days?|weeks?|months?|years?) ago",
    re.I,
)
_TRAILING_STAMP = re.compile(
    rf"[\s,|·•–/-]+(?:(?:published|posted|updated|on|at)(?: on| at)?\s*:?\s*)?{_STAMP}.*$", re.I
)
_DIGIT = re.compile(r"\d")  # every stamp has one
_CONNECTORS = frozenset(
    [
        "and",
        "y",
        "und",
        "et",
        "e",
        "with",
        "for",
        "in",
        "of",
        "at",
        "the",
        "de",
        "la",
        "las",
        "los",
        "del",
        "da",
        "do",
        "dos",
        "das",
        "di",
        "van",
        "von",
        "der",
        "den",
        "bin",
        "al",
        "el",
        "abu",
        "le",
        "contributing",
        "staff",
        "senior",
        "writer",
        "writers",
        "reporter",
        "reporters",
        "correspondent",
        "editor",
        "editors",
        "columnist",
        "contributor",
        "freelance",
        "special",
        "chief",
        "political",
        "national",
        "foreign",
        "to",
        "our",
        "&",
        "|",
        "/",
        ",",
        "-",
        "–",
        "·",
        "•",
    ]
)
_BESIDE_WORDS = 6
_BESIDE = re.compile(
    r"(?-i:(?:[^\Wa-z\d_]\S*\s+)*(?:News|Times|Post|Herald|Press|Daily|Journal|Radio|TV|Magazine|Reporter|Correspondent|Editor|"
    r"Writer|Columnist|Contributor|Staff)\b.{0,30})|(?:reporting (?:from|in)|in) (?-i:[^\Wa-z\d_]).{1,40}",
    re.I,
)
_REPORTING = re.compile(
    r"[(\[]?(?:(?:additional|further|with)\s+)?(?:additional\s+)?(?:reporting|writing|editing|edited|compiled|written|"
    r"translated|translation|research|graphics|photography|production)\s+(?:and\s+(?:writing|editing|reporting)\s+)?by\s+"
    r"(?-i:[^\Wa-z\d_]).*",
    re.I,
)
_CONTRIBUTED = re.compile(
    r".{2,120}\bcontributed (?:reporting )?(?:to|from) (?:this|the) (?:report|story|article|piece)\b.{0,40}"
    r"|(?:this|the) (?:story|article|report|piece|post) (?:was|is|has been|first|originally)\b.{0,40}"
    r"\b(?:published|appeared|republished|produced|syndicated)\b.{0,160}|a version of this (?:article|story) appear(?:s|ed)\b.{0,260}",
    re.I,
)
_COPYRIGHT = re.compile(
    r"(?:copyright|©|\(c\))\s*(?:©|\(c\))?\s*(?:\d{4}|the |by ).{0,200}|.{0,120}\ball rights reserved\b.{0,80}", re.I
)
_ABOUT = re.compile(
    r"about (?:the )?(?:authors?|writers?)\s*:?|(?:about|meet) (?P<name>[^.!?:]{2,60}?)\s*:?|author bio\w*", re.I
)
_WRITES = re.compile(
    r"\b(?:writers?|journalists?|reporters?|editors?|authors?|correspondents?|columnists?|contributors?|bloggers?|"
    r"freelancer?|newsroom|novelist|covers|covering|writes|reports on|graduated|bylines?|e?-?mail (?:him|her|them))\b",
    re.I,
)
_FOLLOW = phrases(
    r"(?:follow|contact|e-?mail|reach)(?: (?:him|her|them|me|us|the author|[^\s.]+(?: [^\s.]+)?))? (?:on|at|via|@)\s*.{2,80}",
    r"(?:view|see|read|more)(?: (?:all|more))? (?:posts?|articles?|stories) (?:by|from) .{2,60}|view all posts",
)
_ADDRESS = re.compile(
    r"\[\s*e-?mail\s*(?:\u00a0|\s)*protected\s*\]|[\w.+-]+\s*(?:@|[\[(]\s*at\s*[\])]|\s+at\s+(?=\w+\s+dot\s))\s*[\w-]+"
    r"(?:\s*(?:\.|[\[(]\s*dot\s*[\])]|\s+dot\s+)\s*[\w-]+)+",
    re.I,
)
_CORRECTIONS = re.compile(
    r"(?:corrections?|report (?:an? )?(?:error|typo|mistake|correction)|(?:spotted|found|seen|noticed|see|find) (?:an? |any )"
    r"(?:error|typo|mistake|inaccuracy)|(?:did|have) we (?:get|got|make|made)|something wrong|if you (?:are aware|see|spot|"
    r"find|notice|believe))\b",
    re.I,
)
_INVITES = re.compile(
    r"\b(?:report|contact|send|e-?mail|write|let us know|tell us|get in touch|reach|would like to know|submit)\b", re.I
)
_CORRECTION_WORDS = 80
_SHORT_BOX = 40
_ADDRESS_WORDS = 8


def empty_byline(page: Page) -> Iterator[Cut]:
    """The frame of a byline that extraction left without its name: "Written by Published"."""
    for line in page.head:
        if _EMPTY.fullmatch(line.text):
            yield page.whole(line)


def byline(page: Page) -> Iterator[Cut]:
    """Names after "By", names before a date, and the byline that came as a field, near the top."""
    given = key_of(page.byline)
    above: Line | None = None
    for line in page.head:
        if above is not None and _beside_byline(line, above):
            yield page.whole(line)
        above = None
        if line.n_words > _NAME_WORDS or line.text.endswith(("?", "!")):
            continue
        bare = _TRAILING_STAMP.sub("", line.text) if _DIGIT.search(line.text) else line.text
        found = _BY.fullmatch(bare)
        names = (found["names"] if found else bare).strip(" |,·•–-/")
        stamped = bare != line.text and bare
        if (found or stamped) and _are_names(names):
            yield page.whole(line, byline=names)
            above = line
        elif given and given == key_of(names):
            yield page.whole(line)
            above = line


def _beside_byline(line: Line, above: Line) -> bool:
    """The outlet, the job or the place below a name: "BBC News", "Reporting from Vienna"."""
    near = line.paragraph - above.paragraph <= 1 and line.n_words <= _BESIDE_WORDS and not line.ends_sentence
    return near and _BESIDE.fullmatch(line.text) is not None


def _are_names(text: str) -> bool:
    """Only capitalised words, initials, job titles and what joins them."""
    words = re.sub(r"[,|/·•–]", " ", text).split()
    if not words:
        return False
    bare = [w.strip(".,;:()[]'’\"") for w in words]
    return any(w[:1].isupper() for w in bare) and all(
        w.casefold() in _CONNECTORS or not (w[:1].islower() or w[:1].isdigit()) for w in bare
    )


def date_line(page: Page) -> Iterator[Cut]:
    """A line that holds a date of publication or change and nothing else, near the top or at the end."""
    for line in {id(line): line for line in (*page.head, *page.tail)}.values():
        if _DIGIT.search(line.text) and _DATE_LINE.fullmatch(line.text):
            yield page.whole(line)


def reporting_by(page: Page) -> Iterator[Cut]:
    """Credits of reporters, editors and agencies that stand on a line of their own."""
    for line in page.body:
        if _REPORTING.fullmatch(line.text):
            yield page.whole(line)
    yield from page.matching(_CONTRIBUTED, among=page.tail)


def author_box(page: Page) -> Iterator[Cut]:
    """ "About NAME" with the biography below it, and a biography that opens with the byline's name.

    A section of the article may be headed "About the caravan": without a word for writing in it, it stays.
    """
    body = page.body
    half = len(body) // 2
    for i, line in enumerate(body[half:], half):
        if line.n_words > PROSE_WORDS:
            continue
        found = _ABOUT.fullmatch(line.text)
        following = body[i + 1] if i + 1 < len(body) else None
        if found and following and _is_bio(following, found["name"] or ""):
            yield page.whole(line)
            yield page.whole(following)
        elif found and not following and not found["name"]:
            yield page.whole(line)
    for line in page.tail:
        if _FOLLOW.fullmatch(line.text):
            yield page.whole(line)
    if page.byline and body[half:]:
        last = [line for line in body[half:] if line.n_words <= _BIO_WORDS][-3:]
        for line in last:
            opens = line.key.startswith(key_of(page.byline)) and re.search(
                r"\b(?:is|was|covers|writes|reports)\b", line.text
            )
            if opens and _WRITES.search(line.text):
                yield page.whole(line)


def _is_bio(line: Line, name: str) -> bool:
    named = not name or line.key.startswith(key_of(name)) or key_of(name.split()[0]) in line.key[:40]
    return line.n_words <= _BIO_WORDS and named and _WRITES.search(line.text) is not None


def corrections_box(page: Page) -> Iterator[Cut]:
    """An invitation to report mistakes, with an address that may be obfuscated. A published correction is not one."""
    for line in page.body:
        if line.n_words <= _ADDRESS_WORDS and _ADDRESS.fullmatch(line.text):
            yield page.whole(line)
        elif line.n_words <= _CORRECTION_WORDS and _CORRECTIONS.match(line.text) and _INVITES.search(line.text):
            linked = line.n_words <= _SHORT_BOX and re.search(r"\b(?:form|link|here|policy)\b", line.text, re.I)
            if linked or _ADDRESS.search(line.text):
                yield page.whole(line)


RULES = (
    Rule("empty_byline", 1, empty_byline, "The frame of a byline whose name was lost."),
    Rule("date_line", 1, date_line, "A date of publication or change on a line of its own."),
    Rule("byline", 1, byline, "The line with the authors' names; they go to the field byline.", short_only=True),
    Rule(
        "reporting_by",
        1,
        reporting_by,
        "Credits of reporters, editors and agencies on a line of their own.",
        takes_prose=True,
    ),
    Rule("author_box", 1, author_box, "The author's biography and links to the author's accounts.", takes_prose=True),
    Rule(
        "corrections_box",
        1,
        corrections_box,
        "An invitation to report mistakes; a published correction stays.",
        takes_prose=True,
    ),
    Rule("copyright", 1, lambda page: page.matching(_COPYRIGHT), "Notices of rights."),
)
