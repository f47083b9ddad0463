"""Figures about runs in Prometheus' text format, for whoever watches machines: ``metrics.prom`` in the home.

Written whole after each run, and renamed into its place, as the textfile collector of Prometheus' node exporter wants
it. Counts and codes of sources and forms; never a unit, a name or a figure of anybody's.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

from sqlalchemy import Connection, text

from flows.house import House
from flows.run import Outcome

FILE: Final = "metrics.prom"
_TOTALS: Final = {
    "chiso_deliveries": ("Deliveries in the warehouse, by form and how they were judged",
                         "SELECT coalesce(form_code, ''), status, count(*) FROM dim_delivery GROUP BY 1, 2"),
    "chiso_findings": ("Findings in the warehouse, by rule and severity",
                       "SELECT rule_code, severity, count(*) FROM issue GROUP BY 1, 2"),
}  # fmt: skip
_LABELS: Final = {"chiso_deliveries": ("form", "status"), "chiso_findings": ("rule", "severity")}
_ROWS: Final = """
SELECT coalesce(sum(rows_loaded), 0), coalesce(sum(rows_quarantined), 0), coalesce(sum(rows_refused), 0),
       coalesce(sum(rows_repeated), 0), coalesce(sum(rows_furniture), 0) FROM dim_delivery
"""
_FATES: Final = ("loaded", "quarantined", "refused", "repeated", "furniture")


def write_metrics(house: House, outcome: Outcome, began: datetime, ended: datetime) -> None:
    """Write what the warehouse holds, what the last run did and how long it took. A file that cannot be written is said
    in the outcome, and never costs the run. Raises WarehouseError."""
    with house.warehouse.connection() as connection:
        lines = [*_held(connection)]
    lines += _family("chiso_run_seconds", "How long the last run took", [((), (ended - began).total_seconds())])
    lines += _family("chiso_run_ended", "When the last run ended, Unix time", [((), _seconds(ended))])
    lines += _family("chiso_run_exit_code", "0 all, 1 some held back, 2 nothing done", [((), outcome.exit_code)])
    found = Counter(one.status for one in outcome.receipts)
    judged = [((("status", status),), count) for status, count in sorted(found.items())]
    lines += _family("chiso_run_deliveries", "Deliveries of the last run, by how they were judged", judged)
    failed = Counter(name.partition("/")[0] for name, _ in outcome.failed if name.partition("/")[0] in _sources(house))
    down = [((("source", source),), failed[source]) for source in sorted(_sources(house))]
    lines += _family("chiso_run_source_failures", "Failures of the last run, by source", down)
    path = house.home / FILE
    fresh = path.with_suffix(f".{os.getpid()}.tmp")
    try:
        fresh.write_text("\n".join(lines) + "\n", encoding="utf-8")
        fresh.replace(path)
    except OSError as error:
        outcome.told.append(("metrics", f"{path} was not written: {error.strerror}"))


def _sources(house: House) -> Mapping[str, object]:
    return house.programme.source


def _held(connection: Connection) -> list[str]:
    """What the warehouse holds; and when each source last brought anything: its lag is the time since."""
    lines: list[str] = []
    for name, (said, query) in _TOTALS.items():
        rows = sorted(tuple(row) for row in connection.execute(text(query)))
        lines += _family(name, said, [(tuple(zip(_LABELS[name], row[:2], strict=True)), row[2]) for row in rows])
    counts = connection.execute(text(_ROWS)).one()
    fates = [((("fate", fate),), int(count)) for fate, count in zip(_FATES, counts, strict=True)]
    lines += _family("chiso_rows", "Rows that were read, by their fate", fates)
    came = connection.execute(text("SELECT source_code, max(received_at) FROM dim_delivery GROUP BY 1 ORDER BY 1"))
    last = [((("source", source),), _seconds(moment)) for source, moment in came]
    lines += _family("chiso_source_last_delivery", "When a source last brought something, Unix time", last)
    sealed = connection.execute(text("SELECT max(sealed_at), count(*) FROM dim_release")).one()
    if sealed[0]:
        lines += _family(
            "chiso_release_sealed", "When the newest release was sealed, Unix time", [((), _seconds(sealed[0]))]
        )
    opened = connection.execute(
        text("SELECT count(*) FROM incident WHERE status IN ('open', 'escalated')")
    ).scalar_one()
    return [*lines, *_family("chiso_incidents_open", "Incidents that are open", [((), opened)])]


_Label = tuple[tuple[str, str], ...]


def _family(name: str, said: str, samples: Sequence[tuple[_Label, float]]) -> list[str]:
    """The lines of one metric; none where it has no sample."""
    lines = [f"# HELP {name} {said}", f"# TYPE {name} gauge"] if samples else []
    for labels, value in samples:
        shown = ",".join(f'{label}="{_escaped(code)}"' for label, code in labels)
        lines.append(f"{name}{{{shown}}} {value:.15g}" if shown else f"{name} {value:.15g}")
    return lines


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _seconds(moment: datetime) -> float:
    return moment.replace(tzinfo=UTC).timestamp()
