"""The threshold from which marks of several annotators are one unit."""

from __future__ import annotations

from decimal import Decimal, DecimalException
from fractions import Fraction

from release.exceptions import ThresholdError


def checked_threshold(given: Fraction | Decimal | float) -> Fraction:
    """Above 0, at most 1, with two decimals at most, as an exact fraction. Raises ThresholdError."""
    wanted = "The threshold of units is above 0, at most 1, and has two decimals at most, such as 0.5 or 0.75."
    try:
        # Compared before it is made a fraction: one of 1e999999 has a million digits.
        if not 0 < given <= 1:
            raise ThresholdError(wanted)
    except DecimalException:
        raise ThresholdError(wanted) from None
    threshold = Fraction(str(given)) if isinstance(given, float) else Fraction(given)
    if (threshold * 100).denominator != 1:
        raise ThresholdError(wanted)
    return threshold
