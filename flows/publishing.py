"""When a release is shown: the terms under which a programme publishes, and times as people give them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from catalogue.errors import UsageError
from catalogue.programme import Programme
from warehouse.release import Terms


def terms_of(programme: Programme, name: str, now: datetime) -> Terms:
    """The terms that the programme declares for a release that is sealed now (UTC)."""
    declared, zone = programme.header.releases, ZoneInfo(programme.header.time_zone)
    until = None
    if declared.embargo:
        today = now.replace(tzinfo=UTC).astimezone(zone).date()
        shown = datetime.combine(today + timedelta(days=declared.embargo.days), declared.embargo.at, zone)
        until = shown.astimezone(UTC).replace(tzinfo=None)
    return Terms(name, until, final_after=declared.final_after)


def moment(said: str, programme: Programme) -> datetime:
    """A time as a person gives it, in the programme's zone where it names none; UTC. Raises UsageError."""
    try:
        found = datetime.fromisoformat(said.strip())
    except ValueError as error:
        raise UsageError(f"{said!r} is no time; write it as 2025-04-30T09:00, or with its zone as ...+07:00") from error
    zoned = found if found.tzinfo else found.replace(tzinfo=ZoneInfo(programme.header.time_zone))
    return zoned.astimezone(UTC).replace(tzinfo=None)
