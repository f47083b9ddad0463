"""``chiso explain``: from a released figure to its parts, units, periods, deliveries and cells. Read-only.

All of it is asked of what readers see, as of one release; the selects are those of ``transforms.explain``, and the same
is in the views explain_part and explain_cell.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import Connection, SelectBase, case, literal, select

from catalogue.declared import say
from catalogue.delivery import Delivery
from catalogue.errors import ChisoError
from catalogue.indicator import Indicator, Term
from catalogue.programme import Programme
from flows.asked import (
    Asked,
    Row,
    asked_by,
    figure_of,
    found_by,
    indicator_of,
    period_of,
    programme_of,
    release_of,
    written,
)
from flows.asking import warehouse_of
from flows.settings import Settings
from sources.archive import Archive
from transforms.coverage import reports
from transforms.explain import rows_behind, rows_on_boundaries, traced
from transforms.read import read
from transforms.reporting import reports_behind
from transforms.restate import ADDED, WHOLE, stored_moves
from transforms.scope import Scope, forms_of, over_time_of, reported_forms
from transforms.weighed import sides
from warehouse.explaining import ASIDE, REPORTS, cells, parts
from warehouse.facts import programme_tables
from warehouse.schema import AS_REPORTED

SIDES: Final = ("numerator", "denominator")
TOLD: Final = ("ok", "estimated", "no_denominator", "no_base", "incomplete")
"""The states of figures that are the sum of rows, or of stated shares of them."""
_LISTED: Final = 20
"""As many missing reports, and as many rows with a written reason, are listed."""


@dataclass(frozen=True)
class Explanation:
    """Everything behind a figure. ``parts`` are amounts per term, unit and delivery; ``shown`` are cells, the largest
    first, of each side; ``rows`` how many there are of it. On the boundaries of another day, parts and cells bear a
    ``share``, and their amounts are that much of what they say."""

    asked: Asked
    terms: Sequence[Row]
    parts: Sequence[Row]
    shown: Sequence[Row]
    rows: Mapping[str, int]
    missing: Sequence[Row]
    mended: Sequence[Row]
    targets: Sequence[Row]

    def total(self, side: str) -> Any:
        """The sum of a side's parts; None where it has none."""
        amounts = [one["amount"] for one in self.parts if one["side"] == side]
        return sum(amounts) if amounts else None


def explain(
    settings: Settings, indicator: str, place: str, period: str, as_of: str = "", boundaries: str = "", most: int = 10
) -> Explanation:
    """Everything behind a figure. ``as_of`` is a release or a time (UTC), ``most`` how many cells of a side are looked
    up; 0: all. Raises UsageError with what there is instead, WarehouseError where nothing was published."""
    with warehouse_of(settings).reader() as connection:
        programme = programme_of(settings, connection)
        declared = indicator_of(programme, indicator)
        span = period_of(programme, period)
        release = release_of(connection, as_of)
        figure = figure_of(connection, programme, declared, place, span, release, boundaries)
        asked = Asked(programme, declared, figure, span, release, str(figure["boundary_version"]), figure)
        source = traced(programme, declared)
        targets = _targets(connection, asked)
        if source is None or figure["status"] not in TOLD:
            return Explanation(asked, (), (), (), {}, (), (), targets)
        if source.kind == "reports":
            return _about_reports(connection, asked, source, targets, most)
        scope = _scope(asked)
        behind = written(connection, _rows(asked, source, scope))
        added = parts(on_boundaries=_shared(asked, source))
        told = found_by(connection, f"WITH explain_row AS ({behind}) {added} ORDER BY side DESC, term_no, amount DESC")
        listed = cells(programme, on_boundaries=_shared(asked, source))
        looked = _cells(connection, behind, listed, most)
        missing = _missing(connection, asked, source, scope)
    rows = {side: sum(one["rows"] for one in told if one["side"] == side) for side in SIDES}
    shown = [one for one in looked if not most or one["place"] <= most]
    reasons = [one for one in looked if one["override_reason"] or one["correction_reason"]]
    mended = sorted(reasons, key=lambda one: (one["delivery"], one["source_sheet"], one["source_row"]))[:_LISTED]
    _look_up(settings, programme, shown)
    return Explanation(asked, _terms(asked, source, told), told, shown, rows, missing, mended, targets)


def _cells(connection: Connection, behind: str, listed: str, most: int) -> list[dict[str, Any]]:
    """The rows behind a figure with their cells (``listed``), in order: the largest of each side, and all that have a
    written reason."""
    return found_by(
        connection,
        f"""WITH explain_row AS ({behind}), found AS ({listed}), ranked AS (
                SELECT f.*, row_number() OVER (PARTITION BY side ORDER BY abs(amount) DESC, abs(stated) DESC, delivery,
                                               source_sheet, source_row, term_no) AS place FROM found f)
            SELECT * FROM ranked
            WHERE {f"place <= {most}" if most else "1 = 1"} OR override_reason IS NOT NULL
               OR correction_reason IS NOT NULL
            ORDER BY side DESC, place""",
    )


