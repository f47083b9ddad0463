"""Decisions of people on what a name means: aliases that no register declares."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Alias:
    """A person's decision that a name means an entity, in one unit's deliveries or (``unit_key`` None) in everybody's.

    ``entity_key`` None takes the decision back. ``decided_at`` is UTC without a zone, as the warehouse stores it.
    """

    register: str
    name: str
    unit_key: int | None
    entity_key: int | None
    reason: str
    decided_by: str
    decided_at: datetime
