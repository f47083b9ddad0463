"""``chiso export``: what other systems are given of a release, read back by the readers of each format."""

from __future__ import annotations

import csv
import hashlib
import json
import warnings
from decimal import Decimal
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from lxml import etree

from tests.flows.office import Installation, good, install

pytestmark = pytest.mark.long

PUBLICATION = """
agency: LAND
publisher: {en: Office of Statistics}
contact: figures@land.example
address: https://data.land.example/indicators
keywords: {en: [cases]}
licence: {licence: CC-BY-4.0, title: {en: Attribution 4.0}, url: "https://creativecommons.org/licenses/by/4.0/"}
attribution: [{title: {en: The offices of the land}}]
suppress:
  - {below: 3, facts: [cases]}
"""


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """Two offices that reported a month, one of them two cases received; a release, and one under embargo."""
    office = install(tmp_path_factory.mktemp("export"), prepared=True)
    (office.programme / "report").mkdir()
    office.declare("report/publication.yml", PUBLICATION)
    office.send("ON1", "january.xlsx", "01/2024", [good("Data", 4, 2, 3)])
    office.send("ON2", "january.xlsx", "01/2024", [good("Data", 5, 6, 4)])
    office.send("OS1", "january.xlsx", "01/2024", [good("Data", 6, 9, 5)])
    assert office.chiso("run", "--no-flow").returncode == 0
    office.send("OS1", "february.xlsx", "02/2024", [good("Data", 10, 8, 5)])
    header = (office.programme / "programme.yml").read_text(encoding="utf-8")
    office.declare("programme.yml", f'{header}releases: {{embargo: {{days: 300, at: "09:00"}}}}\n')
    assert office.chiso("run", "--no-flow").returncode == 0
    return office


