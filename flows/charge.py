"""A batch that another machine judges: what it is given along, and what it gives back.

Whoever judges opens a house of its own, by its own settings (so that secrets never travel), and looks at what is
published: the warehouse itself is the run's, who alone writes it. It says what it asked of the past, so that the run
can tell whether the answers still hold when the batch's turn has come.
"""

from __future__ import annotations

import shutil
import threading
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Final
from uuid import uuid4

from catalogue.alias import Alias
from catalogue.delivery import Delivery
from catalogue.errors import SettingsError
from catalogue.form import Form
from expectations.gate import Verdict
from flows.arriving import arrived
from flows.house import ENGINE_VERSION, House, now, open_house
from flows.load import judge
from flows.numbering import numbered
from flows.past import past_of
from flows.settings import read_settings
from receipts.receipt import Receipt, receipts
from sources.transit import Transit
from transforms.account import account
from warehouse.past import Question
from warehouse.prepared import Written, write_prepared
from warehouse.staging import Staging


@dataclass(frozen=True)
class Charge:
    """A batch to judge: its deliveries and what was read of them already, and all that must be the same as at the
    run's: programme, engine, what names mean, and the moment at which it was handed out."""

    run_id: str
    form: str
    deliveries: tuple[Delivery, ...]
    packed: tuple[bytes | None, ...]
    decided: tuple[Alias, ...]
    moment: datetime
    programme: str
    engine: str


@dataclass(frozen=True)
class Judged:
    """A batch that was judged: what an append needs as files in transit, below ``place``, and what was asked of the
    past to get there."""

    place: str
    tables: dict[str, Written]
    receipts: tuple[Receipt, ...]
    verdicts: tuple[Verdict, ...]
    asked: tuple[Question, ...]


def charge_of(house: House, form: Form, deliveries: Sequence[Delivery], decided: tuple[Alias, ...]) -> Charge:
    """A batch as it is handed out now; what was read of its files goes along and is no longer kept here."""
    return Charge(
        house.run_id,
        form.form,
        (*numbered(house, form, deliveries),),
        tuple(house.kept.take_packed(one, form) for one in deliveries),
        decided,
        now(),
        house.programme.digest,
        ENGINE_VERSION,
    )


def transit_of(house: House) -> Transit:
    """The files in transit of a house: below its archive, which all machines see."""
    settings = house.settings
    if settings.archive:
        return Transit(settings.archive, settings.secrets_of("archive"))
    return Transit(str(house.home / "archive"))


def judge_charge(charge: Charge) -> Judged:
    """Judge a batch on this machine, by its own settings. Raises SettingsError where programme or engine are not those
    of the run; whatever judging raises. Leaves nothing on the disk but what is in transit."""
    with _one_at_a_time:
        house = _house(charge)
        form = house.programme.form[charge.form]
        for delivery, packed in zip(charge.deliveries, charge.packed, strict=True):
            if packed is not None:
                house.kept.keep(delivery, form, packed)
        place = f"{charge.run_id}/{uuid4().hex}"
        folder, asked = house.home / "staging" / f"judged-{uuid4().hex}", list[Question]()
        area = Staging(folder.with_suffix(".duckdb"))
        try:
            with ExitStack() as lent:
                batch = arrived(house, lent, form, charge.deliveries)
                verdicts = judge(house, area, form, batch, past_of(house.warehouse, published=True, asked=asked))
                account(area, form, batch, charge.moment, charge.run_id)
                tables, transit = write_prepared(area, folder), transit_of(house)
            for table in tables:
                transit.put(f"{place}/{table}.parquet", folder / f"{table}.parquet")
            return Judged(place, tables, receipts(area), verdicts, (*asked,))
        finally:
            area.close()
            shutil.rmtree(folder, ignore_errors=True)
            shutil.rmtree(Path(f"{area.path}.tmp"), ignore_errors=True)


# A worker may have threads; a batch takes all the cores that there are, and what libraries keep is one process's.
_one_at_a_time: Final = threading.Lock()
_houses: Final[dict[str, House]] = {}
"""The house of the run that this process judges for, by the run's id: names are folded once, not per batch."""


def _house(charge: Charge) -> House:
    house = _houses.get(charge.run_id)
    if house is None:
        house = replace(open_house(read_settings(), charge.run_id), decided=charge.decided)
        _houses.clear()
    if (house.programme.digest, ENGINE_VERSION) != (charge.programme, charge.engine):
        raise SettingsError(
            f"a worker has programme {house.programme.name} {house.programme.digest[:12]} and chiso {ENGINE_VERSION}, "
            f"the run {charge.programme[:12]} and chiso {charge.engine}; give all machines the same settings, "
            "programme and chiso, and start the workers anew"
        )
    _houses[charge.run_id] = house
    return house
