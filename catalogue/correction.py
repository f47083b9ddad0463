"""Corrections: known errors of a source, mended on the way in, each with a guard that fails once the source is."""

from __future__ import annotations

from typing import Literal

from catalogue.declared import Code, Declared, Name


class Correction(Declared):
    """Replace the text of one field where the row matches ``where``. ``expect`` is the wrong text: where a matching
    row holds anything else, the correction is out of date and says so."""

    correction: Code
    form: Code
    unit: Code | None = None
    period: str | None = None
    where: dict[Name, str] = {}
    field: Name
    expect: str
    replace: str
    reason: str
    provider: str
    status: Literal["active", "retired"] = "active"
