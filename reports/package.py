"""A release as a Frictionless data package: ``datapackage.json`` beside CSV and Parquet, with licence and sources."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from catalogue.programme import Programme
from catalogue.publication import Publication
from reports.figures import Shown
from reports.open_table import OpenTable, Written, write_text


def write_package(
    folder: Path,
    programme: Programme,
    publication: Publication,
    release: Shown,
    tables: Sequence[tuple[OpenTable, int, tuple[Written, Written]]],
) -> Written:
    """Write ``datapackage.json`` for tables that were written: (table, number of rows, its CSV and its Parquet)."""
    header = programme.header
    package: dict[str, Any] = {
        "profile": "data-package",
        "name": f"{programme.name}-{_slug(release.name)}".lower(),
        "id": f"sha256:{release.hash}",
        "title": f"{_say(publication.title or header.title)}: {release.name}",
        "description": _say(publication.description or header.note),
        "version": release.name,
        "created": f"{release.published_at.isoformat(timespec='seconds')}Z",
        "keywords": sorted({word for words in publication.keywords.values() for word in words}),
        "contributors": [{"title": publisher(programme, publication), "role": "publisher"}],
        "sources": sources(programme, publication),
        "resources": [one for table in tables for one in _resources(*table)],
    }
    if publication.publisher_url:
        package["homepage"] = publication.publisher_url
    if publication.licence:
        licence = publication.licence
        package["licenses"] = [{"name": licence.licence, "path": licence.url, "title": _say(licence.title)}]
    said = json.dumps({key: value for key, value in package.items() if value}, ensure_ascii=False, indent=2)
    return write_text(folder, "datapackage.json", f"{said}\n", "application/json")


def publisher(programme: Programme, publication: Publication) -> str:
    """Who publishes: as declared, else the programme itself."""
    return _say(publication.publisher or programme.header.title)


def sources(programme: Programme, publication: Publication) -> list[dict[str, str]]:
    """Whom to name as sources: those declared, then the forms and the sources that the figures come from."""
    named = [{"title": _say(one.title), **({"path": one.url} if one.url else {})} for one in publication.attribution]
    language = programme.language.language
    for form in programme.forms:
        basis = form.basis(language)
        named.append({"title": f"{form.form} {_say(form.title)}" + (f" ({basis})" if basis else "")})
    return named + [{"title": _say(one.title)} for one in programme.sources]


def _resources(table: OpenTable, count: int, files: tuple[Written, Written]) -> Iterable[Mapping[str, Any]]:
    text, parquet = files
    schema: dict[str, Any] = {"fields": [_field(table, place) for place in range(len(table.columns))]}
    schema["primaryKey"] = list(table.key)
    if table.refers:
        schema["foreignKeys"] = [
            {"fields": [name], "reference": {"resource": other, "fields": [name]}} for name, other in table.refers
        ]
    yield {
        "name": table.name,
        "profile": "tabular-data-resource",
        "path": text.path,
        "title": table.what,
        "format": "csv",
        "mediatype": text.media_type,
        "encoding": "utf-8",
        "bytes": text.size,
        "hash": f"sha256:{text.sha256}",
        "dialect": {"delimiter": ",", "lineTerminator": "\n"},
        "schema": schema,
        "rowcount": count,
    }
    yield {
        "name": f"{table.name}-parquet",
        "type": "file",
        "path": parquet.path,
        "title": f"{table.what} (the same rows)",
        "format": "parquet",
        "mediatype": parquet.media_type,
        "bytes": parquet.size,
        "hash": f"sha256:{parquet.sha256}",
    }


def _field(table: OpenTable, place: int) -> dict[str, Any]:
    column = table.columns[place]
    field: dict[str, Any] = {"name": column.name, "type": column.type, "description": column.what}
    rules: dict[str, Any] = {"required": True} if column.required else {}
    if column.allowed:
        rules["enum"] = list(column.allowed)
    return field | ({"constraints": rules} if rules else {})


def _say(words: Mapping[str, str]) -> str:
    """English, which readers of many countries understand; else the first language there is."""
    return words.get("en") or next(iter(words.values()), "")


def _slug(name: str) -> str:
    """A name as a package may bear it: small letters, digits, hyphens."""
    return "".join(char if char.isascii() and char.isalnum() else "-" for char in name.lower()).strip("-")
