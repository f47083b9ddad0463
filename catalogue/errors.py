"""What can go wrong, by who can mend it. Each error knows its exit code and whether trying again may help.

ChisoError
├── ProgrammeError        a declaration is wrong: the programme's author mends it
├── SettingsError         the installation is wrong: the engineer mends it
├── UsageError            the command was called wrongly
├── DeliveryRefused       this delivery cannot be taken; others go on
├── SourceUnavailable     a portal or inbox did not answer (retriable)
├── SourceBroken          a portal answered something that is not its contract
│   └── SourceRefused     it lets nobody in as we ask: token, login page, another host, certificate
├── WarehouseBusy         another process is writing (retriable)
├── WarehouseError        the warehouse refused; nothing was written
│   ├── ReleaseRefused    a release would not be what it says; nothing was sealed
│   └── WarehouseLost     the connection to the warehouse broke (retriable)
├── ConservationError     rows would be lost or doubled; nothing was written
└── AlertFailed           a route's message was not delivered (retriable); the warehouse is not touched by it
"""

from __future__ import annotations


class ChisoError(Exception):
    """Base of every error that chiso raises on purpose. ``str(error)`` is one message for a person."""

    exit_code = 2
    retriable = False
    answered = False
    """True where a source did answer, wrongly or in part: of its other periods that says nothing."""


class ProgrammeError(ChisoError):
    """One or more declarations of a programme are wrong. Holds every finding, not only the first."""

    def __init__(self, findings: list[str]) -> None:
        self.findings = findings
        super().__init__("\n\n".join(findings))


class SettingsError(ChisoError):
    """A setting is missing or makes no sense."""


class UsageError(ChisoError):
    """A command was asked for something that does not exist."""


class DeliveryRefused(ChisoError):
    """A delivery cannot be taken: it is no workbook, claims a foreign unit, has no table of its form."""

    def __init__(self, rule: str, message: str) -> None:
        self.rule = rule
        super().__init__(message)


class Erased(ChisoError):
    """Archived bytes were erased by a decision of people: they are gone for good, and that is no damage."""


class SourceUnavailable(ChisoError):
    """A source did not answer, or answered that it is overloaded. Trying again may help."""

    retriable = True


class SourceBroken(ChisoError):
    """A source answered outside its contract: no JSON, rows that do not add up. Another period may go well."""

    answered = True


class SourceRefused(SourceBroken):
    """A source lets us in for no period: a refused token, a login page, another host, a certificate."""

    answered = False


class WarehouseBusy(ChisoError):
    """Another process holds the warehouse for writing."""

    retriable = True


class WarehouseError(ChisoError):
    """The warehouse refused a change; nothing was written."""


class ReleaseRefused(WarehouseError):
    """A release cannot be sealed, or is not what was sealed: a check in error or not run, a row that was changed."""


class WarehouseLost(WarehouseError):
    """The connection to the warehouse broke: no delivery is to blame, and running again goes on where it was."""

    retriable = True


class ConservationError(ChisoError):
    """The five fates of rows do not add up; nothing was written."""


class AlertFailed(ChisoError):
    """A message was not delivered to a route. Names the route and its secret, never the address."""

    exit_code = 1
    retriable = True