def _about_reports(
    connection: Connection, asked: Asked, source: Indicator, targets: Sequence[Row], most: int
) -> Explanation:
    """The reports that a figure about reports counts, each a part; what is lacking; the cells set aside."""
    every = reports_behind(source, _scope(asked)).subquery("every_report")
    behind = select(every).where(every.c.entity_key == int(asked.place["entity_key"]))
    reports = f"WITH report_behind AS ({written(connection, behind)}), explain_report AS ({REPORTS})"
    counted = found_by(
        connection, f"{reports} SELECT * FROM explain_report ORDER BY form_code, unit_code, reported_period"
    )
    parts = [
        one | {"side": side, "term_no": 1, "measure": None, "over_time": "sum", "place_key": one["unit_key"],
               "amount": one[side], "stated": one[side], "rows": 1}
        for side in SIDES for one in counted
    ]  # fmt: skip
    limit = f"LIMIT {most}" if most else ""
    order = "ORDER BY delivery, source_sheet, source_row"
    shown: list[dict[str, Any]] = []
    if source.reports != "on_time":
        shown = found_by(connection, f"{reports}, aside AS ({ASIDE}) SELECT * FROM aside {order} {limit}")
    in_error = source.reports == "in_error"
    missing = [one for one in counted if not one["numerator"]][:_LISTED] if not in_error else []
    rows = {"numerator": sum(one["numerator"] for one in counted)} if in_error else {}
    shown = [one | {"amount": 1, "stated": 1} for one in shown]
    return Explanation(asked, _reported_terms(asked, source, counted), parts, shown, rows, missing, (), targets)


def _reported_terms(asked: Asked, source: Indicator, counted: Sequence[Row]) -> Sequence[Row]:
    return [
        {
            "side": side,
            "term": 1,
            "sign": "+",
            "measure": None,
            "title": dict(source.title),
            "conditions": [{"reports": source.reports}] if side == "numerator" else [],
            "forms": list(reported_forms(asked.programme, source)),
            "over_time": "sum",
            "over_place": "sum",
            "amount": sum(one[side] for one in counted) if counted else None,
        }
        for side in SIDES
    ]


def _scope(asked: Asked) -> Scope:
    periods = _both(asked) if asked.indicator.kind == "change" else (asked.period.code,)
    tables = programme_tables(asked.programme).tables
    moves = None if asked.boundaries == AS_REPORTED else stored_moves(_day(asked))
    last_part, last_change = int(asked.release["last_part_key"]), int(asked.release["last_change_key"])
    return Scope(asked.programme, tables, last_part, periods, on=moves, last_change=last_change)


def _day(asked: Asked) -> date:
    return date.fromisoformat(asked.boundaries)


def _shared(asked: Asked, source: Indicator) -> bool:
    """Whether the rows behind a figure bear shares: on other boundaries, of kinds that are put together there."""
    return asked.boundaries != AS_REPORTED and source.kind in (*ADDED, *WHOLE)


def _both(asked: Asked) -> tuple[str, str]:
    return (asked.period.code, asked.period.year_before().code)


def _rows(asked: Asked, source: Indicator, scope: Scope) -> SelectBase:
    """The rows behind the figure. Of a change, those of this period are its numerator, a year before its base."""
    shared = _shared(asked, source)
    every = (rows_on_boundaries(source, scope, _day(asked)) if shared else rows_behind(source, scope)).subquery("row")
    one = select(every).where(every.c.entity_key == int(asked.place["entity_key"]))
    if asked.indicator.kind != "change":
        return one
    columns = [column for column in every.c if column.name != "side"]
    side = case((every.c.period_code == asked.period.code, literal("numerator")), else_=literal("denominator"))
    return one.with_only_columns(*columns, side.label("side")).where(every.c.side == "numerator")


def _terms(asked: Asked, source: Indicator, parts: Sequence[Row]) -> Sequence[Row]:
    """The formula: each term of a side, what its measure is, its rules, and what it comes to."""
    fact = asked.programme.fact[source.fact or ""]
    told = sides(source)
    if asked.indicator.kind == "change":
        told = {"numerator": source.numerator, "denominator": source.numerator}
    found = []
    for side, terms in told.items():
        for number, term in enumerate(terms, 1):
            measure = fact.measure(term.measure) if term.measure else None
            amounts = [one["amount"] for one in parts if (one["side"], one["term_no"]) == (side, number)]
            found.append(
                {
                    "side": side,
                    "term": number,
                    "sign": _sign(source, side, number, term),
                    "measure": term.measure,
                    "title": dict(measure.title) if measure else dict(fact.title),
                    "conditions": [
                        *([{"points of 1": plain(term.weight)}] if source.kind == "index" else []),
                        *(one.model_dump(mode="json", exclude_none=True) for one in term.where),
                    ],
                    "forms": list(forms_of(asked.programme, fact, term)),
                    "over_time": over_time_of(fact, term),
                    "over_place": measure.over_place if measure else "sum",
                    "amount": sum(amounts) if amounts else None,
                }
            )
    return found


