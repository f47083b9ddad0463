"""The command line. Each command imports what it needs when it runs, so that ``chiso --help`` answers at once."""
# ruff: noqa: PLC0415 - a command pays only for what it uses

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import App, Parameter

from catalogue.errors import ChisoError, UsageError
from flows.alerts_command import alerts
from flows.alias_command import alias
from flows.demo_portal_command import demo_portal
from flows.explain_command import explain, reconcile
from flows.extract_command import extract
from flows.operating_command import backfill, backup, doctor, erase, rebuild, restore, serve
from flows.publication_command import brief, dictionary, export, official
from flows.quarantine_command import quarantine
from flows.register_command import register
from flows.release_command import release, withdraw
from flows.report_command import report
from flows.stopping import Terminated, stoppable
from flows.waive_command import waive
from flows.warehouse_command import warehouse

if TYPE_CHECKING:
    from flows.house import House
    from flows.settings import Settings

app = App(
    name="chiso",
    help="Statistics of public administration: from what agencies send and portals count to indicators with targets.",
    version="0.1.0",
    suppress_keyboard_interrupt=False,  # ``main`` says what it means to have stopped us.
)

app.command(alerts)

app.command(alias)

app.command(backfill)

app.command(backup)

app.command(demo_portal)

app.command(doctor)

app.command(erase)

app.command(explain)

app.command(reconcile)

app.command(quarantine)

app.command(export)

app.command(extract)

app.command(dictionary)

app.command(brief)

app.command(official)

app.command(release)

app.command(withdraw)

app.command(register)

app.command(rebuild)

app.command(report)

app.command(restore)

app.command(serve)

app.command(waive)

app.command(warehouse)

Config = Annotated[Path | None, Parameter(help="Settings file; else CHISO_CONFIG, else chiso.toml here")]


@app.command
def demo(*, home: Path = Path("chiso-demo"), programme: str = "", seed: int = 20, fresh: bool = True) -> int:
    """Make a synthetic world of offices and portals with planted errors, and run the whole pipeline on it.

    Parameters
    ----------
    home
        Folder in which everything is made.
    programme
        Programme with a world; the default one of the settings where empty.
    seed
        Seed of the world.
    fresh
        Begin with an empty home; --no-fresh runs again on what is there.
    """
    from flows.fresh import clear
    from flows.orchestrate import prefect_server

    home = home.resolve()
    if fresh:
        clear(home)
    with prefect_server(home) as ready:
        # Imported while the server comes up.
        from flows.demo import run_demo

        return run_demo(home, programme, seed, ready)


@app.command
def run(
    *, config: Config = None, source: tuple[str, ...] = (), flow: bool = True, json: bool = False, wait: float = 0.0
) -> int:
    """Fetch what is new, validate, load, compute what changed, release.

    Exit code 0: all was taken; 1: some was held back; 2: nothing could be done.

    Parameters
    ----------
    config
        Settings file.
    source
        Only these inboxes and portals.
    flow
        Run under Prefect; --no-flow calls the same steps as plain functions, without a Prefect server.
    json
        Print the outcome as JSON.
    wait
        Wait so many seconds where another run is at work; 0: say which, and end.
    """
    from flows.progress import progress

    settings = _settings(config)
    with progress("chiso run"):
        if flow:
            from flows.orchestrate import prefect_server, run_under_prefect

            with prefect_server(settings.home) as ready:
                outcome, sealed, house = run_under_prefect(settings, config, source, ready, wait)
        else:
            from flows.plain import run_plainly

            outcome, sealed, house = run_plainly(settings, source, wait)
    from flows.outcome import print_outcome, to_json

    if json:
        print(to_json(outcome, sealed))
    else:
        print_outcome(house, outcome, sealed)
    return outcome.exit_code


@app.command
def check(
    file: Path,
    /,
    *,
    config: Config = None,
    unit: str = "",
    json: bool = False,
    language: str = "",
    marked: Path | None = None,
) -> int:
    """What would become of this file: every finding with its cell. Nothing is stored. Exit code 1 if rejected.

    Parameters
    ----------
    file
        A workbook or CSV, as an office would send it.
    unit
        Code of the sending unit, where the file does not say it.
    json
        Print the receipt as JSON.
    language
        Language of the findings; that of the settings where empty.
    marked
        Write a copy of the workbook with the cells marked, as xlsx.
    """
    from flows.checking import check_file

    return check_file(_settings(config), file, unit, as_json=json, language=language, marked=marked)


@app.command
def receipt(
    delivery: str,
    /,
    *,
    config: Config = None,
    format: Literal["text", "json", "html", "xlsx"] = "text",
    language: str = "",
    output: Annotated[Path | None, Parameter(name=("--output", "-o"))] = None,
    send: bool = False,
) -> int:
    """The receipt of a delivery: what became of it, and every finding with its cell.

    Parameters
    ----------
    delivery
        Its path in the inbox, its file name, or its sha256 (eight digits do).
    format
        text, json, html, or xlsx: the copy of the workbook with the cells marked.
    language
        Language of the receipt; that of the settings where empty.
    output
        Write it to this file.
    send
        Lay it into the outbox and mail it to the unit's contacts once more, in their languages.
    """
    from flows.answer_again import answer_again

    return answer_again(_settings(config), delivery, format, language, output, post=send)