@pytest.fixture(scope="module")
def folder(office: Installation, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The newest release that readers may see, exported."""
    folder = tmp_path_factory.mktemp("given") / "open"
    done = office.chiso("export", "-o", str(folder))
    assert done.returncode == 0, done.stderr
    return folder


def figures(folder: Path) -> dict[tuple[str, str, str], dict[str, str]]:
    with (folder / "data" / "figures.csv").open(encoding="utf-8") as file:
        return {(row["indicator_code"], row["place_code"], row["period_code"]): row for row in csv.DictReader(file)}


def test_the_same_release_is_the_same_bytes_and_its_hashes_are_listed(
    office: Installation, folder: Path, tmp_path: Path
) -> None:
    assert office.chiso("export", "-o", str(tmp_path / "again"), "--release", "release-1").returncode == 0
    names = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    assert {name: (folder / name).read_bytes() for name in names} == {
        name: (tmp_path / "again" / name).read_bytes() for name in names
    }
    sums = [line.split("  ") for line in (folder / "SHA256SUMS").read_text().splitlines()]
    assert [name for _, name in sums] == [name for name in names if name != "SHA256SUMS"]
    assert all(hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest for digest, name in sums)


def test_figures_are_those_of_the_view_and_small_counts_are_withheld(office: Installation, folder: Path) -> None:
    given = figures(folder)
    asked = office.asked(
        "SELECT indicator_code, place_code, period_code, value, status FROM indicator "
        "WHERE indicator_code IN ('RECEIVED', 'SKILL')"
    )
    assert asked
    for one in asked:
        row = given[one["indicator_code"], one["place_code"], one["period_code"]]
        if row["conf_status"] == "F":
            assert Decimal(row["value"]) == Decimal(str(one["value"])), one
    # place: (conf_status, obs_status, value) of RECEIVED in January. ON2 is withheld as ON - ON2 would tell ON1.
    table = {
        "ON1": ("C", "Q", ""), "N1": ("C", "Q", ""), "ON2": ("D", "Q", ""), "N2": ("D", "Q", ""),
        "ON": ("F", "P", "8"), "N": ("F", "P", "8"), "OS1": ("F", "P", "9"), "L": ("F", "P", "17"),
    }  # fmt: skip
    found = {place: given["RECEIVED", place, "2024-01"] for place in table}
    assert {place: (row["conf_status"], row["obs_status"], row["value"]) for place, row in found.items()} == table
    assert {row["status"] for row in given.values() if row["conf_status"] != "F"} == {"suppressed"}
    assert not any(row["numerator"] or row["denominator"] for row in given.values() if row["conf_status"] != "F")
    # Known through the quarter and the year as well, as it is the only month of both.
    assert {given["RECEIVED", "ON1", period]["value"] for period in ("2024-Q1", "2024")} == {""}


def test_what_is_under_embargo_is_not_given(office: Installation, folder: Path, tmp_path: Path) -> None:
    assert "2024-02" not in (folder / "data" / "figures.csv").read_text(encoding="utf-8")
    refused = office.chiso("export", "-o", str(tmp_path / "x"), "--release", "release-2")
    assert refused.returncode == 2
    assert "there is no release 'release-2'; there are: release-1" in refused.stderr


def test_the_package_validates_and_parquet_holds_the_same_rows(folder: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from frictionless import validate  # noqa: PLC0415 it takes a second, and warns

        report = validate(folder / "datapackage.json")
    assert report.valid, report.flatten(["type", "note"])
    package = json.loads((folder / "datapackage.json").read_text(encoding="utf-8"))
    assert package["licenses"][0]["name"] == "CC-BY-4.0"
    assert package["sources"][0] == {"title": "The offices of the land"}
    for one in package["resources"]:
        assert hashlib.sha256((folder / one["path"]).read_bytes()).hexdigest() == one["hash"].removeprefix("sha256:")
    for name in ("figures", "indicators", "periods", "places", "targets"):
        with (folder / "data" / f"{name}.csv").open(encoding="utf-8") as file:
            text = list(csv.DictReader(file))
        table = pq.read_table(folder / "data" / f"{name}.parquet")
        assert table.column_names == list(text[0]), name
        first = table.column_names[0]
        assert [str(value) for value in table[first].to_pylist()] == [row[first] for row in text], name


def test_sdmx_is_read_by_its_reference_reader(folder: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from pysdmx.io import read_sdmx  # noqa: PLC0415 it takes a second, and warns

        message = read_sdmx(folder / "sdmx" / "structure.xml", validate=True)
        (data,) = read_sdmx(folder / "sdmx" / "data.csv", validate=True).get_datasets()
    lists = {one.id: {code.id for code in one.items} for one in message.get_codelists()}
    (structure,) = message.get_data_structure_definitions()
    (flow,) = message.get_dataflows()
    assert data.short_urn == f"Dataflow={flow.agency}:{flow.id}({flow.version})"
    columns = data.data
    assert {one.id for one in structure.components} == set(columns.columns)
    for component in structure.components:
        if component.local_codes is not None:
            assert set(columns[component.id].astype(str)) <= lists[component.local_codes.id], component.id
    assert len(columns) == len(figures(folder))
    hidden = columns[columns["CONF_STATUS"] != "F"]
    assert set(hidden["OBS_STATUS"]) == {"Q"}
    assert not any(str(value).strip("nNa ") for value in hidden["OBS_VALUE"])


def test_the_catalogue_has_what_dcat_ap_demands(folder: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import rdflib  # noqa: PLC0415 it takes a while, and warns

        graph = rdflib.Graph().parse(folder / "catalog.jsonld", format="json-ld")
    dcat, dct = rdflib.Namespace("http://www.w3.org/ns/dcat#"), rdflib.Namespace("http://purl.org/dc/terms/")
    spdx = rdflib.Namespace("http://spdx.org/rdf/terms#")
    # Class: what each of it must have (DCAT-AP 3.0), and what we promise.
    shapes = {
        dcat.Catalog: (dct.title, dct.description, dct.publisher, dcat.dataset, dct.license),
        dcat.Dataset: (dct.title, dct.description, dct.publisher, dct.issued, dct.temporal, dcat.distribution),
        dcat.Distribution: (dcat.accessURL, dcat.mediaType, dcat.byteSize, spdx.checksum, dct.license),
    }
    for kind, needed in shapes.items():
        subjects = list(graph.subjects(rdflib.RDF.type, kind))
        assert subjects, kind
        for subject in subjects:
            assert not [one for one in needed if graph.value(subject, one) is None], (subject, kind)
    urls = {str(url) for url in graph.objects(None, dcat.downloadURL)}
    assert "https://data.land.example/indicators/data/figures.parquet" in urls
    assert {url.removeprefix("https://data.land.example/indicators/") for url in urls} == {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*.*")
        if path.name not in ("catalog.jsonld", "SHA256SUMS")
    }


def test_a_folder_of_somebody_else_is_left_alone(office: Installation, tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("mine")
    refused = office.chiso("export", "-o", str(tmp_path))
    assert refused.returncode == 2
    assert "is not empty and holds no export" in refused.stderr


def test_xml_is_well_formed_in_the_order_of_the_schema(folder: Path) -> None:
    root = etree.parse(folder / "sdmx" / "structure.xml").getroot()
    names = [etree.QName(one).localname for one in root[1]]
    assert names == ["Dataflows", "Codelists", "ConceptSchemes", "DataStructures"]
