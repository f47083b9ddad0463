"""Where the programme of Vietnam is, the days of its reform, and how tests find what its registers hold."""

from __future__ import annotations

import importlib.util
import os
import sys
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import ModuleType

    from catalogue.register import Register, Version

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "programmes" / "vietnam"
REALDATA = ROOT / os.environ.get("CHISO_REALDATA", "../shared/data") / "vietnam" / "localities"

BEFORE, REFORM = date(2025, 6, 30), date(2025, 7, 1)


def built(name: str) -> ModuleType:
    """One of the scripts that make the registers, as a module."""
    spec = importlib.util.spec_from_file_location(f"vietnam_{name}", FOLDER / "build" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def bearing(register: Register, code: str, day: date) -> Version:
    """The entity that bears a code on a day; there must be one."""
    version = register.by_code(code, day)
    assert version is not None, f"no {code} on {day}"
    return version
