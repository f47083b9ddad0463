"""``chiso demo``: a made-up world, the real flows on it, and what came out against what was put in."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

from rich.console import Console
from rich.table import Table

from catalogue.declared import say
from catalogue.errors import UsageError
from catalogue.loader import load_programme
from catalogue.programme import Programme
from catalogue.source import Inbox, Portal
from demo.portal import serve
from demo.scene import Figure, load_scene
from demo.score import Score, score
from demo.truth import Truth
from demo.world import load_portals, make_world
from flows.asking import figure as shown
from flows.asking import warehouse_of
from flows.orchestrate import Ready, run_under_prefect
from flows.outcome import STATUSES
from flows.progress import progress
from flows.run import Outcome
from flows.settings import Settings, read_settings
from flows.terminal import terminal
from warehouse.published import ask
from warehouse.release import Release

TOKEN: Final = "demo-token"  # noqa: S105 a secret of nothing: it opens a portal made of made-up figures
_HOLDS: Final = {
    "=": lambda left, right: left == right,
    ">=": lambda left, right: left >= right,
    ">": lambda left, right: left > right,
    "<=": lambda left, right: left <= right,
    "<": lambda left, right: left < right,
}


def run_demo(home: Path, programme: str, seed: int, ready: Ready) -> int:
    """Make the world, run the pipeline, print what came out. 0 where everything planted was found and figures agree."""
    began = time.monotonic()
    console = terminal()
    # Whatever settings file the shell names may be the one of the demo before, which is gone.
    folder = Settings.model_construct(programme=programme).programme_folder()
    if not (folder / "world").is_dir():
        raise UsageError(f"programme {folder.name} has no world/ to make up; `chiso run` runs it on real deliveries")
    loaded = load_programme(folder)
    console.print(
        "[bold]chiso demo[/]: all micro data below are SYNTHETIC, made from a seed; no office reported them.",
        markup=True,
    )
    world = home / "world"
    if not world.exists():
        with progress("making offices, portals and errors"):
            make_world(loaded, folder / "world", world, seed)
        _age(world)
    truth, figures = Truth.load(world / "truth.json"), load_scene(folder / "world").figures
    with served(loaded, world) as addresses, _environment(loaded):
        config = write_settings(home, str(folder), addresses)
        settings = read_settings(config)
        with progress("running the flows"):
            outcome, sealed, _ = run_under_prefect(settings, config, (), ready)
        return _report(console, settings, config, truth, figures, outcome, sealed, time.monotonic() - began)


def _age(world: Path) -> None:
    """Let the files look as if they had been sent a while ago, so that none seems to be still in copying."""
    for path in world.rglob("*"):
        if path.is_file():
            os.utime(path, (1_700_000_000, 1_700_000_000))


@contextmanager
def served(programme: Programme, world: Path) -> Iterator[dict[str, str]]:
    """Addresses of the world's inboxes and of its portals, which answer while the block runs."""
    found: dict[str, str] = {}
    with ExitStack() as open_portals:
        for source in programme.sources:
            if isinstance(source, Inbox) and (world / source.address).is_dir():
                found[source.address] = str(world / source.address)
                if source.outbox:
                    found[source.outbox] = str(world.parent / source.outbox)
        records = load_portals(world / "portals.json") if (world / "portals.json").exists() else {}
        for source in programme.sources:
            if isinstance(source, Portal) and source.source in records:
                counts = {source.source: records[source.source]}
                base = open_portals.enter_context(serve(counts, TOKEN, contract=source.contract))
                found[source.address] = f"{base}/{source.source}"
        yield found


@contextmanager
def _environment(programme: Programme) -> Iterator[None]:
    """The demo portal's token as the secret of every portal, and no setting of the real installation, while the block
    runs: made-up figures must not reach the warehouse that CHISO_HOME or CHISO_WAREHOUSE names.
    """
    before = {name: value for name, value in os.environ.items() if name.startswith("CHISO_")}
    for name in before.keys() - {"CHISO_LANGUAGE"}:
        del os.environ[name]
    for source in programme.sources:
        if isinstance(source, Portal) and source.token:
            os.environ[f"CHISO_SECRET_{source.token.upper()}"] = TOKEN
    try:
        yield
    finally:
        for name in [name for name in os.environ if name.startswith("CHISO_")]:
            del os.environ[name]
        os.environ.update(before)


