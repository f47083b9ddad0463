"""The phrases in which commands tell what a run did, which a language pack words (``Language.runs``)."""

from __future__ import annotations

from typing import Literal

RunPhrase = Literal[
    "deliveries",
    "unknown_form",
    "rows_loaded",
    "rows_quarantined",
    "nothing_new",
    "known",
    "waiting",
    "failed",
    "skipped",
    "message",
    "receipt",
    "more_problems",
    "correction_outdated",
    "release",
    "sealed",
    "no_release",
    "revised_final",
    "receipts",
    "receipts_sent",
]
"""What is printed at the end of a run, piece by piece; ``{0}``, ``{1}`` ... stand for what a sentence is about."""
