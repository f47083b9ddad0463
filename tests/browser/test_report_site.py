"""The report site in a real browser, from a disk and without a network: no error, no request, charts, figures of SQL.

Debian's Chromium is driven by Playwright; where there is none these tests are skipped and say so.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from tests.flows.office import Installation, good, install

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

CHROMIUM = os.environ.get("CHISO_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(not CHROMIUM, reason="no Chromium here: apt-get install chromium, or name it in CHISO_CHROMIUM"),
]

COORDINATES = "key,latitude,longitude\n10,12,105\n20,8,106\n11,12.5,105.2\n12,12.1,105.6\n13,12.2,105.4\n21,8.1,106.1\n"
LANDMARKS = """
- landmark: isles
  title: {en: Far Isles}
  points: [{name: Isle, latitude: 9, longitude: 112}, {name: Other Isle, latitude: 10, longitude: 113}]
"""
PAGES = (
    "index.html",
    "indicator/RECEIVED.html",
    "unit.html#11",
    "unit.html",
    "submissions.html",
    "quality.html",
    "changes.html",
    "explain.html#RECEIVED/11/0",
)
WIDTHS = {"desktop": 1280, "phone": 390}


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """Offices that reported twice, and the site of their second release."""
    made = install(tmp_path_factory.mktemp("report"))
    (made.programme / "report").mkdir()
    made.declare("report/coordinates.csv", COORDINATES)
    made.declare("report/landmarks.yml", LANDMARKS)
    made.send("ON1", "january.xlsx", "2024-01", [good("data"), good("web", received=7, resolved=8)])
    made.send("ON2", "january.xlsx", "2024-01", [good("web", received=20, resolved=10)])
    made.send("OS1", "january.xlsx", "2024-01", [["data", "?", 1, 5, 4, 4, 2], good("web", received=3000)])
    assert made.chiso("run", "--no-flow").returncode in {0, 1}
    made.send("ON1", "again.xlsx", "2024-01", [good("data"), good("web", received=9, resolved=8)])
    assert made.chiso("run", "--no-flow").returncode == 0
    done = made.chiso("report", "-o", str(made.folder / "site"))
    assert done.returncode == 0, done.stderr
    assert "index.html" in done.stdout
    return made


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """A browser that has no network."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 for tests that ask for it

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    """A page that fails its test where anything is said to the console, or asked of a network."""
    context = chromium.new_context(offline=True)
    page, said = context.new_page(), list[str]()
    page.on("console", lambda one: said.append(one.text) if one.type in {"error", "warning"} else None)
    page.on("pageerror", lambda one: said.append(str(one)))
    page.on("request", lambda one: said.append(one.url) if not one.url.startswith(("file:", "data:")) else None)
    yield page
    context.close()
    assert said == []


def opened(page: Page, office: Installation, name: str) -> Page:
    """A page of the site, once its scripts are through."""
    page.goto(f"file://{office.folder}/site/en/{name}")
    if not name.startswith(("index", "quality", "changes")):
        page.wait_for_selector("body[data-ready=true]")
    return page


@pytest.mark.parametrize("name", PAGES)
def test_a_page_fits_every_width_and_can_be_read_by_everybody(page: Page, office: Installation, name: str) -> None:
    from axe_playwright_python.sync_playwright import Axe  # noqa: PLC0415 for tests that ask for it

    for width in WIDTHS.values():
        page.set_viewport_size({"width": width, "height": 800})
        opened(page, office, name)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        found = Axe().run(page, options={"preload": False}).response["violations"]
        serious = [(one["id"], one["nodes"][0]["html"]) for one in found if one["impact"] in {"serious", "critical"}]
        assert serious == [], scheme


def test_the_root_leads_to_the_first_language(page: Page, office: Installation) -> None:
    page.goto(f"file://{office.folder}/site/index.html")
    page.wait_for_url("**/en/index.html")
    assert page.locator("h1").inner_text() == "Report on indicators"


