"""The number of a submission: a report that differs from the one that counts now must bear a greater one.

``submissions``  delivery_no, number, sheet, source_row, letter, found: what files say
``submitted``    delivery_no, unit_key, period_code, number, content_hash: what counts now, where it says a number
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import pyarrow as pa

from catalogue.delivery import Delivery
from transforms.table import Clues
from warehouse.staging import Staging

# More digits than that are no count of submissions.
_NUMBER = re.compile(r"(?<!\d)\d{1,4}(?!\d)")


def submission_number(clues: Clues) -> int | None:
    """The number that a file says; None where it says none."""
    found = _NUMBER.search(clues.submission[0]) if clues.submission else None
    return int(found[0]) if found else None


def lay_submissions(area: Staging, batch: Sequence[tuple[int, Delivery, Clues]]) -> None:
    """Lay out what files say, and what counts now: (number in the batch, delivery, clues of its file)."""
    area.put(
        "submissions",
        {
            "delivery_no": pa.int64(),
            "number": pa.int64(),
            "sheet": pa.string(),
            "source_row": pa.int64(),
            "letter": pa.string(),
            "found": pa.string(),
        },
        [
            (number, submission_number(clues), cell.sheet, cell.row, cell.column, text)
            for number, _, clues in batch
            if clues.submission
            for text, cell in [clues.submission]
        ],
    )
    area.put(
        "submitted",
        {
            "delivery_no": pa.int64(),
            "unit_key": pa.int64(),
            "period_code": pa.string(),
            "number": pa.int64(),
            "content_hash": pa.string(),
        },
        [
            (number, one.unit_key, one.period, one.number, one.content)
            for number, delivery, _ in batch
            for one in delivery.submitted
        ],
    )


def refuse_outdated(area: Staging) -> set[int]:
    """After conforming: refuse the deliveries that change a report and do not count its submissions on; returns their
    parts."""
    area.run("""
        CREATE OR REPLACE TEMP TABLE outdated AS
        SELECT p.delivery_no, max(s.number) AS counts
        FROM parts p JOIN part_content c USING (part_no) JOIN submissions f USING (delivery_no)
        JOIN submitted s USING (delivery_no, unit_key, period_code)
        WHERE p.part_no NOT IN (SELECT number FROM held_back)
          AND f.number <= s.number AND c.content_hash <> s.content_hash
        GROUP BY p.delivery_no""")
    area.run("""
        INSERT INTO findings
        SELECT o.delivery_no, NULL, NULL, t.code, 'reject_delivery', f.sheet, f.source_row, f.letter, '', f.found,
               t.allowed || ' (' || o.counts || ')', t.advice
        FROM outdated o JOIN submissions f USING (delivery_no) JOIN rule_texts t ON t.code = 'file.submission'""")
    return {part for (part,) in area.rows("SELECT part_no FROM parts JOIN outdated USING (delivery_no)")}