@app.command
def status(*, config: Config = None, last: int = 20, json: bool = False, watch: float | None = None) -> int:
    """The ledger: what came, what became of it.

    Parameters
    ----------
    last
        As many deliveries.
    json
        Print it as JSON.
    watch
        Look again every so many seconds, until ctrl-C: who is at work, what came last, what is wrong.
    """
    if watch is not None:
        from flows.watching import watch as watched

        return watched(_settings(config), last, watch)
    from flows.asking import print_status

    return print_status(_settings(config), last, as_json=json)


@app.command
def audit(*, config: Config = None, last: int = 50, format: Literal["table", "csv", "json"] = "table") -> int:
    """What people decided, newest first: overrides, waivers, replays, aliases, withdrawals, releases; who and why.

    Parameters
    ----------
    last
        As many decisions.
    format
        How to print the answer.
    """
    from flows.auditing import print_decisions

    return print_decisions(_settings(config), last, format)


@app.command
def sql(
    # A query may begin with a comment, "-- ...".
    query: Annotated[str, Parameter(allow_leading_hyphen=True)],
    /,
    *,
    config: Config = None,
    format: Literal["table", "csv", "json"] = "table",
    seconds: float = 300.0,
) -> int:
    """Ask the published warehouse in SQL, read-only.

    Parameters
    ----------
    query
        One SELECT.
    format
        How to print the answer.
    seconds
        How long the query may take; 0: as long as it needs.
    """
    from flows.asking import print_query

    return print_query(_settings(config), query, format, seconds)


@app.command
def indicators(
    *,
    config: Config = None,
    place: str = "",
    period: str = "",
    indicator: tuple[str, ...] = (),
    format: Literal["table", "csv", "json"] = "table",
) -> int:
    """Values of indicators with target, status and coverage.

    Parameters
    ----------
    place
        Code or name of a place or organisation.
    period
        Period code, as 2023 or 2023-Q1.
    indicator
        Only these.
    format
        How to print them.
    """
    from flows.asking import print_indicators

    return print_indicators(_settings(config), place, period, indicator, format)


@app.command
def describe(what: str = "", /, *, config: Config = None, programme: str = "") -> int:
    """The programme in words: forms, indicators, facts; or one of them by its code.

    Parameters
    ----------
    what
        Code of a form or indicator, or name of a fact; empty: the programme.
    programme
        Another programme than that of the settings.
    """
    from flows.describing import print_description

    return print_description(_settings(config), what, programme)


@app.command
def template(
    form: str,
    /,
    *,
    config: Config = None,
    unit: str = "",
    period: str = "",
    language: str = "",
    output: Annotated[Path | None, Parameter(name=["--output", "-o"])] = None,
) -> int:
    """The blank workbook of a form, made from its declaration: what it lets be filled in, ``check`` accepts.

    Parameters
    ----------
    form
        Code of a form, as ``chiso describe`` lists them.
    unit
        Code or name of the unit that is to fill it in: its head, its drop-downs and its own rows are prepared.
    period
        Period it is for, as 2024-Q1: codes and units are those of the period.
    language
        Language of messages, one of the programme's; instructions are in each of them.
    output
        File to write, ending in .xlsx; else named after form, unit and period, in this folder.
    """
    from flows.templating import write_template

    return write_template(_settings(config), form, unit, period, language, output)


def _settings(config: Path | None) -> Settings:
    from flows.settings import read_settings

    return read_settings(config)


def _open(config: Path | None) -> House:
    from flows.house import open_house

    return open_house(_settings(config))


def main() -> None:
    """Entry point of the console script: errors of ours are one message, never a trace."""
    try:
        with stoppable():
            code = app(sys.argv[1:], result_action="return_value")
    except ChisoError as error:
        print(f"chiso: {error}", file=sys.stderr)
        code = error.exit_code
    except KeyboardInterrupt as stopped:
        print("chiso: stopped; nothing is left half done, run it again to go on", file=sys.stderr)
        code = 143 if isinstance(stopped, Terminated) else 130
    except BrokenPipeError:
        # Who reads what we print has had enough, as ``| head`` does; what is not written yet has no reader.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 141
    except OSError as error:
        # A folder that cannot be made, a full disk: the machine's, not ours.
        what = f"{error.strerror}: {error.filename}" if error.strerror and error.filename else str(error)
        print(
            f"chiso: {what}; mend that (space, permissions, the path in the settings) and run it again", file=sys.stderr
        )
        code = 2
    sys.exit(code if isinstance(code, int) else 0)


__all__ = ["UsageError", "app", "main"]
