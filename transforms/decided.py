"""What people decided about the deliveries of a batch, laid into staging beside what was read of them.

``overrides``   delivery_no, number, rule, sheet, source_row, said: rules that may be broken, and why
``replays``     delivery_no, arrival: what is judged anew, and the delivery as which its bytes arrived
``counting``    unit_key, period_code, arrival: what counts now; where it came later, it is not to be superseded
"""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from catalogue.delivery import Delivery
from warehouse.staging import Staging


def lay_decisions(area: Staging, batch: Sequence[tuple[int, Delivery]]) -> None:
    """Lay the decisions about a batch: (number in the batch, delivery)."""
    area.put(
        "overrides",
        {
            "delivery_no": pa.int64(),
            "number": pa.int64(),
            "rule": pa.string(),
            "sheet": pa.string(),
            "source_row": pa.int64(),
            "said": pa.string(),
        },
        [
            (number, one.number, one.rule, one.sheet, one.row, f"{one.reason} ({one.decided_by})")
            for number, delivery in batch
            for one in delivery.overrides
        ],
    )
    area.put(
        "replays",
        {"delivery_no": pa.int64(), "arrival": pa.int64()},
        [(number, delivery.replay_of) for number, delivery in batch if delivery.replay_of is not None],
    )
    area.put(
        "counting",
        {"unit_key": pa.int64(), "period_code": pa.string(), "arrival": pa.int64()},
        # One tuple for all deliveries of a batch: it may be long, and is laid once.
        [one for some in {id(found.counting): found.counting for _, found in batch}.values() for one in some],
    )


def overtaken(area: Staging) -> dict[int, tuple[int, tuple[int, str]]]:
    """After typing: the parts of what is judged anew that their unit has sent again since: number -> (delivery, (unit,
    period))."""
    rows = area.rows("""
        SELECT p.part_no, p.delivery_no, p.unit_key, p.period_code
        FROM parts p JOIN replays r USING (delivery_no) JOIN counting c USING (unit_key, period_code)
        WHERE c.arrival > r.arrival""")
    return {part: (delivery, (unit, period)) for part, delivery, unit, period in rows}
