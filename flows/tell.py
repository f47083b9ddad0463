"""Telling the routes that the programme declares what a run found wrong: one message per route and run."""

from __future__ import annotations

from flows.house import House
from flows.run import Outcome


def tell_routes(house: House, outcome: Outcome) -> None:
    """placeholder until alerts is there"""
