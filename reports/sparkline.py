"""A trend in the height of a line, as SVG: needs no script, prints, and says in words what it shows."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from markupsafe import Markup, escape

_WIDTH: Final = 120
_HEIGHT: Final = 30
_INSET: Final = 4


def sparkline(values: Sequence[Decimal | None], target: Decimal | None, said: str) -> Markup:
    """The values in order, gaps where there is none, the target as a dashed line. ``said`` is what a screen reader
    reads."""
    known = [one for one in values if one is not None]
    if not known:
        return Markup("")
    bounds = [*known, target] if target is not None else known
    low, high = min(bounds), max(bounds)
    span = (high - low) or Decimal(1)

    def up(value: Decimal) -> float:
        return round(_HEIGHT - _INSET - float((value - low) / span) * (_HEIGHT - 2 * _INSET), 1)

    step = (_WIDTH - 2 * _INSET) / max(len(values) - 1, 1)
    points = [(round(_INSET + at * step, 1), up(one)) if one is not None else None for at, one in enumerate(values)]
    path, pen = [], False
    for point in points:
        if point is not None:
            path.append(f"{'L' if pen else 'M'}{point[0]} {point[1]}")
        pen = point is not None
    last = next(point for point in reversed(points) if point is not None)
    line = f'<path class="goal" d="M0 {up(target)}H{_WIDTH}"/>' if target is not None else ""
    # Built of numbers alone; the words are escaped.
    return Markup(  # noqa: S704
        f'<svg class="spark" viewBox="0 0 {_WIDTH} {_HEIGHT}" width="{_WIDTH}" height="{_HEIGHT}" role="img" '
        f'aria-label="{escape(said)}">{line}<path class="line" d="{"".join(path)}"/>'
        f'<circle cx="{last[0]}" cy="{last[1]}" r="2.6"/></svg>'
    )
