"""Portals of given records: what ``chiso demo`` runs on, and what tests lay out record by record."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from catalogue.source import Contract
from demo.portal.desk import DemoPortal, Desk
from demo.portal.dialect import Answered, Asked, Dialect
from demo.portal.faults import Faults
from demo.portal.server import listening
from demo.portal.shelf import Given


@contextmanager
def serve(
    counts: Mapping[str, Mapping[str, Sequence[Mapping[str, Any]]]],
    token: str,
    port: int = 0,
    *,
    contract: Contract | None = None,
    path: str = "",
    faults: Faults | None = None,
) -> Iterator[str]:
    """Serve several portals on loopback while the context is open; gives the base URL, as ``http://127.0.0.1:40123``.

    ``counts`` holds the records per source and first day of the period (ISO); the portal of a source is found under
    ``<base URL>/<source>/<path>``, at any path where none is given. A question bears ``token``, or is refused. A
    period that is not in ``counts`` has no records. ``port`` 0 takes any that is free.
    """
    dialect = _dialect(contract or Contract())
    below = f"/{path.strip('/')}" if path else ""
    desks = [
        Desk(f"/{source}{below}", dialect, Given(records), whole_tree=not path) for source, records in counts.items()
    ]
    portal = DemoPortal("", token, faults or Faults(), desks)
    with listening(portal, port):
        yield portal.url


def _dialect(contract: Contract) -> Dialect:
    """The dialect of a contract of pages that are asked for in JSON."""
    return Dialect(
        dialect="given",
        title={"en": "Given records"},
        method="POST",
        path="",
        per="procedure",
        asked=Asked(
            borne="json", start=contract.start, end=contract.end, page=contract.page, size=contract.size,
            order=contract.order,
        ),
        answered=Answered(
            data=contract.data, total=contract.total, pages="totalPages", current=contract.current, size=contract.size,
            more=contract.more, before="hasPreviousPage",
        ),
        record={},
    )  # fmt: skip
