"""The commands of whoever keeps an installation running. Each imports what it needs when it runs."""
# ruff: noqa: PLC0415 - a command pays only for what it uses

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

Config = Annotated[Path | None, Parameter(help="Settings file; else CHISO_CONFIG, else chiso.toml here")]


def doctor(*, config: Config = None, all: bool = False, format: Literal["table", "json"] = "table") -> int:  # noqa: A002
    """Look at what an installation needs, and say what to mend. Exit code 1 where something is wrong.

    Parameters
    ----------
    all
        Read every object of the archive through, not only today's share of 28.
    format
        How to print what was found.
    """
    from flows.doctor import doctor as examined

    return examined(config, format, every_object=all)


def serve(*, config: Config = None, cron: str = "", server: bool = False, port: int = 4200) -> int:
    """Take runs as they become due, one at a time, until stopped: of each source whose `schedule` says when.

    Parameters
    ----------
    cron
        When every source is looked at, as "0 6 * * *"; empty: when somebody asks (deployment pipeline/everything).
    server
        Start a Prefect server, too, for as long as this runs; else that of PREFECT_API_URL is used.
    port
        Port of this machine on which that server listens.
    """
    from flows.serving import serve as taken

    return taken(config, cron, port, server=server)


def backup(target: Path, /, *, config: Config = None, wait: float = 0.0) -> int:
    """Save archive, warehouse, programme, decisions and settings, with the hash of every file; no secrets.

    Parameters
    ----------
    target
        A folder that is not there yet, or a file ending in .tar, .tar.gz or .tgz.
    wait
        Wait so many seconds where a run is at work.
    """
    from flows.backup import back_up
    from flows.settings import read_settings

    return back_up(read_settings(config), target, wait)


def restore(source: Path, /, *, config: Config = None) -> int:
    """Make an installation anew from a backup, in the home of the settings, which must be empty; hashes are compared.

    Parameters
    ----------
    source
        A folder or tar file that `chiso backup` wrote.
    """
    from flows.restoring import restore as restored
    from flows.settings import read_settings

    return restored(read_settings(config), source)


def backfill(  # noqa: PLR0913 - options, each given by its name
    *,
    from_: Annotated[str, Parameter(name="--from")],
    to: str,
    config: Config = None,
    source: tuple[str, ...] = (),
    form: tuple[str, ...] = (),
    unit: tuple[str, ...] = (),
    only_failed: bool = False,
    dry_run: bool = False,
    format: Literal["table", "json"] = "table",  # noqa: A002
    wait: float = 0.0,
) -> int:
    """Ask portals for the periods of some time once more, each with its own status; and list what units still owe.

    Exit code 0: all is there; 1: some failed or was held back; 2: nothing could be done. Safe to repeat.

    Parameters
    ----------
    from_
        First period, as 2024-01 or 2023.
    to
        Last period.
    source
        Only these portals and inboxes.
    form
        Only these forms.
    unit
        Only the units with these codes.
    only_failed
        Do not ask for what was taken well before.
    dry_run
        Only show what there is and what is missing.
    format
        How to print the grid.
    wait
        Wait so many seconds where a run is at work.
    """
    from flows.backfill import backfill as filled
    from flows.settings import read_settings

    return filled(
        read_settings(config), (from_, to), source, format, wait, forms=form, units=unit, only_failed=only_failed,
        dry_run=dry_run,
    )  # fmt: skip


def rebuild(
    target: str,
    /,
    *,
    from_: Annotated[str, Parameter(name="--from")] = "",
    config: Config = None,
    wait: float = 0.0,
) -> int:
    """Make the warehouse anew, elsewhere, from archive, programme and what people decided; then compare the facts.

    Exit code 1 where any fact differs. Nobody is sent a receipt for it, and the old warehouse is left as it is.

    Parameters
    ----------
    target
        A DuckDB file, or the URL of a PostgreSQL database, in which there is nothing yet.
    from_
        A warehouse whose history is to be lived again, as `warehouse.duckdb` of a backup; else that of the settings.
    wait
        Wait so many seconds where a run is at work.
    """
    from flows.rebuild import run_rebuild
    from flows.settings import read_settings

    return run_rebuild(read_settings(config), target, from_, wait)


def erase(
    delivery: str,
    /,
    *,
    config: Config = None,
    reason: str,
    document: str,
    by: str,
    cell: tuple[str, ...] = (),
) -> int:
    """Erase what a delivery brought, as personal data sent by mistake: for good. Hash, facts and counts stay.

    Archived bytes are replaced by a note that says who, when and why; rows set aside, findings and receipts quote no
    text of it any more. Given once more, it completes what was interrupted.

    Parameters
    ----------
    delivery
        Its number, its path in the inbox, or its sha256 (eight digits do; all of them name any object of the archive).
    reason
        Why; it is kept, so it says nothing of what is erased.
    document
        The document that says so.
    by
        Who decides.
    cell
        Only texts quoted from this cell are masked, as B7 or "Sheet 1!B7"; none: all. The bytes go either way.
    """
    from flows.erasing import erase as erased
    from flows.lease import at_work

    with at_work(config, "erase") as settings:
        return erased(settings, delivery, cell, (reason, document, by))
