"""Giving what is released to others: open data and exchange. All of it read from what is published."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from catalogue.errors import UsageError
from catalogue.loader import load_programme
from catalogue.official import read_official
from flows.asking import warehouse_of
from flows.settings import Settings
from flows.terminal import say
from reports.brief import write_brief
from reports.dictionary import write_dictionary
from reports.export import Format, export_release
from reports.official import write_official
from warehouse.facts import programme_tables
from warehouse.tables import engine_tables


def give_export(settings: Settings, folder: Path, release: str, form: Format) -> int:
    """Write a release as open data. Prints each file with its hash."""
    programme = load_programme(settings.programme_folder())
    for one in export_release(folder, warehouse_of(settings), programme, release, form):
        say(f"{one.sha256[:12]}  {one.path}, {one.size:,} bytes")
    return 0


def give_dictionary(settings: Settings, folder: Path, release: str, language: str) -> int:
    """Write the dictionary of a release. Prints the files."""
    programme = load_programme(settings.programme_folder())
    tables = {**engine_tables.tables, **programme_tables(programme).tables}
    spoken = language or settings.language
    _print(write_dictionary(folder, warehouse_of(settings), programme, tables, release, spoken))
    return 0


def _print(paths: Sequence[Path]) -> None:
    for path in paths:
        say(f"{path}, {path.stat().st_size:,} bytes")


def give_brief(settings: Settings, path: Path, release: str, place: str, language: str) -> int:
    """Write the brief of a place. Prints the file. Raises UsageError where it is no docx."""
    _must_end(path, ".docx")
    programme = load_programme(settings.programme_folder())
    spoken = language or programme.language.language
    write_brief(path, warehouse_of(settings), programme, release, place, spoken)
    _print([path])
    return 0


def _must_end(path: Path, suffix: str) -> None:
    if path.suffix.lower() != suffix:
        raise UsageError(f"{path.name} does not end in {suffix}; name a file that does, as report{suffix}")


def give_official(settings: Settings, path: Path, what: tuple[str, str, str], release: str, language: str) -> int:
    """Write an official report (layout, unit, period). Prints the file. Raises UsageError where it is no xlsx."""
    _must_end(path, ".xlsx")
    programme = load_programme(settings.programme_folder())
    layout, unit, period = what
    if not layout:
        declared = read_official(programme)
        layout = declared[0].official if declared else ""
    spoken = language or programme.language.language
    write_official(path, warehouse_of(settings), programme, (layout, unit, period), release, spoken)
    _print([path])
    return 0
