"""The loader: a programme's folder becomes one typed, cross-checked ``Programme``, or one error that says everything.

What it reads, and nothing else::

    programme.yml               the header
    languages/<language>.yml    a language pack per language of the header
    codelists/<codelist>.csv    code,name_<language>...,aliases,valid_from,valid_to,replaced_by
    registers.yml               the list of registers; each has registers/<register>.csv:
                                key,code,valid_from,event,name,name_en,level,type,parent,link,aliases,document
    facts/<fact>.yml  forms/<form>.yml  sources/<source>.yml
    indicators/<area>.yml       a list of indicators
    targets.yml  corrections.yml  routes.yml  contacts.yml  reconciliations.yml  personal.yml

Aliases in a CSV are separated by ";", days are written 2024-03-01, an empty cell says nothing.
"""

from __future__ import annotations

import gc
import hashlib
import re
from collections.abc import Callable, Iterable
from datetime import date
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Any, Final

from pydantic import TypeAdapter

from catalogue.codelist import Codelist, Entry
from catalogue.contact import Contact
from catalogue.correction import Correction
from catalogue.document import CsvDocument
from catalogue.errors import ProgrammeError
from catalogue.fact import Fact
from catalogue.form import Form
from catalogue.indicator import Indicator
from catalogue.language import Language
from catalogue.personal import Personal
from catalogue.problem import Problem, listed, nearest, said
from catalogue.programme import Header, Programme
from catalogue.reading import FOLDERS, TABLES, At, Reading
from catalogue.reconciliation import Reconciliation
from catalogue.register import Register, Version
from catalogue.register_entry import RegisterEntry
from catalogue.route import Route
from catalogue.rules import RULES
from catalogue.source import Source
from catalogue.succession import Succession
from catalogue.target import Target

FILES: Final = (
    "programme.yml",
    "registers.yml",
    "targets.yml",
    "corrections.yml",
    "routes.yml",
    "contacts.yml",
    "reconciliations.yml",
    "personal.yml",
)
REGISTER_COLUMNS: Final = tuple(Version.model_fields)
SUCCESSION: Final = "registers/succession.csv"
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_REGISTER: Final = TypeAdapter(RegisterEntry)
_VERSIONS: Final = TypeAdapter(tuple[Version, ...])
_SUCCESSION: Final = TypeAdapter(tuple[Succession, ...])
_ENTRIES: Final = TypeAdapter(tuple[Entry, ...])


def load_programme(folder: Path, judged: str = "") -> Programme:
    """The programme of a folder, typed and cross-checked; its ``digest`` is over every file that was read.

    ``judged`` is a digest of which this engine found before that all of it fits together: it is not judged again.

    Raises ProgrammeError with everything that is wrong: first what is wrong in the files one by one; once these are
    right, what does not fit together (``catalogue.rules``).
    """
    if not folder.is_dir():
        near = sorted(found.parent.name for found in folder.parent.glob("*/programme.yml"))
        remedy = nearest(folder.name, near, "check the path")
        raise ProgrammeError([said(str(folder), None, (), Problem((), "no such folder", listed(near), remedy))])
    # A country's registers are tens of thousands of rows, none of them garbage: a collector that walks them again and
    # again would take a third of the time.
    collecting = gc.isenabled()
    gc.disable()
    try:
        return _read(Reading(folder), judged)
    finally:
        if collecting:
            gc.enable()


def _read(reading: Reading, judged: str) -> Programme:
    """The programme of a folder that exists. Raises ProgrammeError."""
    _strays(reading)
    header = _single(reading, "header", Header, "programme.yml", lambda _: "programme")
    languages = _languages(reading, header)
    written = header.languages if header else tuple(language.language for language in languages)
    parts = {
        "languages": tuple(languages),
        "codelists": tuple(_codelists(reading, written)),
        "registers": tuple(_registers(reading)),
        "succession": _succession(reading),
        "facts": tuple(_singles(reading, "fact", Fact, "facts")),
        "forms": tuple(_singles(reading, "form", Form, "forms")),
        "sources": tuple(_singles(reading, "source", Source, "sources")),
        "indicators": tuple(_lists(reading, "indicator", Indicator, reading.names("indicators"))),
        "targets": tuple(_lists(reading, "target", Target, _present(reading, "targets.yml"))),
        "corrections": tuple(_lists(reading, "correction", Correction, _present(reading, "corrections.yml"))),
        "routes": tuple(_lists(reading, "route", Route, _present(reading, "routes.yml"))),
        "contacts": tuple(_lists(reading, "contact", Contact, _present(reading, "contacts.yml"))),
        "reconciliations": tuple(
            _lists(reading, "reconciliation", Reconciliation, _present(reading, "reconciliations.yml"))
        ),
        "personal": tuple(_lists(reading, "personal", Personal, _present(reading, "personal.yml"))),
    }
    if reading.problems or header is None:
        raise ProgrammeError(reading.findings())
    about = {"header": header, "folder": reading.folder, "digest": _digest(reading)}
    programme = Programme.model_validate(about | parts)
    for rule in RULES if programme.digest != judged else ():
        for problem in rule(programme):
            reading.locate(problem)
    if reading.problems:
        raise ProgrammeError(reading.findings())
    return programme