def write_settings(home: Path, programme: str, addresses: Mapping[str, str]) -> Path:
    """The demo's chiso.toml, so that every other command finds it."""
    lines = ["# Made by `chiso demo`.", f'home = "{home}"', f'programme = "{programme}"', "", "[addresses]"]
    lines += [f'{name} = "{address}"' for name, address in addresses.items()]
    path = home / "chiso.toml"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def _report(
    console: Console,
    settings: Settings,
    config: Path,
    truth: Truth,
    figures: tuple[Figure, ...],
    outcome: Outcome,
    sealed: Release | None,
    seconds: float,
) -> int:
    """Deliveries, errors, figures and targets, where the warehouse is, three queries to try."""
    warehouse = warehouse_of(settings)
    _, issues = ask(
        warehouse,
        """SELECT d.name, i.rule_code, i.source_sheet, i.source_row, i.source_column
           FROM issue i JOIN dim_delivery d ON d.delivery_key = i.delivery_key""",
    )
    counted = score(truth, [tuple(row) for row in issues])
    _print_deliveries(console, truth, outcome)
    _print_errors(console, truth, counted)
    agreed = _print_figures(console, settings, figures)
    _print_targets(console, settings)
    if sealed:
        console.print(f"\nRelease {sealed.name}: {sealed.changed:,} values, sealed with {sealed.hash[:16]}…")
    else:
        console.print("\nNothing changed since the last release; no new one was made.")
    console.print(
        f"Warehouse: {settings.home / 'warehouse.duckdb'}; read copy for analysts: published.duckdb beside it"
    )
    console.print(f"Truth of the synthetic world: {settings.home / 'world' / 'truth.json'}")
    console.print(f"\nThree queries to try (took {seconds:.0f} s so far):")
    for query in (
        f"chiso indicators --config {config} --period {figures[0].period if figures else ''}",
        f'chiso sql "SELECT rule_code, count(*) FROM issue GROUP BY rule_code ORDER BY 2 DESC" --config {config}',
        f'chiso sql "SELECT name, status, rows_read, rows_loaded, adds_up FROM fates LIMIT 10" --config {config}',
    ):
        console.print(f"  {query}", markup=False, soft_wrap=True)
    return 0 if counted.perfect and agreed and not outcome.failed else 1


def _print_deliveries(console: Console, truth: Truth, outcome: Outcome) -> None:
    counts = Counter[str](receipt.status for receipt in outcome.receipts)
    table = Table(title="Deliveries", title_justify="left")
    for status in STATUSES:
        table.add_column(status.replace("_", " "), justify="right")
    table.add_column("known already", justify="right")
    table.add_column("sent", justify="right")
    sent = sum(1 for _ in truth.deliveries)
    table.add_row(*(str(counts[status]) for status in STATUSES), str(len(outcome.known)), str(sent))
    console.print(table)
    for name, why in outcome.failed:
        console.print(f"failed {name}: {why}", markup=False)


def _print_errors(console: Console, truth: Truth, counted: Score) -> None:
    kinds = {error.kind for one in truth.deliveries for error in one.planted}
    decoys = sum(len(one.decoys) for one in truth.deliveries)
    console.print(
        f"Planted errors found: [bold]{counted.found} of {counted.planted}[/] ({len(kinds)} kinds), each once; "
        f"{decoys} decoys; findings that nobody planted: {len(counted.unexpected)}",
        markup=True,
    )
    for title, places in (
        ("missed", counted.missed),
        ("found twice", counted.doubled),
        ("not planted", counted.unexpected),
    ):
        for name, rule, sheet, where in places[:10]:
            console.print(f"  {title}: {rule} in {name} {sheet}!{where}", markup=False)


