"""What became of a run, printed for people or as JSON."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict
from typing import Final

from rich.table import Table

from catalogue.run_phrase import RunPhrase
from flows.house import House
from flows.run import Outcome
from flows.terminal import terminal
from receipts.words import Words, words_of
from warehouse.release import Release

STATUSES = ("accepted", "accepted_with_warnings", "partly_accepted", "rejected", "error")

PROBLEMS = 20
"""As many problems with receipts as are printed one by one."""

# What is said where a language pack says nothing. The reason behind a colon is the engine's own, in English.
ENGLISH: Final[Mapping[RunPhrase, str]] = {
    "deliveries": "Deliveries",
    "unknown_form": "(unknown form)",
    "rows_loaded": "rows loaded",
    "rows_quarantined": "set aside",
    "nothing_new": "Nothing new.",
    "known": "{0} files and pulls are known already by their content; nothing was done.",
    "waiting": "{0} files are still being copied, or wait for their signature; the next run takes them.",
    "failed": "failed {0}: {1}",
    "skipped": "skipped {0}: {1}",
    "message": "message {0}: {1}",
    "receipt": "receipt {0}: {1}",
    "more_problems": "… and {0} more of receipts.",
    "correction_outdated": "correction {0} is out of date: its source was mended; see `chiso status`, and retire it",
    "release": "Release {0}: {1} values new or changed, {2} withdrawn.",
    "sealed": "Sealed with {0}…",
    "revised_final": "{0} FINAL figures were revised: `chiso release diff` tells which.",
    "no_release": "No figure changed; there is no new release.",
    "receipts": "Receipts: {0}",
    "receipts_sent": "({0} laid into outboxes, {1} mailed)",
}


def to_json(outcome: Outcome, sealed: Release | None) -> str:
    """The outcome as JSON: counts, receipts without their findings, failures, the release."""
    receipts = [{name: value for name, value in asdict(one).items() if name != "findings"} for one in outcome.receipts]
    return json.dumps(
        {
            "receipts": receipts,
            "known": outcome.known,
            "waiting": outcome.waiting,
            "failed": outcome.failed,
            "skipped": outcome.skipped,
            "answers": {
                "laid": outcome.answers.laid,
                "mailed": outcome.answers.mailed,
                "problems": outcome.answers.problems,
            },
            "corrections_out_of_date": outdated(outcome),
            "release": asdict(sealed) if sealed else None,
            "exit_code": outcome.exit_code,
        },
        ensure_ascii=False,
        indent=2,
    )


def print_outcome(house: House, outcome: Outcome, sealed: Release | None) -> None:
    """A table of deliveries by form and status, then all that needs a person; in the language of the settings."""
    words = words_of(house.programme, house.settings.language)
    lines: list[tuple[str, str]] = []

    def tell(phrase: RunPhrase, *about: object, style: str = "") -> None:
        lines.append((said(words, phrase, *about), style))

    if not outcome.receipts:
        tell("nothing_new")
    if outcome.known:
        tell("known", words.number(len(outcome.known)))
    if outcome.waiting:
        tell("waiting", words.number(len(outcome.waiting)))
    for name, why in outcome.failed:
        tell("failed", name, why, style="red")
    for name, why in outcome.skipped:
        tell("skipped", name, why, style="yellow")
    for name, why in outcome.told:
        tell("message", name, why, style="yellow")
    for name, why in outcome.answers.problems[:PROBLEMS]:
        tell("receipt", name, why, style="yellow")
    if len(outcome.answers.problems) > PROBLEMS:
        tell("more_problems", words.number(len(outcome.answers.problems) - PROBLEMS), style="yellow")
    for code in outdated(outcome):
        tell("correction_outdated", code, style="red")
    if sealed:
        tell("release", sealed.name, words.number(sealed.changed), words.number(sealed.withdrawn))
        tell("sealed", sealed.hash[:16])
        loud = [words.number(sealed.revised)] if sealed.revised else []
        lines += [(said(words, "revised_final", count), "bold red") for count in loud]
    else:
        tell("no_release")
    if outcome.receipts:
        answers = outcome.answers
        sent = said(words, "receipts_sent", answers.laid, answers.mailed) if answers.laid + answers.mailed else ""
        tell("receipts", f"{house.home / 'receipts'} {sent}".rstrip())
    console = terminal()
    if outcome.receipts:
        console.print(outcome_table(outcome, words))
    for line, style in lines:
        console.print(line, markup=False, style=style or None)


def said(words: Words, phrase: RunPhrase, *about: object) -> str:
    """A phrase about something, in the language of ``words``; in English where its pack has none."""
    text = (words.pack.runs.get(phrase) if words.pack else None) or ENGLISH[phrase]
    # At once: what is told of may hold braces itself.
    return re.sub(r"\{(\d)\}", lambda found: str(about[int(found[1])]), text)


def outdated(outcome: Outcome) -> list[str]:
    """The corrections whose wrong text a delivery of the run no longer held: what is allowed begins with the code."""
    lines = (line for receipt in outcome.receipts for line in receipt.findings if line.rule == "correction.stale")
    return sorted({line.allowed.partition(":")[0] for line in lines})


def outcome_table(outcome: Outcome, words: Words) -> Table:
    """Deliveries by form and status."""
    unknown = said(words, "unknown_form")
    counts = Counter[tuple[str, str]]((one.form or unknown, one.status) for one in outcome.receipts)
    table = Table(title=said(words, "deliveries"), title_justify="left")
    table.add_column(words("form"))
    for status in STATUSES:
        table.add_column(words(status), justify="right")
    table.add_column(said(words, "rows_loaded"), justify="right")
    table.add_column(said(words, "rows_quarantined"), justify="right")
    for form in sorted({form for form, _ in counts}):
        mine = [one for one in outcome.receipts if (one.form or unknown) == form]
        table.add_row(
            form,
            *(words.number(counts[form, status]) if counts[form, status] else "" for status in STATUSES),
            words.number(sum(one.rows_loaded for one in mine)),
            words.number(sum(one.rows_quarantined for one in mine)),
        )
    return table
