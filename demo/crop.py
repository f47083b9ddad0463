"""The crop of a campaign: rows with a value for each field, made column by column, exact where totals are declared."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date, timedelta
from typing import Any, Final
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from catalogue.errors import SettingsError
from catalogue.period import Period
from catalogue.register import Version
from demo.draw import choice, flags
from demo.hand import nothing_words
from demo.roster import Roster
from demo.scene import Campaign, Listed, Lot, Make, Makers, Plant, Where
from demo.seat import Column, Crop, Grown, Seat, column_of, whole
from demo.share import share_out

_BUSY: Final = 0.45  # The share of units that have anything to report in a period, where rows are spread thinly.


Shared = Callable[..., Column]
"""How what another campaign tells is shared out over rows: ``demo.elsewhere.shared``, with the sums to share."""


def grow(
    roster: Roster,
    campaign: Campaign,
    makers: Makers,
    plants: tuple[Plant, ...],
    seed: int,
    shared: Shared | None = None,
) -> Iterator[Crop]:
    """The crops of a campaign, period after period; the same for the same seed, whatever other campaigns there are but
    those that it is ``told`` of."""
    yield from _Field(roster, campaign, makers, plants, seed, shared).crops()


class _Field:
    """A campaign while it grows: what one period leaves to the next."""

    def __init__(
        self,
        roster: Roster,
        campaign: Campaign,
        makers: Makers,
        plants: tuple[Plant, ...],
        seed: int,
        shared: Shared | None,
    ) -> None:
        self.roster, self.campaign, self.plants, self.shared = roster, campaign, plants, shared
        self.form = roster.form(campaign)
        self.makers = {**makers, **campaign.values}
        self.chance = np.random.default_rng([seed, crc32(campaign.campaign.encode())])
        calendars = roster.programme.calendars
        self.periods = [Period.parse(code, calendars) if code else None for code in campaign.periods]
        self.totals: dict[str, list[int]] = {}
        self.before: dict[str, dict[tuple[Any, ...], Any]] = {}
        self.numbers: dict[tuple[str, int], int] = {}
        self.drawn: dict[tuple[str, str], list[str]] = {}
        self.spread: dict[str, NDArray[np.int64]] = {}
        self.identities: list[tuple[Any, ...]] = []

    def crops(self) -> Iterator[Crop]:
        for place, period in enumerate(self.periods):
            day = self.roster.day(self.campaign, period)
            units = self.roster.units(self.campaign, period)
            seats = [seat for lot in self.campaign.lots for seat in self._seats(lot, units, period, day, place)]
            seats += list(self._planted(units, period, day))
            self._number(seats, period)
            self.identities = self._identities(seats)
            rows = self._values(seats, period, day, place)
            by_unit: dict[str, list[Grown]] = {unit.code: [] for unit in units}
            for row in rows:
                by_unit[row.seat.unit.code].append(row)
            yield Crop(self.campaign, self.form, period, day, units, by_unit)

    # Seats

    def _seats(self, lot: Lot, units: list[Version], period: Period | None, day: date, place: int) -> Iterator[Seat]:
        if lot.listed:
            yield from self._listed(lot, units, period)
        elif lot.pairs:
            yield from self._pairs(lot, units, day)
        elif lot.below:
            yield from self._entities(lot, units, day)
        elif lot.drawn:
            yield from self._words(lot, units)
        elif lot.total is not None:
            yield from self._spread(lot, units, place)
        elif lot.each:
            for unit in units:
                for _ in range(int(self.chance.integers(lot.each[0], lot.each[1] + 1))):
                    yield Seat(unit, lot.lot)

    def _listed(self, lot: Lot, units: list[Version], period: Period | None) -> Iterator[Seat]:
        by_code = {unit.code: unit for unit in units}
        for one in lot.listed:
            if one.unit not in by_code:
                raise SettingsError(f"campaign {self.campaign.campaign}: {one.unit} does not send this form")
            if one.period is None or (period is not None and one.period == period.code):
                yield Seat(by_code[one.unit], lot.lot, given=dict(_given(one)))

    def _pairs(self, lot: Lot, units: list[Version], day: date) -> Iterator[Seat]:
        register = self.form.respondents.register_name
        for unit in units:
            for pair in lot.pairs:
                others = [self.roster.find(pair.register_name, code, day) for code in pair.codes]
                for entity in self.roster.programme.register_named[register].on(day):
                    if entity.type in pair.types and unit.code in self.roster.codes_above(entity, day):
                        for other in others:
                            yield Seat(unit, lot.lot, entity, other)

    def _entities(self, lot: Lot, units: list[Version], day: date) -> Iterator[Seat]:
        if lot.below is None:
            return
        found = [(unit, entity) for unit in units for entity in self.roster.below(unit, lot.below, day)]
        times = np.ones(len(found), dtype=np.int64)
        if lot.total is not None:
            times = share_out(lot.total, self.chance.uniform(0.5, 1.5, len(found)), least=1)
        for (unit, entity), count in zip(found, times, strict=True):
            for _ in range(int(count)):
                yield Seat(unit, lot.lot, entity)

    def _words(self, lot: Lot, units: list[Version]) -> Iterator[Seat]:
        if lot.into is None:
            raise SettingsError(f"campaign {self.campaign.campaign}, lot {lot.lot}: words are drawn, but into no field")
        low, high = lot.each or (len(lot.drawn), len(lot.drawn))
        for unit in units:
            key = (lot.lot, unit.code)
            if key not in self.drawn:
                count = int(self.chance.integers(low, high + 1))
                picked = sorted(self.chance.permutation(len(lot.drawn))[:count])
                self.drawn[key] = [lot.drawn[place] for place in picked]
            for word in self.drawn[key]:
                yield Seat(unit, lot.lot, given={lot.into: word})

    def _spread(self, lot: Lot, units: list[Version], place: int) -> Iterator[Seat]:
        """A number of rows over all units and periods; many get none."""
        if lot.lot not in self.spread:
            cells = len(self.periods) * len(units)
            weights = self.chance.exponential(1.0, cells) * (self.chance.random(cells) < _BUSY)
            silent = self.form.empty and nothing_words(self.roster.programme.language)
            least = 0 if silent else 1
            shares = share_out(lot.total or 0, weights, least=least)
            self.spread[lot.lot] = shares.reshape(len(self.periods), len(units))
        for unit, count in zip(units, self.spread[lot.lot][place], strict=True):
            for _ in range(int(count)):
                yield Seat(unit, lot.lot)

    def _planted(self, units: list[Version], period: Period | None, day: date) -> Iterator[Seat]:
        by_code = {unit.code: unit for unit in units}
        for plant in self.plants:
            here = plant.period is None or (period is not None and plant.period == period.code)
            added = not (plant.existing or plant.repeat or plant.total or plant.columns or plant.drop or plant.file)
            if plant.campaign != self.campaign.campaign or not here or not added:
                continue
            if plant.unit not in by_code:
                raise SettingsError(f"plant {plant.plant}: {plant.unit} sends nothing in {self.campaign.campaign}")
            lot = next((one for one in self.campaign.lots if one.lot == plant.lot), self.campaign.lots[0])
            register = lot.below.register_name if lot.below else self.form.respondents.register_name
            entity = self.roster.find(register, plant.entity, day) if plant.entity else None
            other = lot.pairs[0].register_name if lot.pairs else register
            second = self.roster.find(other, plant.second, day) if plant.second else None
            for _ in range(plant.rows):
                yield Seat(by_code[plant.unit], lot.lot, entity, second, dict(plant.values), plant)

    def _number(self, seats: list[Seat], period: Period | None) -> None:
        """Number the rows of each unit through the year, additional ones from 900 on."""
        year = period.year if period else 0
        for seat in seats:
            key = (seat.unit.code + ("*" if seat.plant else ""), year)
            self.numbers[key] = self.numbers.get(key, 900 if seat.plant else 0) + 1
            seat.number = self.numbers[key]

    # Values

    def _values(self, seats: list[Seat], period: Period | None, day: date, place: int) -> list[Grown]:
        columns: dict[str, Column] = {}
        own = np.array([seat.plant is None for seat in seats], dtype=bool)
        for name, makes in self.makers.items():
            column = np.empty(len(seats), dtype=object)
            for make in reversed(makes if isinstance(makes, tuple) else (makes,)):
                at = self._where(make.where, seats, columns)
                if at.any():
                    column[at] = self._made(name, make, np.flatnonzero(at), seats, columns, own, period, day, place)
            for row, seat in enumerate(seats):
                if name in seat.given:
                    column[row] = self._entity(name, seat.given[name], day)
            columns[name] = column
        for name in sorted({given for seat in seats for given in seat.given} - columns.keys()):
            columns[name] = column_of([self._entity(name, seat.given.get(name), day) for seat in seats])
        for name, made in columns.items():
            self.before[name] = dict(zip(self.identities, made.tolist(), strict=True))
        listed = {name: made.tolist() for name, made in columns.items() if not name.startswith("_")}
        names = list(listed)
        return [
            Grown(seat, dict(zip(names, values, strict=True)))
            for seat, values in zip(seats, zip(*listed.values(), strict=True), strict=True)
        ]

    def _entity(self, name: str, value: Any, day: date) -> Any:
        """A given value; where the field is an entity, what its code means."""
        field = self.form.field(name)
        if field is None or field.type != "entity" or not isinstance(value, str):
            return value
        return self.roster.find(field.register_name or "", value, day)

    def _identities(self, seats: list[Seat]) -> list[tuple[Any, ...]]:
        """What makes a row the same in the next period: unit, lot, entities and place among those alike."""
        seen: dict[tuple[Any, ...], int] = {}
        found = []
        for seat in seats:
            known = next(iter(seat.given.values()), None) if seat.plant is None else id(seat.plant)
            key = (
                seat.unit.key, seat.lot, seat.entity.key if seat.entity else None,
                seat.second.key if seat.second else None, known if isinstance(known, str | int) else None,
            )  # fmt: skip
            seen[key] = seen.get(key, 0) + 1
            found.append((*key, seen[key]))
        return found

    def _where(self, where: Where | None, seats: list[Seat], columns: Mapping[str, Column]) -> NDArray[np.bool_]:
        at = np.ones(len(seats), dtype=bool)
        if where is None:
            return at
        about = [seat.entity or seat.unit for seat in seats]
        if where.lots:
            at &= np.array([seat.lot in where.lots for seat in seats], dtype=bool)
        if where.levels:
            at &= np.array([one.level in where.levels for one in about], dtype=bool)
        if where.types:
            at &= np.array([one.type in where.types for one in about], dtype=bool)
        for name, value in where.values.items():
            at &= np.array([made == value for made in columns[name].tolist()], dtype=bool)
        return at

    def _made(
        self,
        name: str,
        make: Make,
        at: NDArray[np.int64],
        seats: list[Seat],
        columns: Mapping[str, Column],
        own: NDArray[np.bool_],
        period: Period | None,
        day: date,
        place: int,
    ) -> Column:
        """The values of some rows of a field. One branch per kind of maker."""
        n = len(at)
        if make.once and place:
            known = self.before[name]
            fresh = make.model_copy(update={"once": False})
            made = self._made(name, fresh, at, seats, columns, own, period, day, place).tolist()
            pairs = zip(at.tolist(), made, strict=True)
            return column_of([known.get(self.identities[row], first) for row, first in pairs])
        if make.total is not None or make.told is not None:
            told = self.shared(make, at, seats, columns, period) if make.told and self.shared else None
            column: Column = self._total(name, make, at, columns, own[at], place, period) if told is None else told
        elif make.count is not None and make.carried is None:
            column = self.chance.integers(make.count[0], make.count[1] + 1, n)
        elif make.carried is not None:
            column = self._carried(make, make.carried, at, columns)
        elif make.part is not None:
            of_what = whole(columns[make.part][at])
            low_share, high_share = float(make.share[0]), float(make.share[1])
            column = np.rint(of_what * self.chance.uniform(low_share, high_share, n)).astype(np.int64)
            column = np.minimum(column, of_what) if high_share <= 1 else column
            column = np.maximum(column, np.minimum(make.least, of_what))
        elif make.same is not None:
            column = columns[make.same][at]
        elif make.sum:
            column = np.zeros(n, dtype=np.int64)
            for term in make.sum:
                column = column + whole(columns[term.removeprefix("-")][at]) * (-1 if term.startswith("-") else 1)
            column = column.clip(min=0)
        elif make.flag is not None or make.exactly is not None:
            column = flags(make, own[at], self.chance, self.campaign.campaign)
        elif make.choose:
            column = choice(make, n, self.chance)
        elif make.day is not None or make.before is not None:
            column = self._days(make, at, columns, period, day)
        elif make.text:
            column = self._texts(make, at, seats, columns, period)
        elif make.entity is not None:
            chosen = [getattr(seats[row], "entity" if make.entity == "row" else make.entity) for row in at.tolist()]
            column = column_of(chosen)
        else:
            column = column_of([make.value] * n)
        if make.blank:
            column = column.astype(object)
            column[self.chance.random(n) < float(make.blank)] = None
        return column.astype(object)

    def _carried(self, make: Make, name: str, at: NDArray[np.int64], columns: Mapping[str, Column]) -> Column:
        """What the same row had in another field a period ago."""
        known = self.before.get(name, {})
        low, high = make.count or (0, 0)
        firsts = self.chance.integers(low, high + 1, len(at)).tolist()
        if make.first is not None:
            firsts = columns[make.first][at].tolist()
        return column_of(
            [known.get(self.identities[row], first) for row, first in zip(at.tolist(), firsts, strict=True)]
        )

    def _total(
        self,
        name: str,
        make: Make,
        at: NDArray[np.int64],
        columns: Mapping[str, Column],
        own: NDArray[np.bool_],
        place: int,
        period: Period | None,
    ) -> Column:
        """Whole numbers that add up over all periods, or over those of each year; additional rows get a usual one."""
        if name not in self.totals:
            self.totals[name] = self._over_periods(make)
        total = self.totals[name][place]
        weights = self.chance.uniform(0.7, 1.3, len(at))
        if make.weight is not None:
            weights = weights * whole(columns[make.weight][at]).astype(np.float64)
        most = whole(columns[make.most][at]) if make.most is not None else None
        found = np.zeros(len(at), dtype=np.int64)
        try:
            found[own] = share_out(total, weights[own], most[own] if most is not None else None, make.least)
        except SettingsError as error:
            code = period.code if period else "no period"
            raise SettingsError(f"campaign {self.campaign.campaign}, {code}, {name}: {error}") from error
        usual = int(np.median(found[own])) if own.any() else 0
        found[~own] = usual if most is None else np.minimum(usual, most[~own])
        return found

    def _over_periods(self, make: Make) -> list[int]:
        groups = {"": make.total} if isinstance(make.total, int) else dict(make.total or {})
        found = [0] * len(self.periods)
        for year, total in groups.items():
            places = [
                place for place, period in enumerate(self.periods) if not year or (period and str(period.year) == year)
            ]
            shares = share_out(total, self.chance.uniform(0.8, 1.2, len(places)))
            for place, share in zip(places, shares.tolist(), strict=True):
                found[place] = share
        return found

    def _days(
        self, make: Make, at: NDArray[np.int64], columns: Mapping[str, Column], period: Period | None, day: date
    ) -> Column:
        if make.before is not None:
            back = self.chance.integers(make.days[0], make.days[1] + 1, len(at)).tolist()
            pairs = zip(columns[make.before][at].tolist(), back, strict=True)
            return column_of([None if one is None else one - timedelta(days=days) for one, days in pairs])
        if isinstance(make.day, tuple):
            first, last = make.day
        else:
            first, last = (period.start, period.end) if period else (day, day)
        ahead = self.chance.integers(0, (last - first).days + 1, len(at)).tolist()
        return column_of([first + timedelta(days=days) for days in ahead])

    def _texts(
        self,
        make: Make,
        at: NDArray[np.int64],
        seats: list[Seat],
        columns: Mapping[str, Column],
        period: Period | None,
    ) -> Column:
        picks = self.chance.integers(0, len(make.text), len(at)).tolist()
        found = []
        for row, pick in zip(at.tolist(), picks, strict=True):
            seat = seats[row]
            tags = {
                "unit": seat.unit, "row": seat.entity or seat.unit, "second": seat.second, "number": seat.number,
                "year": period.year if period else "", "next": period.year + 1 if period else "",
                **{name: column[row] for name, column in columns.items() if f"{{{name}" in make.text[pick]},
            }  # fmt: skip
            found.append(make.text[pick].format(**tags))
        return column_of(found)


def _given(one: Listed) -> Iterator[tuple[str, Any]]:
    yield from one.values.items()
