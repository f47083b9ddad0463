"""What somebody asks of a figure: indicator, place, period and release; and what is near, if there is none."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from difflib import get_close_matches
from importlib.metadata import version
from typing import Any

from sqlalchemy import BindParameter, ClauseElement, Connection, bindparam, text
from sqlalchemy.exc import ProgrammingError

from catalogue.errors import ChisoError, UsageError, WarehouseError
from catalogue.indicator import Indicator
from catalogue.loader import load_programme
from catalogue.period import Period
from catalogue.programme import Programme
from flows.settings import Settings
from transforms.text import fold_name
from warehouse.schema import AS_REPORTED

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Asked:
    """What is asked about: an indicator, a place, a period, as of a release, on the boundaries of a day."""

    programme: Programme
    indicator: Indicator
    place: Row
    period: Period
    release: Row
    boundaries: str
    figure: Row


def programme_of(settings: Settings, connection: Connection) -> Programme:
    """The programme of an installation; what a run has judged is not judged again. Raises ProgrammeError."""
    last = found_by(connection, "SELECT detail FROM ledger WHERE event = 'dimensions' ORDER BY sequence DESC LIMIT 1")
    digest, _, engine = last[0]["detail"].partition(" ") if last else ("", "", "")
    return load_programme(settings.programme_folder(), digest if engine == version("chiso") else "")


def indicator_of(programme: Programme, code: str) -> Indicator:
    """The indicator of a code. Raises UsageError with codes that are near."""
    found = programme.indicator.get(code) or programme.indicator.get(code.upper())
    if found is None:
        near = get_close_matches(code.upper(), list(programme.indicator), 5, 0.5)
        raise UsageError(f"no indicator {code!r}; {_near(near)}`chiso describe` lists them all")
    return found


def period_of(programme: Programme, code: str) -> Period:
    """The period of a code. Raises UsageError."""
    try:
        return Period.parse(code, programme.calendars)
    except (ChisoError, ValueError) as error:
        raise UsageError(f"no period {code!r}; write it as 2024, 2024-Q1 or 2024-03") from error


def _near(names: Sequence[str]) -> str:
    return f"near are {', '.join(names)}; " if names else ""


def found_by(connection: Connection, query: str) -> list[dict[str, Any]]:
    """The rows of a query that is written out. Raises WarehouseError where the tables are not those of this engine."""
    try:
        return [dict(row) for row in connection.exec_driver_sql(query).mappings()]
    except ProgrammingError as error:
        raise WarehouseError(
            f"what is published was made by another version of chiso than {version('chiso')}; "
            f"`chiso run` brings it up to date ({str(error.orig).splitlines()[0]})"
        ) from error


def asked_by(connection: Connection, query: str, **values: object) -> list[dict[str, Any]]:
    """The rows of a query with values, named as ``:name``."""
    # Written out: the first values that are given beside a query cost DuckDB most of a second.
    bound: list[BindParameter[Any]] = [bindparam(name, value) for name, value in values.items()]
    return found_by(connection, written(connection, text(query).bindparams(*bound)))


def written(connection: Connection, query: ClauseElement) -> str:
    """A query as the database of a connection reads it, with its values in it."""
    return str(query.compile(dialect=connection.dialect, compile_kwargs={"literal_binds": True}))


def release_of(connection: Connection, as_of: str) -> Row:
    """The newest release, that of a name, or the one that counted at a time."""
    known = asked_by(
        connection,
        "SELECT release_key, name, sealed_at, last_part_key, last_change_key FROM release ORDER BY release_key",
    )
    if not known:
        raise UsageError("no release can be seen yet; run `chiso run`, or wait for the end of the embargo")
    if not as_of:
        return known[-1]
    named = [one for one in known if one["name"] == as_of]
    if named:
        return named[-1]
    names = ", ".join(str(one["name"]) for one in known[-5:])
    try:
        when = datetime.fromisoformat(as_of)
    except ValueError:
        raise UsageError(f"no release {as_of!r}, nor a time as 2024-04-30; the last releases are {names}") from None
    if len(as_of) == len("2024-04-30"):
        when = datetime.combine(when.date(), time.max)
    if when.tzinfo is not None:
        when = when.astimezone(UTC).replace(tzinfo=None)
    before = [one for one in known if one["sealed_at"] <= when]
    if not before:
        raise UsageError(f"nothing was released by {as_of}; the first release is {known[0]['name']}")
    return before[-1]


def figure_of(
    connection: Connection,
    programme: Programme,
    indicator: Indicator,
    place: str,
    period: Period,
    release: Row,
    boundaries: str,
) -> Row:
    """The released figure of a place, by its code or name. Raises UsageError with places that are near."""
    told = _boundaries(programme, boundaries)
    # The rows of one indicator and period, and not the view, which lines up every release of all of them.
    figures = asked_by(
        connection,
        """SELECT f.entity_key, p.code AS place_code, p.name AS place_name, p.level AS place_level, p.register,
                  f.period_code, f.value, f.numerator, f.denominator, i.unit, i.scale, f.approx, f.of_n,
                  f.reports_received, f.reports_expected, f.status, f.reason, f.target_code, f.target_status,
                  f.boundary_version, f.definition_version, f.from_release,
                  w.reason AS withdrawn_reason, w.document AS withdrawn_document, w.decided_by, w.decided_at
           FROM fact_indicator f
           JOIN (SELECT entity_key, boundary_version, max(from_release) AS from_release FROM fact_indicator
                 WHERE indicator_code = :code AND period_code = :period AND boundary_version IN (:told, :reported)
                   AND from_release <= :release GROUP BY entity_key, boundary_version) n
             ON n.entity_key = f.entity_key AND n.boundary_version = f.boundary_version
            AND n.from_release = f.from_release
           JOIN dim_indicator i
             ON i.indicator_code = f.indicator_code AND i.definition_version = f.definition_version
           JOIN dim_period t ON t.period_code = f.period_code
           LEFT JOIN withdrawal w ON w.withdrawal_key = f.withdrawal_key
           LEFT JOIN place p ON p.entity_key = f.entity_key
            AND CAST(coalesce(:day, t.end_date) AS DATE) BETWEEN p.valid_from
                AND CASE WHEN :told = :reported THEN p.named_to ELSE p.valid_to END
           WHERE f.indicator_code = :code AND f.period_code = :period AND f.status <> 'tombstone'
             AND (:told = :reported OR p.entity_key IS NOT NULL) ORDER BY f.entity_key""",
        code=indicator.indicator,
        period=period.code,
        told=told,
        reported=AS_REPORTED,
        day=None if told == AS_REPORTED else date.fromisoformat(told),
        release=release["release_key"],
    )
    # What a day's boundaries leave as it was is kept once, as it was reported.
    restated = {one["entity_key"] for one in figures if one["boundary_version"] == told}
    figures = [one for one in figures if one["boundary_version"] == told or one["entity_key"] not in restated]
    if not figures:
        others = asked_by(
            connection,
            """SELECT DISTINCT period_code, boundary_version FROM indicator WHERE indicator_code = :code
               ORDER BY period_code DESC LIMIT 8""",
            code=indicator.indicator,
        )
        if not others:
            raise UsageError(f"{indicator.indicator} has no figure yet: nothing was reported that it stands on")
        there = ", ".join(f"{one['period_code']} ({one['boundary_version']})" for one in others)
        raise UsageError(f"{indicator.indicator} has no figure of {period.code} ({told}); the latest are {there}")
    named = _named(programme, figures, place, period)
    if len(named) == 1:
        return named[0]
    if named:
        bearers = ", ".join(f"{one['place_code']} {one['place_name']}" for one in named[:8])
        raise UsageError(f"{place!r} are several: {bearers}; name one by its code")
    names = {str(one["place_name"]): one for one in figures if one["place_name"]}
    folded = {fold_name(name, programme.language): name for name in names}
    near = get_close_matches(fold_name(place, programme.language), list(folded), 5, 0.5)
    listed = [f"{names[folded[one]]['place_name']} ({names[folded[one]]['place_code']})" for one in near]
    raise UsageError(
        f"no place {place!r} has a figure of {indicator.indicator} in {period.code}; {_near(listed)}"
        f"{len(figures)} places have one: `chiso indicators --indicator {indicator.indicator} --period {period.code}`"
    )


def _boundaries(programme: Programme, day: str) -> str:
    kept = [one.isoformat() for one in programme.header.boundaries]
    if day and day not in kept:
        raise UsageError(f"no figures are kept on the boundaries of {day!r}; they are on those of {', '.join(kept)}")
    return day or AS_REPORTED


def _named(programme: Programme, figures: Sequence[Row], place: str, period: Period) -> list[Row]:
    """The figures of the places that are meant: by code, else by name, else by the end of the name (what stands before
    it is the word for the kind of place). Of several, the one that stands highest, where there is one."""
    wanted = fold_name(place, programme.language)
    tests: tuple[Callable[[Row], bool], ...] = (
        lambda one: one["place_code"] == place,
        lambda one: one["place_name"] == place,
        lambda one: fold_name(one["place_name"] or "", programme.language) == wanted,
        lambda one: f" {fold_name(one['place_name'] or '', programme.language)}".endswith(f" {wanted}"),
    )
    for test in tests if wanted else ():
        found = [one for one in figures if test(one)]
        if found:
            depth = {one["entity_key"]: len(programme.ancestors(one["entity_key"], period.end)) for one in found}
            highest = [one for one in found if depth[one["entity_key"]] == min(depth.values())]
            return highest if len(highest) == 1 else found
    return []
