"""Figures on pages: rounded, with a true minus sign, and a dash where there is none."""

from django import template
from django.utils.safestring import SafeString, mark_safe

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
