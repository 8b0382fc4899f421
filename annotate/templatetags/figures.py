"""Figures on pages: rounded, with a true minus sign, and a dash where there is none."""

from typing import Any

from django import template
from django.template import Context
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from annotate.dashboard.explanations import explanation_of

register = template.Library()
NONE = mark_safe('<span class="quiet">–</span>')


@register.filter
def figure(value: float | None, digits: int = 2) -> str | SafeString:
    """``value`` with ``digits`` after the point; None is a quiet dash. What rounds to zero has no sign."""
    if value is None:
        return NONE
    words = f"{abs(value):.{digits}f}"
    return f"−{words}" if value < 0 and float(words) else words


@register.filter
def interval(bounds: tuple[float, float] | None, digits: int = 2) -> str | SafeString:
    """``low – high``; None is a quiet dash."""
    if bounds is None:
        return figure(None)
    return f"{figure(bounds[0], digits)} – {figure(bounds[1], digits)}"


@register.filter
def percent(share: float | None, digits: int = 1) -> str | SafeString:
    """A share as 7.4 % or 99.96 %: with more digits than asked for where it would be rounded to all or nothing."""
    if share is None:
        return NONE
    if share in (0, 1):
        return f"{100 * share:.0f} %"
    words = f"{100 * share:.{digits}f}"
    if 0 < share < 1 and float(words) in (0, 100) and digits < 4:
        return percent(share, digits + 1)
    return f"{words} %"


@register.simple_tag(takes_context=True)
def what(context: Context, metric: str, words: str = "") -> SafeString:
    """The button that says what a figure is: "?" beside it, or ``words``. Its text comes out with ``what_texts``.

    The page's context has a dictionary ``whats``, in which the button notes what it needs. KeyError: nobody wrote it.
    """
    explanation = explanation_of(metric)
    key = metric.partition(":")[0]
    context["whats"][key] = explanation
    if words:
        return format_html(
            '<button class="ask" type="button" popovertarget="what-{}" aria-label="{} {}">{}</button>',
            key,
            words,
            explanation.title,
            words,
        )
    return format_html(
        '<button class="ask ask--sign" type="button" popovertarget="what-{}" aria-label="What is {}?">?</button>',
        key,
        explanation.title,
    )


@register.inclusion_tag("annotate/_what_texts.html", takes_context=True)
def what_texts(context: Context) -> dict[str, Any]:
    """The texts of all buttons that ``what`` made on the page before; once, at its end."""
    return {"whats": context["whats"]}