def _digest(reading: Reading) -> str:
    """sha256 over path and bytes of every file that was read, by path; lengths keep their ends apart."""
    digest = hashlib.sha256()
    for file in sorted(reading.files):
        digest.update(f"{file}\0{len(reading.files[file])}\0".encode())
        digest.update(reading.files[file])
    return digest.hexdigest()


def _strays(reading: Reading) -> None:
    """A declaration whose file or folder has a wrong name would be passed over in silence: say so."""
    known = (*FILES, *FOLDERS)
    for entry in sorted(reading.folder.iterdir()):
        if entry.name in known or entry.name.startswith((".", "_")):
            continue
        close = get_close_matches(entry.name, [name for name in known if not (reading.folder / name).exists()], 1, 0.75)
        if close or (entry.is_file() and entry.suffix in TABLES):
            remedy = f"rename it to {close[0]}" if close else "move it to where it belongs, or away"
            problem = Problem((), "what nothing would read", listed(known), remedy)
            reading.complain(entry.name, None, (), problem)


def _single(reading: Reading, kind: str, model: Any, file: str, name: Callable[[Any], str]) -> Any:
    """The one declaration of a file."""
    document = reading.yaml(file)
    if document is None:
        return None
    at = (file, document, ())
    found = reading.typed(TypeAdapter(model), model, document.value, at)
    return found if found is not None and reading.keep(kind, name(found), at) else None


def _singles(reading: Reading, kind: str, model: Any, folder: str) -> Iterable[Any]:
    """The declarations of a folder, one per file; the file bears the name of what it declares."""
    for file in reading.names(folder):
        found = _single(reading, kind, model, file, lambda item: str(getattr(item, kind)))
        if found is None:
            continue
        name = str(getattr(found, kind))
        if Path(file).stem != name.replace("/", "-"):
            line = reading.origins[kind, name][1].seek((kind,))[0]
            allowed = f"the name of the file, {Path(file).stem!r}"
            remedy = f"rename the file to {name.replace('/', '-')}.yml, or the {kind}"
            reading.complain(file, line, (kind,), Problem((), repr(name), allowed, remedy))
        yield found


def _present(reading: Reading, file: str) -> list[str]:
    return [file] if (reading.folder / file).exists() else []


def _items(reading: Reading, file: str) -> Iterable[tuple[Any, At]]:
    """The entries of a file that holds a list."""
    document = reading.yaml(file)
    if document is None:
        return
    if not isinstance(document.value, list):
        found = "keys with values" if isinstance(document.value, dict) else repr(document.value)
        remedy = "begin each entry with '- '"
        reading.complain(file, 1, (), Problem((), found, "a list", remedy))
        return
    for index, item in enumerate(document.value):
        yield item, (file, document, (index,))


def _lists(reading: Reading, kind: str, model: Any, files: Iterable[str]) -> Iterable[Any]:
    """The declarations of files that hold a list each."""
    adapter = TypeAdapter(model)
    for file in files:
        for item, at in _items(reading, file):
            found = reading.typed(adapter, model, item, at)
            if found is not None and reading.keep(kind, str(getattr(found, kind)), at):
                yield found


def _languages(reading: Reading, header: Header | None) -> list[Language]:
    """The language packs, in the order of the header."""
    files = {Path(file).stem: file for file in reading.names("languages")}
    wanted = header.languages if header else tuple(files)
    # Where there is no pack at all, one problem says so already.
    for index, name in enumerate(header.languages if header and files else ()):
        if name not in files:
            remedy = f"add languages/{name}.yml, or remove {name!r}"
            reading.locate(Problem(("header", "programme", "languages", index), repr(name), listed(files), remedy))
    for name in sorted(set(files) - set(wanted)):
        allowed = f"the languages of programme.yml: {listed(wanted)}"
        remedy = f"add {name!r} to the languages of programme.yml, or remove the file"
        reading.complain(files[name], None, (), Problem((), f"a pack of the language {name!r}", allowed, remedy))
    found = {}
    for name in wanted:
        if name in files:
            pack = _single(reading, "language", Language, files[name], lambda item: str(item.language))
            if pack is not None and pack.language != name:
                remedy = f"write 'language: {name}', or rename the file"
                place = ("language", pack.language, "language")
                reading.locate(Problem(place, repr(pack.language), repr(name), remedy))
            elif pack is not None:
                found[name] = pack
    return list(found.values())


