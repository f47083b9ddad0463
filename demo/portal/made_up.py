"""Portals of made-up figures: of a programme, as ``chiso demo-portal`` runs one, or of any units and procedures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final
from zoneinfo import ZoneInfo

from catalogue.programme import Programme
from demo.portal.desk import DemoPortal, Desk
from demo.portal.dialect import Dialect, load_dialects
from demo.portal.faults import Faults
from demo.portal.figures import Figures
from demo.portal.population import load_population, some_procedures, some_units
from demo.portal.server import listening
from demo.portal.shelf import Grown

TOKEN: Final = "demo-token"  # noqa: S105 a secret of nothing: it opens a portal made of made-up figures
FOLDER: Final = "portal"


@contextmanager
def portal_of(
    programme: Programme,
    *,
    units: int = 30,
    procedures: int = 10,
    first: str = "2024-01",
    months: int = 12,
    seed: int = 20,
    token: str = TOKEN,
    port: int = 0,
    faults: Faults | None = None,
) -> Iterator[DemoPortal]:
    """A demo portal on loopback that speaks every contract of a programme's ``portal/``, while the context is open.

    It counts so many units x procedures in so many months from ``first`` (2024-01): of the programme's registers, then
    made up. ``port`` 0 takes any that is free. Raises SettingsError where the declarations are wrong or missing,
    OSError where the port is taken.
    """
    folder = programme.folder / FOLDER
    dialects, population = load_dialects(folder), load_population(folder)
    figures = Figures(
        some_units(population, programme, units),
        some_procedures(population, programme, procedures),
        first,
        months,
        seed,
    )
    with open_portal(
        dialects, figures, zone=programme.header.time_zone, token=token, port=port,
        province_ids=population.province_ids, service_levels=population.service_levels, faults=faults,
    ) as portal:  # fmt: skip
        yield portal


@contextmanager
def open_portal(
    dialects: Sequence[Dialect],
    figures: Figures,
    *,
    zone: str = "UTC",
    token: str = TOKEN,
    port: int = 0,
    province_ids: tuple[str, ...] = (),
    service_levels: tuple[str, ...] = (),
    faults: Faults | None = None,
) -> Iterator[DemoPortal]:
    """A demo portal on loopback that speaks these dialects, each at its own path, while the context is open."""
    desks = [Desk(one.path, one, Grown(one, figures, province_ids, service_levels)) for one in dialects]
    portal = DemoPortal("", token, faults or Faults(), desks, figures, ZoneInfo(zone))
    with listening(portal, port):
        yield portal
