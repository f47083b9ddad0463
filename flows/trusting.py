"""Trusting: the trust list of an installation, and what of it will soon need a hand."""
# ruff: noqa: PLC0415 - cryptography costs a tenth of a second: only what is signed pays for it

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from catalogue.programme import Programme
from catalogue.signer import read_signers
from flows.settings import Settings

if TYPE_CHECKING:
    from sources.trust import Trust


def trust_folder(settings: Settings, programme: Programme) -> Path | None:
    """Where the trust list is: the folder that the settings name, else ``signers/`` of the programme; None: nowhere."""
    own = programme.folder / "signers"
    return settings.signers or (own if own.is_dir() else None)


def trust_of(settings: Settings, programme: Programme) -> Trust:
    """The trust list: whose signatures count for which units. Raises ProgrammeError, SettingsError."""
    from sources.trust import Trust, open_trust

    folder = trust_folder(settings, programme)
    return open_trust(folder, read_signers(folder, programme)) if folder else Trust()


def look_at_trust(settings: Settings, programme: Programme, at: datetime) -> Iterator[tuple[bool, str, str]]:
    """What is to be told of the trust list at a moment (UTC): whether it is well, what was found, what to do.

    Nothing where no form asks for signatures. Raises as ``trust_of``.
    """
    asking = [form.form for form in programme.forms if form.signature != "ignored"]
    if not asking:
        return
    from sources.trust import ageing

    trust = trust_of(settings, programme)
    told = f"{len(trust.anchors)} entries; forms that ask for signatures: {', '.join(asking)}"
    if not trust.anchors:
        yield False, told, "write a trust list: docs/guides/signatures.md"
        return
    old = [*ageing(trust, at)]
    for entry, what, until in old:
        when = f"{until:%Y-%m-%d}" if until else "never said"
        yield False, f"{entry}: {what} is good until {when}", "add the next certificate, fetch the next list"
    if not old:
        yield True, told, ""
