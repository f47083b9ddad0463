"""The commands that give what is released to others; what they do is in ``flows.giving``."""
# ruff: noqa: PLC0415, A002 - a command pays only for what it uses; an option is named for who types it

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

Config = Annotated[Path | None, Parameter(help="Settings file; else CHISO_CONFIG, else chiso.toml here")]
Output = Annotated[Path, Parameter(name=("--output", "-o"))]


def export(
    *,
    output: Output,
    config: Config = None,
    release: str = "",
    format: Literal["all", "frictionless", "sdmx", "dcat"] = "all",
) -> int:
    """A release as open data: data package (CSV, Parquet), DCAT-AP catalogue, SDMX, with licence and SHA-256.

    The same release gives the same bytes. What is under embargo is not given; small counts are withheld as declared.

    Parameters
    ----------
    output
        A new or empty folder, or one of an export before.
    release
        Name or number; the newest where empty.
    format
        all, or only frictionless, sdmx or dcat (with the package that it lists).
    """
    from flows.giving import give_export
    from flows.settings import read_settings

    return give_export(read_settings(config), output, release, format)


def dictionary(*, output: Output, config: Config = None, release: str = "", language: str = "") -> int:
    """What everything means: tables, columns, fields, indicators and rules of a release, as html, xlsx and csv.

    Parameters
    ----------
    output
        Folder to write into.
    release
        Name or number; the newest where empty.
    language
        Language of titles and definitions; that of the settings where empty.
    """
    from flows.giving import give_dictionary
    from flows.settings import read_settings

    return give_dictionary(read_settings(config), output, release, language)


def brief(*, output: Output, config: Config = None, release: str = "", place: str = "", language: str = "") -> int:
    """A paper of a few pages for those who decide, as docx: sentences, tables and charts filled from a release.

    What it tells the programme declares, in report/brief.yml.

    Parameters
    ----------
    output
        File to write, ending in .docx.
    release
        Name or number; the newest where empty.
    place
        Code or name of the place that it is about; the programme's where empty.
    language
        Language of the paper; the first of the programme where empty.
    """
    from flows.giving import give_brief
    from flows.settings import read_settings

    return give_brief(read_settings(config), output, release, place, language)


def official(
    unit: str,
    period: str,
    /,
    *,
    output: Output,
    config: Config = None,
    layout: str = "",
    release: str = "",
    language: str = "",
) -> int:
    """A report in the layout that a regulation prescribes, as xlsx, filled from facts with its totals recomputed.

    Parameters
    ----------
    unit
        Code or name of the unit: it and all below it.
    period
        Period, as 2024-03 or 2024-Q1.
    output
        File to write, ending in .xlsx.
    layout
        Which one; the first that the programme declares in report/official.yml where empty.
    release
        Name or number; the newest where empty.
    language
        Language of the report; the first of the programme where empty.
    """
    from flows.giving import give_official
    from flows.settings import read_settings

    return give_official(read_settings(config), output, (layout, unit, period), release, language)
