"""A reading of a programme's folder: the files read so far, where each thing is declared, and all that is wrong."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError

from catalogue.document import CsvDocument, Document, Unreadable, YamlDocument, decoded
from catalogue.problem import Problem, listed, nearest, said
from catalogue.violation import violations

# Folders: what their files end in, and whether a programme cannot do without them.
FOLDERS: Final[dict[str, tuple[str, bool]]] = {
    "languages": (".yml", True),
    "codelists": (".csv", False),
    "registers": (".csv", False),
    "facts": (".yml", True),
    "forms": (".yml", True),
    "sources": (".yml", False),
    "indicators": (".yml", False),
}
# What looks like a declaration: under another name than expected it would be passed over in silence.
TABLES: Final = (".yml", ".yaml", ".csv", ".tsv", ".json", ".xls", ".xlsx", ".ods")
# More than this many problems of one file are counted, not listed.
MOST: Final = 25

At = tuple[str, Document, tuple[str | int, ...]]
"""Where a thing is declared: the file, the document, the way to it in the document."""


@dataclass
class Reading:
    """What has been read so far: the bytes of every file, where every declared thing stands, what is wrong."""

    folder: Path
    files: dict[str, bytes] = field(default_factory=dict)
    problems: dict[str, list[tuple[int, str]]] = field(default_factory=dict)
    origins: dict[tuple[str, str], At] = field(default_factory=dict)

    def complain(self, file: str, line: int | None, path: Iterable[str | int], problem: Problem) -> None:
        """Note a problem of a file, once."""
        told = (line or 0, said(file, line, path, problem))
        if told not in self.problems.setdefault(file, []):
            self.problems[file].append(told)

    def findings(self) -> list[str]:
        """Every problem, by file and line; of a file with very many, the first ones and how many more."""
        found = []
        for file, told in self.problems.items():
            ordered = [text for _, text in sorted(told, key=lambda item: item[0])]
            found += ordered[:MOST]
            if len(ordered) > MOST:
                found.append(f"{file}: and {len(ordered) - MOST} more of this file")
        return found

    def text(self, file: str) -> str | None:
        """The text of a file; None, with a problem noted, where it cannot be read."""
        try:
            self.files[file] = (self.folder / file).read_bytes()
            return decoded(self.files[file])
        except OSError as error:
            remedy = f"restore or write {file}" if isinstance(error, FileNotFoundError) else "mend access to the file"
            found = "no such file" if isinstance(error, FileNotFoundError) else f"a file that cannot be read: {error}"
            self.complain(file, None, (), Problem((), found, "a readable file", remedy))
        except Unreadable as error:
            self.complain(file, error.line, (), Problem((), error.found, error.allowed, error.remedy))
        return None

    def yaml(self, file: str) -> YamlDocument | None:
        """A YAML file, parsed; None, with a problem noted, where it cannot be."""
        text = self.text(file)
        if text is None:
            return None
        document = YamlDocument(text)
        try:
            _ = document.value  # parsed here, so that what is wrong with the file is told once
        except Unreadable as error:
            self.complain(file, error.line, (), Problem((), error.found, error.allowed, error.remedy))
            return None
        return document

    def csv(self, file: str, known: tuple[str, ...], required: tuple[str, ...]) -> CsvDocument | None:
        """A CSV file with known columns; None, with problems noted, where a column or line is wrong."""
        text = self.text(file)
        if text is None:
            return None
        document = CsvDocument(text)
        for wrong in document.complaints:
            self.complain(file, wrong.line, (), Problem((), wrong.found, wrong.allowed, wrong.remedy))
        unknown = [column for column in document.columns if column not in known]
        missing = [column for column in required if column not in document.columns]
        for column in unknown:
            otherwise = "separate columns by commas, remove the column or add its language to programme.yml"
            remedy = nearest(column, missing or known, otherwise)
            self.complain(file, 1, (), Problem((), f"the unknown column {column!r}", listed(known), remedy))
        for column in missing:
            found = f"no column {column!r}, which is required"
            self.complain(file, 1, (), Problem((), found, listed(known), f"add the column {column!r}"))
        return None if unknown or missing or document.complaints else document

    def typed(self, adapter: TypeAdapter[Any], model: Any, value: Any, at: At) -> Any:
        """A value of a document as its model; None, with problems noted, where it does not fit."""
        file, document, prefix = at
        try:
            return adapter.validate_python(value)
        except ValidationError as error:
            for path, problem in violations(error, model, document, prefix):
                self.complain(file, document.seek(path)[0], path, problem)
            return None

    def names(self, folder: str) -> list[str]:
        """The files of a folder that are to be read, sorted; a file that would be passed over is a problem."""
        suffix, needed = FOLDERS[folder]
        found = []
        for entry in sorted((self.folder / folder).iterdir()) if (self.folder / folder).is_dir() else []:
            if entry.name.startswith((".", "_")):
                continue
            if entry.is_file() and entry.suffix == suffix:
                found.append(f"{folder}/{entry.name}")
                continue
            if entry.is_file() and entry.suffix not in TABLES:
                continue
            allowed = f"files that end in {suffix}, and no folders"
            remedy = f"rename it to {entry.stem}{suffix}" if entry.is_file() else "move its files up, or the folder out"
            self.complain(f"{folder}/{entry.name}", None, (), Problem((), "what nothing would read", allowed, remedy))
        if needed and not found and not any(file.startswith(f"{folder}/") for file in self.problems):
            found_text = "an empty folder" if (self.folder / folder).is_dir() else "no such folder"
            remedy = f"add {folder}/<name>{suffix}"
            self.complain(f"{folder}/", None, (), Problem((), found_text, f"at least one {suffix} file", remedy))
        return found

    def keep(self, kind: str, name: str, at: At) -> bool:
        """Remember where a thing is declared. A second thing of the same name is a problem, and False."""
        before = self.origins.setdefault((kind, name), at)
        if before is at:
            return True
        line, where = at[1].seek(at[2])[0], f"{before[0]}, line {before[1].seek(before[2])[0]}"
        found = f"the {kind} {name!r}, which {where} declares already"
        self.complain(at[0], line, (), Problem((), found, f"each {kind} once", "rename or remove one of the two"))
        return False

    def locate(self, problem: Problem) -> None:
        """Note a problem of a declared thing, with the file and line of its place."""
        kind, name, *path = problem.place
        file, document, prefix = self.origins[str(kind), str(name)]
        self.complain(file, document.seek((*prefix, *path))[0], path, problem)
