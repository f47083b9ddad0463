"""The library that draws the charts, as one script: out of an installed package, never from a network (ADR 0028)."""

from __future__ import annotations

from functools import cache
from typing import Final

LICENCE: Final = "Vega, Vega-Lite, Vega-Embed: BSD-3-Clause, University of Washington Interactive Data Lab"

_HANDED: Final = "window.vegaEmbed = vegaEmbed;"


@cache
def chart_library() -> str:
    """Vega, Vega-Lite and Vega-Embed, which it hands to ``window.vegaEmbed``; some 900 kB."""
    import vl_convert  # noqa: PLC0415 - costs a second: only what writes a site pays for it

    # In a function of its own, so that none of its names meets one of a page.
    return f"/* {LICENCE} */\n(function () {{\n{vl_convert.javascript_bundle(_HANDED)}\n}})();\n"
