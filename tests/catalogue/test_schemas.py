"""The JSON Schemas: the committed ones are those of the models, and they accept what the loader accepts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import pytest

from catalogue.document import YamlDocument
from catalogue.schemas import SCHEMAS, json_schemas, write_schemas

COMMITTED: Final = Path(__file__).parents[2] / "docs" / "schemas"


@pytest.mark.parametrize("name", SCHEMAS)
def test_the_committed_schema_is_the_one_of_the_models(name: str) -> None:
    committed = json.loads((COMMITTED / f"{name}.json").read_text(encoding="utf-8"))
    assert committed == json_schemas()[name], "export again: catalogue.schemas.write_schemas"


def test_no_other_schema_is_committed() -> None:
    assert sorted(file.stem for file in COMMITTED.glob("*.json")) == sorted(SCHEMAS)


def test_what_is_written_is_what_is_exported(tmp_path: Path) -> None:
    write_schemas(tmp_path / "schemas")
    for name, schema in json_schemas().items():
        assert json.loads((tmp_path / "schemas" / f"{name}.json").read_text(encoding="utf-8")) == schema


@pytest.mark.parametrize(
    ("schema", "file"),
    [
        ("header", "programme.yml"),
        ("language", "languages/en.yml"),
        ("registers", "registers.yml"),
        ("fact", "facts/courses.yml"),
        ("form", "forms/F-01.yml"),
        ("source", "sources/portal.yml"),
        ("source", "sources/inbox.yml"),
        ("indicators", "indicators/people.yml"),
        ("targets", "targets.yml"),
        ("corrections", "corrections.yml"),
        ("contacts", "contacts.yml"),
        ("routes", "routes.yml"),
    ],
)
def test_an_editor_finds_every_key_of_a_declaration(tiny: Path, schema: str, file: str) -> None:
    whole = json_schemas()[schema]
    value = YamlDocument((tiny / file).read_text(encoding="utf-8")).value
    assert _strange(value, whole, whole.get("$defs", {})) == []


@pytest.mark.parametrize(
    ("schema", "keys"),
    [
        ("registers", {"register", "entity", "title", "levels", "links"}),
        (
            "routes",
            {
                "route",
                "title",
                "address",
                "on",
                "severity",
                "forms",
                "branches",
                "digest",
                "quiet",
                "escalate_after",
                "escalate_to",
                "language",
            },
        ),
    ],
)
def test_keys_are_those_an_author_writes(schema: str, keys: set[str]) -> None:
    whole = json_schemas()[schema]
    name = str(whole["items"]["$ref"]).rpartition("/")[2]
    assert set(whole["$defs"][name]["properties"]) == keys
    assert whole["$defs"][name]["additionalProperties"] is False


def _strange(value: Any, schema: dict[str, Any], defs: dict[str, Any]) -> list[str]:
    """The keys of a value that its schema does not know, and the required ones that it lacks."""
    if "$ref" in schema:
        return _strange(value, defs[schema["$ref"].rpartition("/")[2]], defs)
    if "discriminator" in schema:
        tag = schema["discriminator"]
        return _strange(value, {"$ref": tag["mapping"][value[tag["propertyName"]]]}, defs)
    if isinstance(value, list) and "items" in schema:
        return [key for item in value for key in _strange(item, schema["items"], defs)]
    if isinstance(value, dict) and "properties" in schema:
        found = [key for key in value if key not in schema["properties"]]
        found += [key for key in schema.get("required", ()) if key not in value]
        for key in value:
            found += _strange(value[key], schema["properties"].get(key, {}), defs)
        return found
    return []
