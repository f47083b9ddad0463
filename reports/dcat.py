"""A release as an entry of an open data portal: a DCAT-AP catalogue with one dataset, as JSON-LD.

Links are relative to the catalogue unless the programme declares the address under which it publishes.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from catalogue.declared import Words
from catalogue.programme import Programme
from catalogue.publication import Publication
from reports.figures import Row, Shown
from reports.open_table import Written, write_text
from reports.package import sources

_CONTEXT: Final = {
    "dcat": "http://www.w3.org/ns/dcat#",
    "dct": "http://purl.org/dc/terms/",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "owl": "http://www.w3.org/2002/07/owl#",
    "spdx": "http://spdx.org/rdf/terms#",
    "vcard": "http://www.w3.org/2006/vcard/ns#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}
_MEDIA: Final = "https://www.iana.org/assignments/media-types/"
_FREQUENCY: Final = "http://publications.europa.eu/resource/authority/frequency/"
# The most frequent kind of period says how often figures come.
_FREQUENCIES: Final = {"month": "MONTHLY", "quarter": "QUARTERLY", "half": "ANNUAL_2", "year": "ANNUAL"}
_TITLES: Final = {
    "datapackage.json": "Frictionless data package: what is in which file",
    "sdmx/data.csv": "All figures as SDMX-CSV 2.0",
    "sdmx/structure.xml": "Structure of the SDMX data, SDMX-ML 3.0",
}
_CONFORMS: Final = {
    "datapackage.json": "https://specs.frictionlessdata.io/tabular-data-package/",
    "sdmx/data.csv": "https://sdmx.org/standards-2/",
    "sdmx/structure.xml": "https://sdmx.org/standards-2/",
}


def write_catalogue(
    folder: Path,
    programme: Programme,
    publication: Publication,
    release: Shown,
    files: Sequence[Written],
    periods: Sequence[Row],
) -> Written:
    """Write ``catalog.jsonld`` for files that were written. ``periods``: rows of ``periods`` of the package."""
    base = publication.address.rstrip("/")
    here = f"{base}/" if base else ""
    published = _moment(release.published_at)
    agent = {
        "@id": publication.publisher_url or f"{here}#publisher",
        "@type": "foaf:Agent",
        "foaf:name": _texts(publication.publisher or programme.header.title),
    }
    title = publication.title or programme.header.title
    about = publication.description or programme.header.note or title
    dataset: dict[str, Any] = {
        "@id": f"{here}#dataset",
        "@type": "dcat:Dataset",
        "dct:title": _texts({language: f"{said}: {release.name}" for language, said in title.items()}),
        "dct:description": _texts(about),
        "dct:identifier": f"sha256:{release.hash}",
        "dct:issued": published,
        "dct:modified": published,
        "dct:publisher": {"@id": agent["@id"]},
        "dct:language": [{"@id": _language(one)} for one in programme.header.languages],
        "dcat:keyword": [
            {"@language": language, "@value": word}
            for language, words in sorted(publication.keywords.items())
            for word in words
        ],
        "dcat:theme": [{"@id": one} for one in publication.themes],
        "dct:spatial": [{"@id": one} for one in publication.spatial],
        "dct:temporal": _temporal(periods),
        "dct:accrualPeriodicity": _periodicity(periods),
        "dct:provenance": {
            "@type": "dct:ProvenanceStatement",
            "dct:description": "; ".join(one["title"] for one in sources(programme, publication)),
        },
        "dcat:version": release.name,
        "dcat:contactPoint": _contact(publication),
        "dcat:distribution": [_distribution(here, one, publication, published) for one in files],
    }
    catalogue = {
        "@context": _CONTEXT,
        "@graph": [
            agent,
            {
                "@id": f"{here}#catalogue",
                "@type": "dcat:Catalog",
                "dct:title": _texts(title),
                "dct:description": _texts(about),
                "dct:publisher": {"@id": agent["@id"]},
                "dct:issued": published,
                "dct:modified": published,
                **({"dct:license": {"@id": publication.licence.url}} if publication.licence else {}),
                "dcat:dataset": {"@id": dataset["@id"]},
            },
            {key: value for key, value in dataset.items() if value},
            *([_licence(publication)] if publication.licence else []),
        ],
    }
    said = json.dumps(catalogue, ensure_ascii=False, indent=2)
    return write_text(folder, "catalog.jsonld", f"{said}\n", "application/ld+json")


def _distribution(here: str, file: Written, publication: Publication, published: dict[str, str]) -> dict[str, Any]:
    """One file: where it is, what it is, how large, and its hash."""
    url = f"{here}{file.path}"
    found: dict[str, Any] = {
        "@id": f"{url}#distribution",
        "@type": "dcat:Distribution",
        "dct:title": {"@language": "en", "@value": _TITLES.get(file.path, file.path)},
        "dcat:accessURL": {"@id": url},
        "dcat:downloadURL": {"@id": url},
        "dcat:mediaType": {"@id": f"{_MEDIA}{file.media_type.partition(';')[0]}"},
        "dcat:byteSize": {"@type": "xsd:nonNegativeInteger", "@value": str(file.size)},
        "spdx:checksum": {
            "@type": "spdx:Checksum",
            "spdx:algorithm": {"@id": "spdx:checksumAlgorithm_sha256"},
            "spdx:checksumValue": {"@type": "xsd:hexBinary", "@value": file.sha256},
        },
        "dct:issued": published,
    }
    if file.path in _CONFORMS:
        found["dct:conformsTo"] = {"@id": _CONFORMS[file.path], "@type": "dct:Standard"}
    if publication.licence:
        found["dct:license"] = {"@id": publication.licence.url}
    return found


def _licence(publication: Publication) -> dict[str, Any]:
    licence = publication.licence
    if licence is None:
        return {}
    return {
        "@id": licence.url,
        "@type": "dct:LicenseDocument",
        "dct:title": _texts(licence.title),
        "dct:identifier": licence.licence,
    }


def _contact(publication: Publication) -> dict[str, Any] | None:
    if not publication.contact:
        return None
    return {
        "@type": "vcard:Organization",
        "vcard:fn": _texts(publication.publisher),
        "vcard:hasEmail": {"@id": f"mailto:{publication.contact}"},
    }


def _temporal(periods: Sequence[Row]) -> dict[str, Any] | None:
    if not periods:
        return None
    return {
        "@type": "dct:PeriodOfTime",
        "dcat:startDate": _day(min(one["start_date"] for one in periods)),
        "dcat:endDate": _day(max(one["end_date"] for one in periods)),
    }


def _periodicity(periods: Iterable[Row]) -> dict[str, str] | None:
    kinds = {one["kind"] for one in periods}
    return next(({"@id": f"{_FREQUENCY}{name}"} for kind, name in _FREQUENCIES.items() if kind in kinds), None)


def _texts(words: Words) -> list[dict[str, str]]:
    return [{"@language": language, "@value": said} for language, said in sorted(words.items())]


def _language(code: str) -> str:
    return f"http://id.loc.gov/vocabulary/iso639-1/{code}"


def _moment(at: datetime) -> dict[str, str]:
    return {"@type": "xsd:dateTime", "@value": f"{at.isoformat(timespec='seconds')}Z"}


def _day(day: object) -> dict[str, str]:
    return {"@type": "xsd:date", "@value": str(day)}
