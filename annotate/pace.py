"""How long what is left may take at a person's own pace. Pure arithmetic, in seconds."""

FEWEST = 3  # tasks from which a pace can be told
LATEST = 50  # tasks that it rests on


def duration(seconds: float) -> str:
    """Rounded as an estimate is: "under 5 min", "about 35 min", "about 2 h 10 min", "about 14 h"."""
    minutes = seconds / 60
    if minutes < 5:
        return "under 5 min"
    if minutes < 57.5:
        return f"about {5 * round(minutes / 5)} min"
    tens = round(minutes / 10)
    if tens < 60:
        hours, rest = divmod(10 * tens, 60)
        return f"about {hours} h {rest} min" if rest else f"about {hours} h"
    return f"about {round(minutes / 60):,} h"


def time_left(*, pace: float | None, remaining: int, capped: bool = False) -> str | None:
    """``pace``: the median of a person's tasks; None where it is not known or nothing is left.

    ``capped``: there are more than ``remaining``.
    """
    if pace is None or remaining == 0:
        return None
    words = duration(pace * remaining)
    return words.replace("about", "more than") if capped else words
