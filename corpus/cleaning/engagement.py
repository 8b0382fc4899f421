"""What a page asks its reader to do: share, subscribe, comment; and how long reading will take."""

from __future__ import annotations

import re
from collections.abc import Iterator

from corpus.cleaning.page import Cut, Line, Page, Rule, phrases

_NEIGHBOURS = 2
_MAX_WORDS = 30

_READ_TIME = phrases(
    r"[^\w]*(?:about |approx\.? |estimated )?\d{1,3}(?:\s*[-–]\s*\d{1,3})?[ -]?(?:min(?:ute)?s?\.?)(?:[ -]read(?:ing)?)"
    r"(?: time)?[^\w]*",
    r"(?:estimated |average )?read(?:ing)?(?: time)?\s*:?\s*(?:about |approx\.? |<\s*)?\d{1,3}\s*(?:min(?:ute)?s?|m)\.?"
    r"(?: read)?",
    r"(?:less than (?:a|one|1) minute|one[ -]minute)(?: read)?",
    r"(?:tiempo de lectura|lesezeit|temps de lecture)\s*:?\s*\d{1,3}\s*min\w*\.?",
    r"\d{1,3} (?:min(?:uto)?s? de lectura|min\.? lesezeit|minutes de lecture)",
    r".{0,40}\b\d{4}\s*[·•|]\s*\d{1,3} min(?:ute)?s?(?: read)?",
)
_NETWORK = (
    r"(?:facebook|twitter|x|whats ?app|telegram|linked ?in|pinterest|reddit|e-?mail|mail|instagram|threads|bluesky|"
    r"mastodon|tumblr|flipboard|messenger|pocket|copy(?: link)?|link|print|sms|tiktok|youtube|share|tweet|pin|more)"
)
_SHARE = phrases(
    r"share(?: (?:this|the|on|via|with|it|your).{0,40})?\s*:?|share (?:full )?(?:article|story|page|post)|about sharing",
    rf"(?:share|post|tweet|send|pin|email|e-mail)(?: this(?: \w+)?)?(?: on| to| via| by| with)? {_NETWORK}(?: \(.*\))?",
    rf"(?:{_NETWORK}[\s,|/·•]+)*{_NETWORK}",
    r"click to (?:share|print|email|e-mail|tweet).*",
    r"(?:tweet|pin it|print(?: this)?(?: article| page)?|copy (?:link|url)|link copied!?|save(?: article)?|bookmark)",
    r"\d+(?:[.,]\d+)?k?\s+(?:shares?|tweets?|likes?|views?)",
    r"(?:follow|like|find|join) us on .{2,60}",
    r"like this:|loading\.{3}|like loading\.{3}|like|liked|gift(?: this)? article|listen(?: to (?:this )?article)?",
    r"(?:compartir|teilen|partager)(?: (?:en|auf|sur) \w+)?",
)
_NOTIFY = phrases(
    r"notify(?: me)?(?: of)?(?: new)?(?: follow-?up)?(?: comments?| posts?)?(?: (?:by|via) e-?mail\.?)?",
    r"notify me of (?:new|follow-?up) .{1,40}",
    r"(?:enable|turn on|allow|get|receive|manage)(?: \w+)? (?:push )?(?:notifications?|alerts)(?: .{0,40})?",
    r"(?:please )?(?:sign up|subscribe|register|join)(?: now| here| today| free)?(?: (?:for|to))? (?:our|the|my)"
    r" (?:\S+ ){0,4}(?:newsletters?|mailing list|e-?mail list|updates|alerts|channel|bulletin|briefing)\b.{0,100}",
    r"get (?:the|our|your) (?:\S+ ){0,6}(?:delivered|sent|straight|in|to) .{0,30}(?:inbox|e-?mail|phone)\b.{0,60}",
    r"(?:enter|type) your e-?mail(?: address)?.{0,80}|your e-?mail address|e-?mail address",
    r"newsletter(?: sign[ -]?up)?|stay (?:informed|up to date|connected|in the loop).{0,60}",
)
_COMMENTS = phrases(
    r"(?:leave|post|add|write|submit)(?: a| your)? (?:comment|reply|response)s?(?: (?:to|on|below) .{0,80}| below)?",
    r"leave a (?:comment|reply)(?: cancel reply)?|cancel reply|reply|responses?",
    r"(?:no|\d+|one|view|show|load|read|hide|see|all|inline|most recent|latest)(?: (?:all|more|\d+))*"
    r" (?:comments?|responses|feedbacks?|repl(?:y|ies))(?: .{0,30})?",
    r"comments?(?: \(\d+\)| section| policy)?\s*:?",
    r"comments (?:are|have been|for this \w+ are)(?: now)? (?:closed|disabled|off|turned off|moderated).{0,40}",
    r"comment(?:s)? (?:via|with|on|using|by|through) .{2,30}",
    r"your e-?mail (?:address )?will not be (?:published|shared).*",
    r"required fields are marked.{0,5}",
    r"(?:would love|we(?:'|’)d love) (?:to (?:hear|know) )?your (?:thoughts|opinion|feedback).{0,40}",
    r"save my name,? (?:e-?mail|and).{0,90}",
    r"(?:you must be|please|you need to be) (?:logged in|log in|login|sign(?:ed)? in|register(?:ed)?).{0,60}comment.{0,20}",
    r"(?:log|sign) in to (?:comment|reply|join).{0,40}",
    r"(?:join|start) the (?:conversation|discussion).{0,40}|have your say.{0,40}|what do you think\?.{0,60}comments.{0,20}",
    r"this (?:site|form) (?:uses akismet|is protected by).{0,120}|learn how your comment data is processed\.?",
    r"(?:oldest|newest|most voted)(?: (?:oldest|newest|most voted))*|please login to comment|be the first to comment.?",
    r"(?:enter|type|write) your (?:comment|reply|message)(?: here)?.{0,10}",
    r"(?:deja|dejar|escribe) un comentario|schreibe? einen kommentar|laisser un commentaire",
    r"\d+ (?:comentarios?|kommentare?|commentaires?)|(?:comentarios?|kommentare?|commentaires?)(?: \(\d+\))?",
)
_CLOSING_BUTTON = re.compile(r"(?<=[.!])\s*[x×]$")
_BETWEEN_SENTENCES = re.compile(r"(?<=[.!?])\s+")
# Parts of a form: debris only beside a line that is certainly of a comment block.
_FORM_PART = phrases(
    r"(?:name|e-?mail|website|comment|message|url|captcha)\s*\*?:?|submit|send|login|label|guest|sort by.{0,20}|"
    r"best|newest|oldest|x|\[\+\]|\{\}|\d+|δ|△",
)


