"""Signers: whose signatures an office takes for which units. A list beside the programme, or in the settings' folder.

It is no part of the programme's digest: certificates and revocation lists change when authorities say so. An entry that
ends is given its last day and stays: what arrived before that day is judged by it again.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import Field, StringConstraints, TypeAdapter

from catalogue.declared import Code, Declared, Name
from catalogue.errors import ProgrammeError
from catalogue.problem import Problem
from catalogue.programme import Programme
from catalogue.reading import Reading
from catalogue.register_rules import unknown_unit

LIST: Final = "signers.yml"
"""The file of the trust list, beside the files that it names."""

SUFFIX: Final = ".p7s"
"""What is added to a file's name for that of its signature."""
LARGEST: Final = 256_000
"""As many bytes as a signature may have: real ones have a few thousand. More is not looked into."""
Beside = Annotated[str, StringConstraints(pattern=r"^[^./\\][^/\\]*$")]
"""The name of a file that lies beside the list."""
SubjectKey = Literal["CN", "O", "OU", "L", "ST", "C", "UID", "serialNumber", "emailAddress"]


class Signer(Declared):
    """Whose signature counts for some units, and for all units below them."""

    signer: Name
    units: tuple[Code, ...] = Field(min_length=1, description="Codes of units: it signs for them and all below them")
    certificates: tuple[Beside, ...] = Field(
        min_length=1, description="PEM files beside this list: the signer's own certificates, or those of an authority"
    )
    subject: dict[SubjectKey, str] = Field(
        default={}, description="Of an authority: what the subjects of its certificates must say, as O: the agency"
    )
    revocation: tuple[Beside, ...] = Field(
        default=(), description="Revocation lists (PEM or DER) beside this list; none: nobody looks whether revoked"
    )
    valid_from: date | None = Field(default=None, description="The first day on which the entry counts")
    valid_to: date | None = Field(default=None, description="The last day on which the entry counts")

    def counts_on(self, day: date) -> bool:
        """Whether the entry counts on a day."""
        return (self.valid_from or day) <= day <= (self.valid_to or day)


_SIGNER: Final = TypeAdapter(Signer)


def read_signers(folder: Path, programme: Programme) -> tuple[Signer, ...]:
    """The trust list of a folder. Raises ProgrammeError with all that is wrong in it; no file that it names is read."""
    reading = Reading(folder)
    document = reading.yaml(LIST)
    entries = document.value if document is not None else []
    if not isinstance(entries, list):
        problem = Problem((), "no list", "a list", "begin each entry with '- '")
        reading.complain(LIST, 1, (), problem)
        entries = []
    found: list[Signer] = []
    for index, entry in enumerate(entries):
        if document is None:
            break
        at = (LIST, document, (index,))
        signer = reading.typed(_SIGNER, Signer, entry, at)
        if signer is not None and reading.keep("signer", signer.signer, at):
            found.append(signer)
            for problem in _unknown_units(programme, signer):
                reading.locate(problem)
    if reading.problems:
        raise ProgrammeError([f"{folder}: {one}" for one in reading.findings()])
    return tuple(found)


def _unknown_units(programme: Programme, signer: Signer) -> Iterator[Problem]:
    for index, code in enumerate(signer.units):
        place = ("signer", signer.signer, "units", index)
        yield from unknown_unit(programme, place, code, tuple(programme.register_named))
