"""What became of a run, printed for people or as JSON."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict

from rich.table import Table

from flows.house import House
from flows.run import Outcome
from flows.terminal import terminal
from warehouse.release import Release

STATUSES = ("accepted", "accepted_with_warnings", "partly_accepted", "rejected", "error")

PROBLEMS = 20
"""As many problems with receipts as are printed one by one."""


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
    """A table of deliveries by form and status, then everything that needs a person."""
    console = terminal()
    if outcome.receipts:
        console.print(outcome_table(outcome))
    else:
        console.print("Nothing new.")
    if outcome.known:
        console.print(f"{len(outcome.known)} files and pulls are known already by their content; nothing was done.")
    if outcome.waiting:
        console.print(f"{len(outcome.waiting)} files are still being copied; the next run takes them.")
    for name, why in outcome.failed:
        console.print(f"failed {name}: {why}", markup=False, style="red")
    for name, why in outcome.skipped:
        console.print(f"skipped {name}: {why}", markup=False, style="yellow")
    for name, why in outcome.told:
        console.print(f"message {name}: {why}", markup=False, style="yellow")
    for name, why in outcome.answers.problems[:PROBLEMS]:
        console.print(f"receipt {name}: {why}", markup=False, style="yellow")
    if len(outcome.answers.problems) > PROBLEMS:
        console.print(f"… and {len(outcome.answers.problems) - PROBLEMS} more of receipts.", style="yellow")
    for code in outdated(outcome):
        said = f"correction {code} is out of date: its source was mended; see `chiso status`, and retire it"
        console.print(said, markup=False, style="red")
    if sealed:
        console.print(f"Release {sealed.name}: {sealed.changed} values new or changed, {sealed.withdrawn} withdrawn.")
        console.print(f"Sealed with {sealed.hash[:16]}…")
    else:
        console.print("No figure changed; there is no new release.")
    if outcome.receipts:
        sent = f" ({outcome.answers.laid} laid into outboxes, {outcome.answers.mailed} mailed)"
        console.print(
            f"Receipts: {house.home / 'receipts'}{sent if outcome.answers.laid + outcome.answers.mailed else ''}"
        )


def outdated(outcome: Outcome) -> list[str]:
    """The corrections whose wrong text a delivery of the run no longer held: what is allowed begins with the code."""
    lines = (line for receipt in outcome.receipts for line in receipt.findings if line.rule == "correction.stale")
    return sorted({line.allowed.partition(":")[0] for line in lines})


def outcome_table(outcome: Outcome) -> Table:
    """Deliveries by form and status."""
    counts = Counter[tuple[str, str]]((one.form or "(unknown form)", one.status) for one in outcome.receipts)
    table = Table(title="Deliveries", title_justify="left")
    table.add_column("form")
    for status in STATUSES:
        table.add_column(status.replace("_", " "), justify="right")
    table.add_column("rows loaded", justify="right")
    table.add_column("quarantined", justify="right")
    for form in sorted({form for form, _ in counts}):
        mine = [one for one in outcome.receipts if (one.form or "(unknown form)") == form]
        table.add_row(
            form,
            *(str(counts[form, status] or "") for status in STATUSES),
            f"{sum(one.rows_loaded for one in mine):,}",
            f"{sum(one.rows_quarantined for one in mine):,}",
        )
    return table
