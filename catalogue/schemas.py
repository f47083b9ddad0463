"""JSON Schemas of everything that a programme declares in YAML, so that an editor completes and checks it.

They are made from the models, and committed to ``docs/schemas/``. An editor with the YAML language server finds the
schema of a file by a comment in its first line, as in ``programmes/<name>/forms/<form>.yml``::

    # yaml-language-server: $schema=../../../docs/schemas/form.json

A schema knows one file; what does not fit together between files, ``catalogue.rules`` says on load.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

from pydantic import TypeAdapter

from catalogue.brief import Brief
from catalogue.contact import Contact
from catalogue.correction import Correction
from catalogue.fact import Fact
from catalogue.form import Form
from catalogue.indicator import Indicator
from catalogue.language import Language
from catalogue.official import Official
from catalogue.personal import Personal
from catalogue.programme import Header
from catalogue.publication import Publication
from catalogue.reconciliation import Reconciliation
from catalogue.register_entry import RegisterEntry
from catalogue.route import Route
from catalogue.signer import Signer
from catalogue.source import Source
from catalogue.target import Target

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"

# schema: (the files that it is for, what one of them holds)
SCHEMAS: Final[dict[str, tuple[str, TypeAdapter[Any]]]] = {
    "header": ("programme.yml", TypeAdapter(Header)),
    "language": ("languages/<language>.yml", TypeAdapter(Language)),
    "registers": ("registers.yml", TypeAdapter(tuple[RegisterEntry, ...])),  # type: ignore[valid-type]
    "fact": ("facts/<fact>.yml", TypeAdapter(Fact)),
    "form": ("forms/<form>.yml", TypeAdapter(Form)),
    "source": ("sources/<source>.yml", TypeAdapter(Source)),
    "indicators": ("indicators/<area>.yml", TypeAdapter(tuple[Indicator, ...])),
    "targets": ("targets.yml", TypeAdapter(tuple[Target, ...])),
    "corrections": ("corrections.yml", TypeAdapter(tuple[Correction, ...])),
    "routes": ("routes.yml", TypeAdapter(tuple[Route, ...])),
    "contacts": ("contacts.yml", TypeAdapter(tuple[Contact, ...])),
    "reconciliations": ("reconciliations.yml", TypeAdapter(tuple[Reconciliation, ...])),
    "personal": ("personal.yml", TypeAdapter(tuple[Personal, ...])),
    "signers": ("signers/signers.yml", TypeAdapter(tuple[Signer, ...])),
    "publication": ("report/publication.yml", TypeAdapter(Publication)),
    "brief": ("report/brief.yml", TypeAdapter(Brief)),
    "official": ("report/official.yml", TypeAdapter(tuple[Official, ...])),
}


def json_schemas() -> dict[str, dict[str, Any]]:
    """The schema of each kind of file, by name; keys as an author writes them."""
    return {
        name: {"$schema": DIALECT, **adapter.json_schema(by_alias=True), "title": file}
        for name, (file, adapter) in SCHEMAS.items()
    }


def write_schemas(folder: Path) -> None:
    """Write each schema to ``<name>.json`` in a folder, which is made where it is missing."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, schema in json_schemas().items():
        text = json.dumps(schema, ensure_ascii=False, indent=2) + "\n"
        (folder / f"{name}.json").write_text(text, encoding="utf-8")