def share(page: Page) -> Iterator[Cut]:
    """Buttons, and a bare count below one."""
    before: Line | None = None
    for line in page.body:
        counts = before is not None and line.text.isdecimal()
        if counts or (line.n_words <= _MAX_WORDS and _SHARE.fullmatch(line.text)):
            yield page.whole(line)
            before = None if counts else line
        else:
            before = None


def comment_block(page: Page) -> Iterator[Cut]:
    """The form under an article, its hints and its links."""
    short = [(i, line) for i, line in enumerate(page.body) if line.n_words <= _MAX_WORDS]
    certain = {i for i, line in short if _COMMENTS.fullmatch(_loose(line.text))}
    beside = {i + step for i in certain for step in range(-_NEIGHBOURS, _NEIGHBOURS + 1)}
    for i, line in short:
        if i in certain or (i in beside and _FORM_PART.fullmatch(line.text)) or _several(line.text):
            yield page.whole(line)


def _loose(text: str) -> str:
    """Without the sign of a closing button that extraction glues to the last words ("please comment.x")."""
    return _CLOSING_BUTTON.sub("", text) if text.endswith(("x", "×")) else text


def _several(text: str) -> bool:
    """Several hints on one line: each of its sentences is one."""
    parts = [part for part in _BETWEEN_SENTENCES.split(_loose(text)) if part]
    return len(parts) > 1 and all(_COMMENTS.fullmatch(part) for part in parts)


RULES = (
    Rule("read_time", 1, lambda page: page.matching(_READ_TIME), "How long reading is said to take.", short_only=True),
    Rule("share", 1, share, "Buttons to share, print, save or follow.", short_only=True),
    Rule(
        "notify",
        1,
        lambda page: page.matching(_NOTIFY),
        "Offers of newsletters, alerts and notifications.",
        short_only=True,
    ),
    Rule(
        "comment_block",
        1,
        comment_block,
        "The comment form under an article, its hints and its links.",
        short_only=True,
    ),
)
