"""Pictures for the card as SVG, drawn from the release's own figures. No styles, no scripts: any page may show them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

from release.records import AgreementFigure

WIDTH, LEFT, RIGHT, ROW, TOP = 720, 230, 60, 24, 40
INK, QUIET, GRID, MARK = "#1f2937", "#6b7280", "#d1d5db", "#1d4ed8"
TEXT = 'font-family="system-ui, sans-serif" font-size="13"'


def agreement_plot(figures: Sequence[AgreementFigure]) -> str:
    """Character alpha with its interval: over sets of labels, over any label, and for each label."""
    rows = [
        (_name(figure), figure.value, figure.ci_low, figure.ci_high)
        for figure in figures
        if figure.scope == "corpus"
        and (figure.metric == "char_alpha_label" or figure.layer is None)
        and figure.metric in ("char_alpha_set_nominal", "char_alpha_any", "char_alpha_label")
    ]
    low = min([0.0, *(end for _, _, end, _ in rows if end is not None), *(v for _, v, _, _ in rows if v is not None)])
    low = max(low, -1.0)

    def at(value: float) -> float:
        return LEFT + (max(value, low) - low) / (1 - low) * (WIDTH - LEFT - RIGHT)

    height = TOP + ROW * len(rows) + 34
    parts = [_head(height, "Krippendorff's alpha on characters, with 95 % bootstrap intervals over articles")]
    bottom = TOP + ROW * len(rows)
    for tick in (-1.0, -0.5, 0.0, 0.5, 0.667, 0.8, 1.0):
        if tick < low:
            continue
        dash = ' stroke-dasharray="3 3"' if tick in (0.667, 0.8) else ""
        parts.append(
            f'<line x1="{at(tick):.1f}" y1="{TOP - 6}" x2="{at(tick):.1f}" y2="{bottom}" stroke="{GRID}"{dash}/>'
        )
        if tick != 0.667:
            parts.append(_text(at(tick), bottom + 18, f"{tick:g}", "middle", QUIET))
    for place, (name, value, start, end) in enumerate(rows):
        y = TOP + ROW * place + ROW / 2
        parts.append(_text(LEFT - 12, y + 4, name, "end", INK))
        if value is None:
            parts.append(_text(LEFT + 6, y + 4, "not defined", "start", QUIET))
            continue
        if start is not None and end is not None:
            parts.append(
                f'<line x1="{at(start):.1f}" y1="{y:.1f}" x2="{at(end):.1f}" y2="{y:.1f}" stroke="{MARK}" '
                'stroke-width="2"/>'
            )
        parts.append(f'<circle cx="{at(value):.1f}" cy="{y:.1f}" r="4.5" fill="{MARK}"/>')
        parts.append(_text(WIDTH - 8, y + 4, f"{value:.2f}", "end", INK))
    return "\n".join([*parts, "</svg>", ""])


def labels_plot(labels: Mapping[str, Mapping[str, int]]) -> str:
    """Marks by label, layer by layer."""
    rows = [(label, n) for _, of_layer in sorted(labels.items()) for label, n in sorted(of_layer.items())]
    most = max((n for _, n in rows), default=1)
    parts = [_head(TOP + ROW * len(rows) + 10, "Marks by label")]
    for place, (label, n) in enumerate(rows):
        y = TOP + ROW * place
        length = n / most * (WIDTH - LEFT - RIGHT - 20)
        parts.append(_text(LEFT - 12, y + ROW / 2 + 4, label, "end", INK))
        parts.append(f'<rect x="{LEFT}" y="{y + 4}" width="{length:.1f}" height="{ROW - 8}" fill="{MARK}"/>')
        parts.append(_text(LEFT + length + 8, y + ROW / 2 + 4, f"{n:,}", "start", INK))
    return "\n".join([*parts, "</svg>", ""])


def _name(figure: AgreementFigure) -> str:
    if figure.label:
        return figure.label
    return "any label" if figure.metric == "char_alpha_any" else "sets of labels"


def _head(height: float, title: str) -> str:
    # A white ground, as a dark page would otherwise show dark letters on dark.
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height:.0f}" '
        f'viewBox="0 0 {WIDTH} {height:.0f}" role="img">\n<title>{escape(title)}</title>\n'
        f'<rect width="{WIDTH}" height="{height:.0f}" fill="#ffffff"/>\n{_text(12, 22, title, "start", INK)}'
    )


def _text(x: float, y: float, said: str, anchor: str, colour: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{colour}" {TEXT}>{escape(said)}</text>'
