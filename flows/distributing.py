"""Many machines: batches are judged by the workers of a Dask cluster, and appended by the run, in their order.

Each batch is handed out before its turn, through the client of Prefect's task runner for Dask. When its turn comes, the
run asks the warehouse what the worker asked of the published copy. Where the answers are the same, what the worker
prepared is appended; where they are not, as a batch before it has brought what it would have had to know, or where the
cluster gave nothing back, the run judges it itself. So whatever becomes of the cluster, the warehouse is the one that a
run alone would have made.
"""

from __future__ import annotations

import logging
import pickle
import threading
import time
from collections import deque
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final
from uuid import uuid4

from catalogue.delivery import Delivery
from catalogue.form import Form
from flows.charge import Charge, Judged, charge_of, transit_of
from flows.cluster import said
from flows.house import House
from flows.load import Loaded, load, write
from flows.numbering import numbered
from flows.past import past_of
from flows.run import Batch
from flows.stopping import pass_on
from flows.working import judge_packed
from warehouse.prepared import lay_prepared
from warehouse.staging import staging_area

if TYPE_CHECKING:
    from distributed import Client, Future

AHEAD: Final = 16
"""As many batches as are handed out before their turn: what they prepare waits below the archive."""
DESERTED: Final = 60.0
"""Seconds without any worker after which the run goes on alone."""
_LOOKS: Final = 5.0

_log: Final = logging.getLogger("chiso.distributing")


class Distribution:
    """The batches of one load on their way: those that wait to be handed out, and those that were."""

    def __init__(self, house: House, client: Client) -> None:
        self._client = client
        self._waiting: deque[Batch] = deque()
        self._out: dict[str, tuple[Charge, Future[bytes] | None]] = {}
        self._decided = house.aliases()
        self._alone = False
        transit_of(house).clear()

    def announce(self, house: House, batches: Sequence[Batch]) -> None:
        """Take batches on, and hand out the first of them."""
        self._waiting = deque(one for one in batches if one[0] is not None)
        self._hand_out(house)

    def load(self, house: House, form: Form | None, deliveries: Sequence[Delivery], name: str) -> Loaded:
        """Load a batch whose turn has come: what a worker made of it, where that still holds; else what we make of it.
        Raises as ``flows.load.load``."""
        charge, future = self._out.pop(name, (None, None))
        self._waiting = deque(one for one in self._waiting if one[2] != name)
        self._hand_out(house)
        if form is None or charge is None:
            return load(house, form, deliveries, name)
        judged = self._judged(future, name)
        if judged is not None:
            with ExitStack() as lent:
                files = _files(house, judged, lent, name)
                if files and _holds(house, form, deliveries, charge, judged):
                    _log.info("batch %s was judged by a worker", name)
                    with staging_area(house.staging_path(name)) as area:
                        lay_prepared(area, files, judged.tables)
                        return Loaded(judged.receipts, judged.verdicts, write(house, area, form))
        _log.info("batch %s is judged by the run itself", name)
        for delivery, packed in zip(deliveries, charge.packed, strict=True):
            if packed is not None:
                house.kept.keep(delivery, form, packed)
        return load(house, form, deliveries, name)

    def close(self, house: House) -> None:
        """Remove what is still in transit."""
        transit_of(house).clear()

    def _hand_out(self, house: House) -> None:
        while self._waiting and len(self._out) < AHEAD and not self._alone:
            form, deliveries, name = self._waiting.popleft()
            if form is None:
                continue
            charge = charge_of(house, form, deliveries, self._decided)
            self._out[name] = charge, self._submitted(name, charge)

    def _submitted(self, name: str, charge: Charge) -> Future[bytes] | None:
        try:
            packed = pickle.dumps(charge, pickle.HIGHEST_PROTOCOL)
            return self._client.submit(judge_packed, packed, key=f"{name}-{uuid4().hex}", pure=False)
        except Exception as error:
            pass_on(error)
            self._leave(f"batch {name} could not be handed out: {said(error)}")
            return None

    def _judged(self, future: Future[bytes] | None, name: str) -> Judged | None:
        """What a worker made of a batch; None where it came to nothing. Waits for as long as there are workers."""
        if future is None or self._alone or not self._done(future):
            return None
        try:
            # Packed by the worker that worked for us.
            judged: Judged = pickle.loads(future.result())  # noqa: S301
        except Exception as error:
            pass_on(error)
            _log.warning("batch %s came to nothing on the cluster: %s", name, said(error))
            return None
        return judged

    def _done(self, future: Future[bytes]) -> bool:
        """Whether something came of a batch; not, where the cluster has had no worker for long."""
        done = threading.Event()
        future.add_done_callback(lambda _: done.set())  # type: ignore[no-untyped-call]
        deserted: float | None = None
        while not done.wait(_LOOKS):
            deserted = None if self._workers() else deserted or time.monotonic()
            if deserted and time.monotonic() - deserted > DESERTED:
                self._leave(f"the cluster has had no worker for {DESERTED:.0f} s")
                return False
        return True

    def _workers(self) -> bool:
        """Whether the cluster has a worker at the moment; without a scheduler it has none."""
        with suppress(Exception):
            return bool(self._client.scheduler_info()["workers"])
        return False

    def _leave(self, why: str) -> None:
        """Go on without the cluster."""
        self._alone = True
        _log.warning("%s; the run judges by itself from here", why)


def _files(house: House, judged: Judged, lent: ExitStack, name: str) -> Mapping[str, Path]:
    """The files of what was prepared, there until ``lent`` is closed; none where one is missing or damaged."""
    transit, folder = transit_of(house), house.home / "staging"
    try:
        return {
            table: lent.enter_context(transit.local(f"{judged.place}/{table}.parquet", written.sha256, folder))
            for table, written in judged.tables.items()
        }
    except Exception as error:
        pass_on(error)
        _log.warning("batch %s came to nothing on the cluster: %s", name, said(error))
        return {}


def _holds(house: House, form: Form, deliveries: Sequence[Delivery], charge: Charge, judged: Judged) -> bool:
    """Whether the warehouse would answer now what the worker was told."""
    if (*numbered(house, form, deliveries),) != charge.deliveries:
        return False
    if not judged.asked:
        return True
    with past_of(house.warehouse)() as past:
        return all(past.holds(question) for question in judged.asked)