def _print_figures(console: Console, settings: Settings, figures: tuple[Figure, ...]) -> bool:
    """The published figures beside what the warehouse says; True where all agree."""
    table = Table(title="What was published, and what the warehouse says", title_justify="left")
    for column in ("indicator", "place", "period", "published", "warehouse", "coverage", "agrees", "said"):
        table.add_column(column)
    agreed, known = True, _known(settings, figures)
    for one in figures:
        good, said, where, covered, published = False, "no value", one.place, "", f"{one.operator} {one.value}"
        for value, numerator, denominator, scale, approx, of_n, coverage, name in known.get(one.figure, ()):
            where, good = name, _agrees(one, numerator, denominator, approx, of_n)
            said = shown(value, scale, approx, of_n)
            covered = "" if coverage is None else f"{Decimal(coverage):.0%}"
            published = f"{one.operator} {shown(one.value, scale, None, one.of_n)}"
        agreed = agreed and good
        words = say(one.words, settings.language)
        table.add_row(one.indicator, where, one.period, published, said, covered, "yes" if good else "NO", words)
    console.print(table)
    return agreed


def _known(settings: Settings, figures: tuple[Figure, ...]) -> dict[str, list[tuple[Any, ...]]]:
    """What the warehouse says of each figure, asked in one query."""
    codes = {f"code{number}": code for number, code in enumerate(sorted({one.indicator for one in figures}))}
    _, rows = ask(
        warehouse_of(settings),
        f"""SELECT i.indicator_code, p.code, i.period_code, p.valid_from, p.valid_to, i.value, i.numerator,
                   i.denominator, i.scale, i.approx, i.of_n, i.coverage, i.place_name
            FROM indicator i JOIN place p ON p.entity_key = i.entity_key
            WHERE i.indicator_code IN ({", ".join(f":{name}" for name in codes) or "NULL"})""",
        codes,
    )
    found: dict[str, list[tuple[Any, ...]]] = {}
    for one in figures:
        for code, place, period, first, last, *rest in rows:
            if (code, place, period) == (one.indicator, one.place, one.period) and first <= one.boundary <= last:
                found.setdefault(one.figure, []).append(tuple(rest))
    return found


def _agrees(
    one: Figure, numerator: Decimal | None, denominator: Decimal | None, approx: str | None, of_n: int | None
) -> bool:
    """Exactly, as fractions; "above" agrees with a figure that was itself published as above it."""
    if numerator is None or (denominator is not None and denominator == 0) or (one.of_n and one.of_n != of_n):
        return False
    value = Fraction(numerator) / Fraction(denominator if denominator is not None else 1)
    if approx == one.operator:
        return value >= Fraction(one.value) if approx == ">" else value <= Fraction(one.value)
    return bool(_HOLDS[one.operator](value, Fraction(one.value)))


def _print_targets(console: Console, settings: Settings) -> None:
    _, rows = ask(
        warehouse_of(settings),
        """SELECT t.target_code, t.place_name, t.year, t.operator, t.target_value, t.latest_period, t.value, t.approx,
                  t.coverage, t.status, i.scale
           FROM target t JOIN (SELECT DISTINCT indicator_code, scale FROM dim_indicator) i
                ON i.indicator_code = t.indicator_code
           WHERE t.kind = 'target' ORDER BY t.place_code, t.year, t.target_code""",
    )
    table = Table(title="Targets (compared unrounded; strict where the document is)", title_justify="left")
    for column in ("target", "place", "by", "is to be", "latest", "value", "coverage", "status"):
        table.add_column(column)
    for code, place, year, operator, goal, latest, value, approx, coverage, status, scale in rows:
        covered = "" if coverage is None else f"{Decimal(coverage):.0%}"
        goal_shown = f"{operator} {shown(goal, scale)}"
        table.add_row(code, place, str(year), goal_shown, latest or "", shown(value, scale, approx), covered, status)
    console.print(table)
