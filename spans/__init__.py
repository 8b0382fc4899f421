"""Half-open ranges of a text, counted in Unicode code points, and what can be asked of them without a database."""

from spans.span import Fragments, Span

__all__ = ["Fragments", "Span"]
