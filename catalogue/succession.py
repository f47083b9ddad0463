"""Succession: which entity became which, from which day on, and how much of it, as documents say."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Literal

from pydantic import Field

from catalogue.declared import Declared

Relation = Literal["unchanged", "whole", "part"]


class Succession(Declared):
    """One edge: a predecessor became, or went into, a successor on a day. Both are keys of one of the registers.

    ``unchanged``  all of it, and the successor is nothing else; the key may stay the same
    ``whole``      all of it, together with others
    ``part``       some of it. An entity that goes on and loses something succeeds itself in part

    An entity that goes on as it is needs no edge. One that ended and has none, has no successor.
    """

    predecessor: int
    successor: int
    relation: Relation
    share: Decimal | None = Field(
        default=None, ge=0, le=1, decimal_places=6, description="How much of the predecessor, where a document says so"
    )
    basis: str = Field(default="", description="What the share is of, and as of when, as: population of 2019-04-01")
    effective: date = Field(description="First day on which the successor stands for it")
    document: str = ""
    correction: str = Field(default="", description="What the source says otherwise, and why that is wrong")

    @property
    def weight(self) -> Decimal | None:
        """How much of the predecessor is in the successor: 1 where all of it is, None where nobody said."""
        return self.share if self.relation == "part" else Decimal(1)