def _codelists(reading: Reading, languages: tuple[str, ...]) -> Iterable[Codelist]:
    """The codelists, by file name."""
    names = tuple(f"name_{language}" for language in languages)
    known = ("code", *names, "aliases", "valid_from", "valid_to", "replaced_by")
    for file in reading.names("codelists"):
        document = reading.csv(file, known, ("code", *names))
        if document is None:
            continue
        name, at = Path(file).stem, (file, document, ())
        rows = _rows(document, ("valid_from", "valid_to"))
        for row in rows:
            row["name"] = {language: row.pop(f"name_{language}", "") for language in languages}
        entries = reading.typed(_ENTRIES, tuple[Entry, ...], rows, at)
        if entries is not None and reading.keep("codelist", name, at):
            found = reading.typed(TypeAdapter(Codelist), Codelist, {"codelist": name, "entries": entries}, at)
            if found is not None:
                yield found


def _registers(reading: Reading) -> Iterable[Register]:
    """The registers of ``registers.yml``, each with the versions of its CSV."""
    files = {Path(file).stem: file for file in reading.names("registers") if file != SUCCESSION}
    named = set()
    for item, at in _items(reading, "registers.yml") if files or _present(reading, "registers.yml") else ():
        register = reading.typed(_REGISTER, RegisterEntry, item, at)
        if register is None:
            # Its name may be known all the same: its CSV is then not one that nobody declares.
            named.add(str(item.get("register")) if isinstance(item, dict) else "")
            continue
        name = register.register_name
        named.add(name)
        if not reading.keep("register", name, at):
            continue
        if name not in files:
            remedy = f"add registers/{name}.csv, or remove the register"
            reading.locate(Problem(("register", name, "register"), f"{name!r} without a file", listed(files), remedy))
            continue
        document = reading.csv(files[name], REGISTER_COLUMNS, ("key", "code", "name"))
        if document is None:
            continue
        rows = _rows(document, ("valid_from",))
        versions = reading.typed(_VERSIONS, tuple[Version, ...], rows, (files[name], document, ()))
        if versions is not None and reading.keep("version", name, (files[name], document, ())):
            yield Register.model_validate({**item, "versions": versions})
    for name in sorted(set(files) - named) if named or "registers.yml" not in reading.problems else ():
        allowed = f"the registers of registers.yml: {listed(sorted(named - {''}))}"
        remedy = f"declare {name!r} in registers.yml, or remove the file"
        found = f"a register {name!r} that is not declared"
        reading.complain(files[name], None, (), Problem((), found, allowed, remedy))


def _succession(reading: Reading) -> tuple[Succession, ...]:
    """The edges of ``registers/succession.csv``, where there is one."""
    if not _present(reading, SUCCESSION):
        return ()
    needed = ("predecessor", "successor", "relation", "effective")
    document = reading.csv(SUCCESSION, tuple(Succession.model_fields), needed)
    if document is None:
        return ()
    at = (SUCCESSION, document, ())
    found = reading.typed(_SUCCESSION, tuple[Succession, ...], _rows(document, ("effective",)), at)
    return found if found is not None and reading.keep("succession", "succession", at) else ()


def _rows(document: CsvDocument, days: tuple[str, ...]) -> list[dict[str, Any]]:
    """The rows of a CSV file, with their aliases and days as what they are."""
    rows = document.rows()
    for row in rows:
        for column in days:
            if column in row:
                row[column] = _day(row[column].strip())
        if "aliases" in row:
            row["aliases"] = tuple(alias for alias in map(str.strip, row["aliases"].split(";")) if alias)
    return rows


@cache
def _day(text: str) -> date | str:
    """The day of a cell; a text that is no day stays one and is refused by the model."""
    if _DAY.fullmatch(text):
        try:
            return date.fromisoformat(text)
        except ValueError:
            return text
    # A text that the model would take for a number of seconds is kept from being one.
    return f"{text} is no day" if text.isdigit() else text
