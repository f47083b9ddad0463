"""What people do with releases: list, compare, verify, make them; withdraw a released figure, or a delivery."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import text

from catalogue.errors import UsageError
from flows.asked import period_of
from flows.asking import show, warehouse_of
from flows.compute import compute
from flows.headings import headings
from flows.house import House, now
from flows.overriding import opened
from flows.publishing import moment, terms_of
from flows.settings import Settings
from flows.terminal import terminal
from warehouse.difference import differences, release_named, releases
from warehouse.partition import Broken, broken_partitions, broken_releases, looking
from warehouse.release import Release
from warehouse.staging import staging_area
from warehouse.withdraw import Decision, withdraw_delivery, withdraw_figure


def print_releases(settings: Settings, form: str) -> int:
    """Every release, the newest first, from the warehouse itself: stewards see what is under embargo."""
    house = _published(settings)
    with house.warehouse.connection() as connection:
        found = releases(connection)
    names = ["no", "name", "sealed_at", "embargo_until", "final", "values", "hash"]
    rows = [
        (one.key, one.name, one.sealed_at, one.embargo_until, "yes" if one.final else "", one.changed, one.hash[:16])
        for one in found
    ]
    show((names, rows), form, said=headings(settings))
    return 0


def _published(settings: Settings) -> House:
    """The house of who only looks. Raises WarehouseError where nothing was published: a mistyped home is not made."""
    warehouse_of(settings).demand()
    return opened(settings)


def print_difference(settings: Settings, old: str, new: str, indicator: str, form: str) -> int:
    """What two releases say differently."""
    house = _published(settings)
    with house.warehouse.connection() as connection:
        first, second = release_named(connection, old), release_named(connection, new)
        found = differences(connection, first, second)
    names = ["indicator", "place", "period", "old", "new", "change", "status", "deliveries"]
    rows = [
        (
            one.indicator,
            one.place or one.entity,
            one.period if one.boundaries == "as_reported" else f"{one.period} on {one.boundaries}",
            one.old,
            one.new,
            one.change,
            f"{one.old_status or 'none'} -> {one.new_status or 'none'}{' (revised)' if one.revised else ''}",
            ", ".join(map(str, one.deliveries[:10])) + (", ..." if len(one.deliveries) > 10 else ""),  # noqa: PLR2004
        )
        for one in found
        if indicator in ("", one.indicator)
    ]
    show((names, rows), form, said=headings(settings))
    return 0


def verify_releases(settings: Settings, name: str) -> int:
    """Compare what is stored with what was sealed; prints what is broken. 1 where anything is."""
    house = _published(settings)
    broken = verify(house, name)
    console = terminal()
    for one in broken:
        console.print(str(one), markup=False, style="red")
    what = f"release {name}" if name else "every release"
    console.print(f"{what}: {f'{len(broken)} broken' if broken else 'all partitions are as they were sealed'}")
    return 1 if broken else 0


def verify(house: House, name: str = "") -> list[Broken]:
    """What is not as it was sealed: in the state that one release shows, or in every one. Raises UsageError where there
    is no such release."""
    with house.warehouse.connection() as connection:
        every = releases(connection)
        chosen = release_named(connection, name) if name else None
    where = "TRUE"
    if chosen:
        where = f"""f.release_key = (SELECT max(l.release_key) FROM warehouse.release_partition l
                                     WHERE l.indicator_code = f.indicator_code AND l.period_code = f.period_code
                                       AND l.release_key <= {chosen.key})"""
    with staging_area(house.staging_path("verify")) as area, looking(area, house.warehouse.url):
        return [
            *broken_partitions(area, where),
            *broken_releases(area, [chosen.key] if chosen else [one.key for one in every]),
        ]


def make_release(settings: Settings, name: str, embargo: str, *, final: bool) -> int:
    """Seal a release under a name, publish, and say what it changed."""
    if not name.strip() or name.strip().isdigit():
        raise UsageError(
            f"{name!r} is no name of a release, as digits alone are its number; name it by what it is of, as 2025-Q1"
        )
    house = opened(settings)
    terms = replace(terms_of(house.programme, name.strip(), now()), final=final, always=True)
    if embargo:
        terms = replace(terms, embargo_until=moment(embargo, house.programme))
        if terms.embargo_until and terms.embargo_until <= now():
            raise UsageError(f"--embargo {embargo} is past; name a time to come, or leave it out")
    sealed = compute(house, terms=terms)
    house.warehouse.publish()
    _print(house, sealed)
    return 0


def withdraw_one(settings: Settings, about: tuple[str, str, str], said: tuple[str, str, str], *, restore: bool) -> int:
    """Withdraw a released figure (indicator, place, period), or take that back, and seal a release that shows it."""
    house = opened(settings)
    code, place, span = about
    period = period_of(house.programme, span)
    entities = [
        found.key
        for register in house.programme.registers
        if (found := register.by_code(place, period.end) or register.by_code(place, period.start))
    ]
    if code not in house.programme.indicator or not entities:
        wrong = f"indicator {code!r}" if entities else f"place {place!r} in {period.code}"
        raise UsageError(f"there is no {wrong}; `chiso indicators` shows what is released")
    figure = (code, _released(house, code, entities, period.code), period.code)
    with staging_area(house.staging_path("withdraw")) as area:
        withdraw_figure(area, house.warehouse.url, figure, _decision(said), house.run_id, now(), active=not restore)
    sealed = compute(house)
    house.warehouse.publish()
    terminal().print(
        f"{code} of {place} in {period.code} {'stands again' if restore else 'is withdrawn'}.", markup=False
    )
    _print(house, sealed)
    return 0


def _released(house: House, code: str, entities: list[int], period: str) -> int:
    """The one of some entities with the same code of which a figure was released; the first where none was."""
    with house.warehouse.connection() as connection:
        rows = connection.execute(
            text("SELECT entity_key FROM fact_indicator WHERE indicator_code = :code AND period_code = :period"),
            {"code": code, "period": period},
        )
        shown = set(rows.scalars())
    return next((one for one in entities if one in shown), entities[0])


def withdraw_sent(settings: Settings, delivery: str, said: tuple[str, str, str], *, restore: bool) -> int:
    """Withdraw a delivery, and seal a release of what is left."""
    house = opened(settings)
    sha256, name = _sent(house, delivery)
    with staging_area(house.staging_path("withdraw")) as area:
        done = withdraw_delivery(
            area, house.warehouse.url, sha256, _decision(said), house.run_id, now(), restore=restore
        )
    sealed = compute(house)
    house.warehouse.publish()
    terminal().print(f"{name} is withdrawn: {len(done.parts)} parts of it counted until now.", markup=False)
    _print(house, sealed)
    return 0


def _sent(house: House, asked: str) -> tuple[str, str]:
    """The sha256 and name of a delivery by its number, name or sha256. Raises UsageError where none or several fit."""
    with house.warehouse.connection() as connection:
        rows = connection.execute(
            text("""SELECT DISTINCT sha256, name FROM dim_delivery
                    WHERE name = :asked OR CAST(delivery_key AS TEXT) = :asked
                       OR (length(:asked) >= 8 AND sha256 LIKE :start)"""),
            {"asked": asked, "start": f"{asked}%"},
        ).all()
    if len({sha256 for sha256, _ in rows}) != 1:
        found = "several deliveries fit: " + ", ".join(sha256[:8] for sha256, _ in rows) if rows else "there is none"
        raise UsageError(f"delivery {asked!r}: {found}; name it by its number, as `chiso status` tells it")
    return str(rows[0][0]), str(rows[0][1])


def _decision(said: tuple[str, str, str]) -> Decision:
    reason, document, by = (" ".join(one.split()) for one in said)
    if not (reason and document and by):
        raise UsageError("a withdrawal has a reason, a document and a name: give --reason, --document and --by")
    return Decision(reason, document, by)


def _print(house: House, sealed: Release | None) -> None:
    console = terminal()
    if sealed is None:
        console.print("No figure changed; there is no new release.")
        return
    console.print(f"Release {sealed.name}: {sealed.changed} values new or changed, {sealed.withdrawn} withdrawn.")
    if sealed.revised:
        console.print(f"{sealed.revised} final figures were revised: chiso release diff", style="bold red")
    if sealed.embargo_until:
        console.print(
            f"Under embargo until {sealed.embargo_until.isoformat(' ', 'minutes')} UTC: readers do not see it before. "
            + ("The read copy shows it from the next run after that." if house.warehouse.embedded else "")
        )