def test_the_ranking_is_that_of_sql_with_ties_and_a_way_to_the_explanation(page: Page, office: Installation) -> None:
    opened(page, office, "indicator/RECEIVED.html")
    choose(page, "period", "2024")
    choose(page, "group", "Places – town")
    shown = [cells(row) for row in page.locator("#ranking-table tbody tr").all()]
    asked = office.asked(
        "SELECT place_name, rank() OVER (ORDER BY value DESC) AS rank, value FROM indicator WHERE "
        "indicator_code = 'RECEIVED' AND period_code = '2024' AND register = 'places' AND place_level = 'town' "
        "ORDER BY value DESC"
    )
    assert [(one[0].splitlines()[0], one[1], one[2].replace(",", "")) for one in shown] == [
        (one["place_name"], str(one["rank"]), f"{float(one['value']):.0f}") for one in asked
    ]
    assert shown[0][2] == "3,000"
    page.locator("#ranking-table a.figure").first.click()
    page.wait_for_selector("body[data-ready=true] #explained code")
    assert re.search(r'chiso explain RECEIVED --place "\w+" --period 2024', page.locator("pre").inner_text())


def test_charts_are_drawn_with_words_and_the_map_shows_the_islands(page: Page, office: Installation) -> None:
    opened(page, office, "indicator/RECEIVED.html")
    choose(page, "group", "Places – region")
    for name in ("trend", "distribution", "map"):
        image = page.locator(f"#{name}-chart svg[role=img]")
        image.wait_for()
        assert image.get_attribute("aria-label")
    drawn = page.locator("#map-chart")
    page.wait_for_function("document.getElementById('map-chart').textContent.includes('Far Isles')")
    assert drawn.locator("svg").count() == 1
    choose(page, "group", "Places – town")
    choose(page, "within", "North")
    page.wait_for_function("!document.getElementById('map-chart').textContent.includes('Far Isles')")


def test_light_and_dark_are_switched_and_charts_with_them(page: Page, office: Installation) -> None:
    page.emulate_media(color_scheme="light")
    opened(page, office, "indicator/RECEIVED.html")
    page.locator("#trend-chart svg[role=img]").wait_for()
    paper = "getComputedStyle(document.documentElement).backgroundColor"
    before = page.evaluate(paper)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.locator("#theme").press("Enter")
    assert page.evaluate(paper) != before
    opened(page, office, "index.html")
    assert page.evaluate(paper) != before


def test_a_unit_is_found_by_keyboard_and_shows_its_figures(page: Page, office: Installation) -> None:
    opened(page, office, "unit.html")
    page.locator("#search").press_sequentially("firstt")
    page.locator("#hits li").first.wait_for()
    page.locator("#search").press("ArrowDown")
    page.locator("#search").press("Enter")
    page.wait_for_function("document.getElementById('name').textContent.includes('Firsttown')")
    row = page.locator("#unit tbody tr", has_text="RECEIVED").first
    row.wait_for()
    (asked,) = office.asked(
        "SELECT value FROM indicator WHERE indicator_code = 'RECEIVED' AND place_code = 'N1' AND period_code = '2024'"
    ) or office.asked("SELECT 1 AS value")
    assert f"{float(asked['value']):.0f}" in row.locator("a.figure").first.inner_text()


def test_the_board_has_a_word_for_every_cell_and_leads_to_receipts(page: Page, office: Installation) -> None:
    opened(page, office, "submissions.html#CASES")
    page.locator("#board tbody tr").first.wait_for()
    partly = page.locator("#board a.cell", has_text="rows set aside")
    assert partly.count() == 1
    partly.click()
    page.wait_for_url("**/receipts/*.html")
    assert "Partly accepted" in page.locator("body").inner_text()


def choose(page: Page, control: str, label: str) -> None:
    """Choose what begins with a label."""
    options: list[dict[str, Any]] = page.locator(f"#{control} option").evaluate_all(
        "all => all.map(one => ({value: one.value, text: one.textContent}))"
    )
    value = next(one["value"] for one in options if one["text"].startswith(label))
    page.locator(f"#{control}").select_option(value)


def cells(row: Any) -> list[str]:
    """The texts of a row's cells."""
    found: list[str] = row.locator("th, td").all_inner_texts()
    return found
