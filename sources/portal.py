"""Portals: one interface, a literal register of adapters."""

from __future__ import annotations

import time
from typing import Final, Protocol

from catalogue.period import Period
from catalogue.source import Portal
from sources import one_stop
from sources.session import Refresh, Wait


class Adapter(Protocol):
    """What every adapter is: asks a portal for a period and returns the delivery's bytes (``sources.lines``).

    ``refresh`` gives a new token, ``wait`` pauses for so many seconds. The same answer gives the same bytes.
    """

    def __call__(
        self,
        portal: Portal,
        period: Period,
        address: str,
        token: str,
        refresh: Refresh | None = None,
        wait: Wait = time.sleep,
    ) -> bytes:
        """The bytes of one pull."""
        ...


ADAPTERS: Final[dict[str, Adapter]] = {"one_stop": one_stop.pull}


def pull(
    portal: Portal,
    period: Period,
    address: str,
    token: str,
    refresh: Refresh | None = None,
    wait: Wait = time.sleep,
) -> bytes:
    """The bytes of a delivery: what a portal counts for a period.

    Raises SourceUnavailable where the portal is down or overloaded after all attempts (trying again may help),
    SourceBroken where it answers outside its contract or refuses the token, SettingsError where address or token
    cannot be used. What could not be taken completely is no error: the bytes say so.
    """
    return ADAPTERS[portal.adapter](portal, period, address, token, refresh, wait)
