"""Portals: one interface, a literal register of adapters."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Final, Protocol
from zoneinfo import ZoneInfo

from catalogue.period import Period
from catalogue.source import Portal
from sources import gateway, listing, one_stop
from sources.lines import Draft, Pull
from sources.paging import Page, take_all
from sources.session import Refresh, Session, Wait


class Adapter(Protocol):
    """What every adapter is: asks a portal for one page of a period, by its number from 1 and its size, and says what
    came.

    ``zone`` is the one whose days the period means. Raises SourceUnavailable, SourceBroken, SettingsError.
    """

    def __call__(
        self, session: Session, portal: Portal, period: Period, number: int, size: int, zone: ZoneInfo, /
    ) -> Page:
        """One page."""
        ...


ADAPTERS: Final[dict[str, Adapter]] = {"one_stop": one_stop.page, "gateway": gateway.page, "listing": listing.page}


def pull(
    portal: Portal,
    period: Period,
    address: str,
    token: str | None,
    into: Path,
    *,
    zone: str = "UTC",
    refresh: Refresh | None = None,
    wait: Wait = time.sleep,
) -> Pull:
    """What a portal counts for a period; its records are written into the file ``into``. ``refresh`` gives a new token,
    ``wait`` pauses for so many seconds. The same answer gives the same pull.

    Raises SourceUnavailable where the portal is down or overloaded after all attempts (trying again may help),
    SourceBroken where it answers outside its contract or refuses the token, SettingsError where address or token
    cannot be used. What could not be taken completely is no error: the pull's header says so.
    """
    adapter, place = ADAPTERS[portal.adapter], ZoneInfo(zone)
    with Session(portal, address, token, refresh, wait) as session, Draft(into, portal.source) as draft:
        header = take_all(
            portal, period.code, lambda number, size: adapter(session, portal, period, number, size, place), draft
        )
    return Pull(header, into)
