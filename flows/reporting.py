"""``chiso report``: which site of which release, where to."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from catalogue.errors import UsageError
from catalogue.loader import load_programme
from catalogue.problem import listed
from flows.asking import warehouse_of
from flows.settings import Settings
from flows.terminal import terminal
from reports.site import write_site

_MEGABYTE = 1_000_000


def print_report(settings: Settings, output: Path, release: str, languages: Sequence[str], *, receipts: bool) -> int:
    """Write the site, and say where its first page is. Raises UsageError where a language is not the programme's, or
    the folder is one that a run writes."""
    programme = load_programme(settings.programme_folder())
    unknown = [one for one in languages if one not in programme.header.languages]
    if unknown:
        raise UsageError(f"--language {unknown[0]} is none of the programme's: {listed(programme.header.languages)}")
    home, folder = settings.home.resolve(), output.resolve()
    if folder == home or folder in home.parents:
        raise UsageError(f"-o {output} holds the home of the installation ({settings.home}); name a folder of its own")
    made = write_site(
        warehouse_of(settings),
        programme,
        folder,
        release=release,
        languages=tuple(languages),
        receipts=home / "receipts" if receipts else None,
    )
    terminal().print(
        f"Release {made.release}: {made.files} files, {made.size / _MEGABYTE:.1f} MB. Open {folder / 'index.html'}",
        markup=False,
        soft_wrap=True,
    )
    return 0