def _sign(source: Indicator, side: str, number: int, term: Term) -> str:
    """Whether a term is added or taken away; of a gap, the second source is what the first is compared with."""
    if source.kind == "gap" and number > len(source.numerator):
        return "-" if side == "numerator" else "or"
    return "+" if term.sign > 0 else "-"


def _missing(connection: Connection, asked: Asked, source: Indicator, scope: Scope) -> list[dict[str, Any]]:
    """The reports that are owed for the figure and do not stand, complete."""
    owed = reports(source, scope)
    if owed is None:
        return []
    lacking = select(owed).where(owed.c.entity_key == int(asked.place["entity_key"]), owed.c.received == 0)
    return found_by(
        connection,
        f"""WITH lacking AS ({written(connection, lacking)})
            SELECT l.form_code, u.code AS unit_code, u.name AS unit_name, l.reported_period, l.due_at
            FROM lacking l JOIN dim_period t ON t.period_code = l.reported_period
            LEFT JOIN place u ON u.entity_key = l.unit_key AND t.end_date BETWEEN u.valid_from AND u.named_to
            ORDER BY l.form_code, u.code, l.reported_period LIMIT {_LISTED}""",
    )


def _targets(connection: Connection, asked: Asked) -> list[dict[str, Any]]:
    return asked_by(
        connection,
        """SELECT t.target_code, t.kind, t.year, t.operator, t.value AS target_value, s.target_status, t.words,
                  t.document
           FROM dim_target t
           LEFT JOIN (SELECT target_code, target_status,
                             row_number() OVER (PARTITION BY target_code ORDER BY from_release DESC) AS place
                      FROM target_status
                      WHERE indicator_code = :code AND entity_key = :entity AND period_code = :period
                        AND from_release <= :release) s ON s.target_code = t.target_code AND s.place = 1
           WHERE t.indicator_code = :code AND t.entity_key = :entity ORDER BY t.year, t.target_code""",
        code=asked.indicator.indicator,
        entity=asked.place["entity_key"],
        period=asked.period.code,
        release=asked.release["release_key"],
    )


def _look_up(settings: Settings, programme: Programme, shown: Sequence[dict[str, Any]]) -> None:
    """Add to each cell the text that the archived file holds there; None where the archive does not have it."""
    home = settings.home.resolve()
    elsewhere = Archive(settings.archive, settings.secrets_of("archive")) if settings.archive else None
    archive = elsewhere or Archive(str(home / "archive"))
    texts: dict[str, dict[tuple[str, int, str], str | None]] = {}
    for one in shown:
        if one["sha256"] not in texts:
            texts[one["sha256"]] = _texts(archive, programme, one)
        form = programme.form[one["form_code"]]
        # Of a row that is counted, what it says at its beginning.
        fields = [
            field.field for field in form.fields if (field.to == one["measure"] if one["measure"] else field.required)
        ][: None if one["measure"] else 2]
        said = [texts[one["sha256"]].get((one["source_sheet"], one["source_row"], field)) for field in fields]
        one["text"] = (" + " if one["measure"] else " | ").join(text for text in said if text is not None) or None


def _texts(archive: Archive, programme: Programme, one: Row) -> dict[tuple[str, int, str], str | None]:
    source = programme.source.get(one["source_code"])
    if source is None or source.kind == "extract":
        return {}
    form = programme.form[one["form_code"]]
    try:
        data = archive.get(one["sha256"])
    except ChisoError:
        return {}
    known = Delivery(one["sha256"], one["delivery"], one["source_code"], datetime(1970, 1, 1), len(data), form.form)  # noqa: DTZ001
    table = read(known, data, form, programme)
    return {
        (row.sheet, row.row, field): said
        for row in table.rows
        for field, said in zip(table.fields, row.texts, strict=True)
    }


def title_of(measure: Row, language: str) -> str:
    """The title of a term in a language."""
    return say(measure["title"], language)


def plain(value: object) -> object:
    """A value as JSON holds it: decimals as exact text, days and times as ISO."""
    if isinstance(value, Mapping):
        return {key: plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    if isinstance(value, date | datetime):
        return value.isoformat()
    if value is None or isinstance(value, str | int | bool):
        return value
    text_ = f"{value:f}"
    return text_.rstrip("0").rstrip(".") if "." in text_ else text_
