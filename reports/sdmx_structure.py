"""The structures of a release's data as SDMX-ML 3.0: codelists, a concept scheme, a data structure, a dataflow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal
from xml.etree import ElementTree as Xml

from catalogue.declared import Words
from catalogue.programme import Programme
from catalogue.publication import Publication
from catalogue.report import read_report
from reports.figures import Row, Shown
from reports.observations import Observation
from reports.open_table import Written, write_text
from reports.open_tables import titles
from reports.package import publisher
from reports.sdmx import (
    CONF_STATUSES,
    FREQUENCIES,
    OBS_STATUSES,
    REVISIONS,
    SCALES,
    Names,
    area,
    identifier,
    identifiers,
)

_SPACES: Final = {
    "mes": "http://www.sdmx.org/resources/sdmxml/schemas/v3_0/message",
    "str": "http://www.sdmx.org/resources/sdmxml/schemas/v3_0/structure",
    "com": "http://www.sdmx.org/resources/sdmxml/schemas/v3_0/common",
}
_LANG: Final = "{http://www.w3.org/XML/1998/namespace}lang"


@dataclass(frozen=True)
class Code:
    """An item of a codelist: its id, name, and the code above it."""

    code: str
    name: Words
    parent: str = ""
    description: Words | None = None


@dataclass(frozen=True)
class Component:
    """A column of the data: what it is, and its codelist or type of text. ``must``: it is always there."""

    component: str
    role: Literal["dimension", "time", "measure", "attribute"]
    name: str
    codelist: str = ""
    text: str = ""
    must: bool = True


COMPONENTS: Final = (
    Component("FREQ", "dimension", "Frequency", "CL_FREQ"),
    Component("INDICATOR", "dimension", "Indicator", "CL_INDICATOR"),
    Component("REF_AREA", "dimension", "Place or organisation, by its key for life", "CL_AREA"),
    Component("TIME_PERIOD", "time", "Period", text="ObservationalTimePeriod"),
    Component("OBS_VALUE", "measure", "Value; a rate is a fraction of 1", text="Decimal", must=False),
    Component("UNIT_MEASURE", "attribute", "What is counted", "CL_UNIT"),
    Component("SCALE", "attribute", "How the value is to be read", "CL_SCALE"),
    Component("OBS_STATUS", "attribute", "Observation status", "CL_OBS_STATUS"),
    Component("CONF_STATUS", "attribute", "Confidentiality status", "CL_CONF_STATUS"),
    Component("REVISION", "attribute", "Whether it may still change", "CL_REVISION"),
    Component("NUMERATOR", "attribute", "What is counted, of a rate", text="Decimal", must=False),
    Component("DENOMINATOR", "attribute", "Out of how many, of a rate", text="Decimal", must=False),
    Component("COVERAGE", "attribute", "Reports that came, of those owed", text="Decimal", must=False),
    Component("AREA_CODE", "attribute", "Official code of the place in the period", text="String", must=False),
)


def write_structure(
    folder: Path,
    programme: Programme,
    publication: Publication,
    release: Shown,
    names: Names,
    found: Sequence[Observation],
    described_by: tuple[Sequence[Row], Sequence[Row]],
) -> Written:
    """Write ``sdmx/structure.xml``. ``described_by``: rows of ``indicators`` and of ``places`` of an open package."""
    for prefix, space in _SPACES.items():
        Xml.register_namespace(prefix, space)
    root = Xml.Element(_q("mes:Structure"))
    header = _add(root, "mes:Header")
    _add(header, "mes:ID", said=f"{names.agency}-{programme.name}-{release.key}")
    _add(header, "mes:Test", said="false")
    _add(header, "mes:Prepared", said=f"{release.published_at.isoformat(timespec='seconds')}Z")
    _named(_add(header, "mes:Sender", id=names.agency), {"en": publisher(programme, publication)})
    structures = _add(root, "mes:Structures")
    title = publication.title or programme.header.title
    flow = _maintained(_add(structures, "str:Dataflows"), "str:Dataflow", names, names.dataflow, title)
    _add(flow, "str:Structure", said=names.urn("datastructure", "DataStructure", names.structure))
    lists = _add(structures, "str:Codelists")
    for name, codes in _codelists(programme, found, *described_by).items():
        codelist = _maintained(lists, "str:Codelist", names, name, {"en": _LISTS[name]}, isPartial="false")
        for code in codes:
            _code(codelist, code)
    scheme = _maintained(
        _add(structures, "str:ConceptSchemes"), "str:ConceptScheme", names, names.concepts, title, isPartial="false"
    )
    for one in COMPONENTS:
        _named(_add(scheme, "str:Concept", id=one.component), {"en": one.name})
    structure = _maintained(_add(structures, "str:DataStructures"), "str:DataStructure", names, names.structure, title)
    _components(_add(structure, "str:DataStructureComponents"), names)
    Xml.indent(root)
    said = Xml.tostring(root, encoding="unicode")
    text = f'<?xml version="1.0" encoding="UTF-8"?>\n{said}\n'
    return write_text(folder, "sdmx/structure.xml", text, "application/vnd.sdmx.structure+xml;version=3.0.0")


_LISTS: Final = {
    "CL_AREA": "Places and organisations",
    "CL_CONF_STATUS": "Confidentiality status",
    "CL_FREQ": "Frequency",
    "CL_INDICATOR": "Indicators",
    "CL_OBS_STATUS": "Observation status",
    "CL_REVISION": "Whether a figure may still change",
    "CL_SCALE": "How a value is to be read",
    "CL_UNIT": "What is counted",
}


def _codelists(
    programme: Programme, found: Sequence[Observation], indicators: Sequence[Row], places: Sequence[Row]
) -> dict[str, list[Code]]:
    """Every codelist, in the order of its id, each code once."""
    ids = identifiers(one.indicator for one in found)
    # Of several versions of a definition the newest is told.
    newest = {str(one["indicator_code"]): one for one in indicators}
    language = programme.language.language
    units = read_report(programme.folder).words.units
    definitions = []
    for code, row in newest.items():
        declared = programme.indicator.get(code)
        text = dict(declared.definition) if declared else {language: str(row["definition"] or "")}
        definitions.append(Code(ids[code], titles(programme, code, row), description=text))
    areas = [
        Code(
            area(one["place_key"]),
            {language: str(one["name"])},
            parent=area(above) if (above := one["parent_key"] or one["link_key"]) else "",
            description={"en": f"{one['register']} {one['code']}"},
        )
        for one in places
    ]
    return {
        "CL_AREA": areas,
        "CL_CONF_STATUS": _english(CONF_STATUSES),
        "CL_FREQ": _english(dict(FREQUENCIES.values())),
        "CL_INDICATOR": definitions,
        "CL_OBS_STATUS": _english(OBS_STATUSES),
        "CL_REVISION": _english(REVISIONS),
        "CL_SCALE": _english(SCALES),
        "CL_UNIT": [
            Code(identifier(unit), units.get(unit) or {"en": unit}) for unit in sorted({one.unit for one in found})
        ],
    }


def _english(codes: Mapping[str, str]) -> list[Code]:
    return [Code(code, {"en": name}) for code, name in codes.items()]


def _components(parent: Xml.Element, names: Names) -> None:
    """The dimensions, attributes and measure of the data structure, in the order in which the schema has them."""
    dimensions = [one for one in COMPONENTS if one.role in ("dimension", "time")]
    listed = _add(parent, "str:DimensionList")
    for place, one in enumerate(dimensions, start=1):
        if one.role == "time":
            _represented(_add(listed, "str:TimeDimension", id=one.component), one, names)
        else:
            _represented(_add(listed, "str:Dimension", id=one.component, position=str(place)), one, names)
    listed = _add(parent, "str:AttributeList")
    for one in (one for one in COMPONENTS if one.role == "attribute"):
        usage = "mandatory" if one.must else "optional"
        attribute = _add(listed, "str:Attribute", id=one.component, usage=usage)
        _represented(attribute, one, names)
        _add(_add(attribute, "str:AttributeRelationship"), "str:Observation")
        _add(_add(attribute, "str:MeasureRelationship"), "str:Measure", said="OBS_VALUE")
    listed = _add(parent, "str:MeasureList")
    for one in (one for one in COMPONENTS if one.role == "measure"):
        _represented(_add(listed, "str:Measure", id=one.component, usage="optional"), one, names)


def _represented(element: Xml.Element, one: Component, names: Names) -> None:
    """The concept of a component, and its codelist or type."""
    concept = names.urn("conceptscheme", "Concept", names.concepts, one.component)
    _add(element, "str:ConceptIdentity", said=concept)
    represented = _add(element, "str:LocalRepresentation")
    if one.codelist:
        _add(represented, "str:Enumeration", said=names.urn("codelist", "Codelist", one.codelist))
    else:
        _add(represented, "str:TextFormat", textType=one.text)


def _code(parent: Xml.Element, code: Code) -> None:
    element = _add(parent, "str:Code", id=code.code)
    _named(element, code.name)
    for language, text in sorted((code.description or {}).items()):
        if text:
            _add(element, "com:Description", said=text).set(_LANG, language)
    if code.parent:
        _add(element, "str:Parent", said=code.parent)


def _maintained(parent: Xml.Element, tag: str, names: Names, name: str, title: Words, **more: str) -> Xml.Element:
    element = _add(
        parent, tag, id=name, agencyID=names.agency, version=names.version, isExternalReference="false", **more
    )
    _named(element, title)
    return element


def _named(element: Xml.Element, words: Words) -> None:
    for language, text in sorted(words.items()):
        _add(element, "com:Name", said=text).set(_LANG, language)


def _add(parent: Xml.Element, tag: str, /, said: str = "", **attributes: str) -> Xml.Element:
    element = Xml.SubElement(parent, _q(tag), dict(sorted(attributes.items())))
    element.text = said or None
    return element


def _q(tag: str) -> str:
    prefix, _, name = tag.partition(":")
    return f"{{{_SPACES[prefix]}}}{name}"
