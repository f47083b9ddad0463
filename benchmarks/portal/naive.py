"""The naive way: pandas reads and merges, Great Expectations looks at frames, ``to_sql`` writes. A month at a time."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.portal.case import Case, Sums, Way, sha256_of

FIGURES = ("carried_over", "received", "resolved", "on_time", "pending")
KEYS = ("commune", "office", "procedure", "channel")
DIMENSIONS = ("commune_key", "office_key", "procedure_key", "channel_code")
RATES = {
    "RECEIVED": ("received", ""), "RESOLVED": ("resolved", ""), "PENDING": ("pending", ""), "LINES": ("lines", ""),
    "ONLINE.RATE": ("online", "received"), "ON.TIME.RATE": ("on_time", "resolved"),
    "RESOLVED.RATE": ("resolved", "total"),
}  # fmt: skip
CHUNK = 50_000


def embedded(case: Case) -> Way:
    """Into an SQLite file."""
    case.home.mkdir(parents=True, exist_ok=True)
    return _way(case, f"sqlite:///{case.home / 'naive.sqlite'}")


def postgresql(case: Case) -> Way:
    """Into PostgreSQL."""
    return _way(case, case.url)


def _way(case: Case, url: str) -> Way:
    import great_expectations as gx
    import pandas as pd
    from sqlalchemy import create_engine, inspect, text

    engine = create_engine(url)
    registers = _registers(pd, case.place.programme)
    targets = pd.read_csv(case.place.targets, dtype={"place": str})

    def work() -> None:
        with engine.begin() as connection:
            there = inspect(connection).has_table("loaded")
            rows = connection.execute(text("SELECT month, sha256 FROM loaded")).fetchall() if there else []
        known = {str(month): str(sha256) for month, sha256 in rows}
        for month, path in case.files():
            sha256 = sha256_of(path)
            if known.get(month) == sha256:
                continue
            good, bad = _judged(pd, gx, _read(pd, path), registers, month)
            figures = _figures(pd, good, registers["locality"], month)
            with engine.begin() as connection:
                if there:
                    for table in ("fact", "quarantine", "loaded", "indicator", "target_status"):
                        connection.execute(text(f"DELETE FROM {table} WHERE month = :month"), {"month": month})
                before = _received(pd, connection, _years(month, -1)) if there else None
                figures = pd.concat([figures, _growth(pd, figures, before, month)])
                later = _received_all(pd, connection, _years(month, 1)) if there else None
                if later is not None and len(later):
                    connection.execute(
                        text("DELETE FROM indicator WHERE month = :month AND indicator = 'RECEIVED.GROWTH'"),
                        {"month": _years(month, 1)},
                    )
                    received = figures[figures["indicator"] == "RECEIVED"][["place", "numerator"]]
                    figures = pd.concat([figures, _growth(pd, later, received, _years(month, 1))])
                judged = _statuses(pd, figures[figures["month"] == month], targets, registers, complete=not len(bad))
                done = pd.DataFrame({"month": [month], "sha256": [sha256]})
                for table, frame in {
                    "fact": good, "quarantine": bad, "indicator": figures, "target_status": judged, "loaded": done,
                }.items():  # fmt: skip
                    frame.to_sql(table, connection, if_exists="append", index=False, chunksize=CHUNK)
            there = True

    def sums() -> Sums:
        with engine.begin() as connection:
            return _sums(lambda query: connection.execute(text(query)).fetchall())

    return work, sums


def _registers(pd: Any, programme: Path) -> dict[str, Any]:
    found = {
        name: pd.read_csv(programme / "registers" / f"{file}.csv", dtype={"code": str})
        for name, file in (("locality", "localities"), ("organisation", "organisations"), ("procedure", "procedures"))
    }
    found["channel"] = pd.read_csv(programme / "codelists" / "channels.csv")
    return found


def _read(pd: Any, path: Path) -> Any:
    if path.suffix == ".parquet":
        return pd.read_parquet(path)
    types = dict.fromkeys(KEYS, str) | dict.fromkeys(FIGURES, "Int64")
    if path.suffix == ".csv":
        return pd.read_csv(path, dtype=types, parse_dates=["counted_on"])
    return pd.read_json(path, lines=True, dtype=types)


def _judged(pd: Any, gx: Any, frame: Any, registers: dict[str, Any], month: str) -> tuple[Any, Any]:
    """Rows to keep, with keys, and rows to set aside, with the rules they break: those that GX lists by their index."""
    import great_expectations.expectations as gxe

    frame["counted_on"] = pd.to_datetime(frame["counted_on"])
    frame["source_row"] = range(1, len(frame) + 1)
    for name, register, column in (
        ("commune", "locality", "commune_key"), ("office", "organisation", "office_key"),
        ("procedure", "procedure", "procedure_key"),
    ):  # fmt: skip
        codes = registers[register][["code", "key"]].rename(columns={"code": name, "key": column})
        frame = frame.merge(codes, on=name, how="left")
    frame["channel_code"] = frame["channel"].where(frame["channel"].isin(registers["channel"]["code"]))
    sound = (frame[list(FIGURES)].fillna(-1) >= 0).all(axis=1)
    frame["off"] = (
        (frame["carried_over"] + frame["received"] - frame["resolved"] - frame["pending"])
        .where(sound)
        .astype("Float64")
    )
    rules: list[tuple[str, Any]] = [("unknown", gxe.ExpectColumnValuesToNotBeNull(column=one)) for one in DIMENSIONS]
    rules += [("missing", gxe.ExpectColumnValuesToNotBeNull(column=one)) for one in FIGURES]
    rules += [("range", gxe.ExpectColumnValuesToBeBetween(column=one, min_value=0)) for one in FIGURES]
    start = pd.Timestamp(f"{month}-01")
    rules += [
        ("BALANCE", gxe.ExpectColumnValuesToBeBetween(column="off", min_value=0, max_value=0)),
        ("PART", gxe.ExpectColumnPairValuesAToBeGreaterThanB(
            column_A="resolved", column_B="on_time", or_equal=True, ignore_row_if="either_value_is_missing")),
        ("ONCE", gxe.ExpectCompoundColumnsToBeUnique(
            column_list=list(DIMENSIONS), ignore_row_if="any_value_is_missing")),
        ("DAY", gxe.ExpectColumnValuesToBeBetween(
            column="counted_on", min_value=start, max_value=start + pd.offsets.MonthEnd(0))),
    ]  # fmt: skip
    broken = _broken(gx, frame, rules)
    aside = frame["source_row"].isin(broken)
    bad = frame.loc[aside, ["source_row"]].assign(month=month)
    bad["rules"] = bad["source_row"].map(lambda row: ";".join(sorted(broken[row])))
    bad["content"] = frame.loc[aside, [*KEYS, *FIGURES]].to_json(orient="records", lines=True).splitlines()
    good = frame.loc[~aside, ["source_row", *DIMENSIONS, *FIGURES]].assign(month=month)
    return good.astype(dict.fromkeys(("commune_key", "office_key", "procedure_key", *FIGURES), "int64")), bad


def _broken(gx: Any, frame: Any, rules: list[tuple[str, Any]]) -> dict[int, set[str]]:
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    asset = context.data_sources.add_pandas("frames").add_dataframe_asset("month")
    batch = asset.add_batch_definition_whole_dataframe("whole").get_batch({"dataframe": frame})
    suite = gx.ExpectationSuite(name="counts")
    for name, rule in rules:
        rule.meta = {"rule": name}
        suite.add_expectation(rule)
    found = batch.validate(
        suite, result_format={"result_format": "COMPLETE", "unexpected_index_column_names": ["source_row"]}
    )
    broken: dict[int, set[str]] = {}
    for one in found.results:
        for row in one.result.get("unexpected_index_list") or ():
            broken.setdefault(row["source_row"], set()).add(one.expectation_config.meta["rule"])
    return broken


def _figures(pd: Any, good: Any, locality: Any, month: str) -> Any:
    good = good.assign(
        lines=(good["received"] >= 1).astype("int64"),
        online=good["received"].where(good["channel_code"] == "online", 0),
        total=good["carried_over"] + good["received"],
    )
    columns = ["carried_over", "received", "resolved", "on_time", "pending", "lines", "online", "total"]
    leaf = good.groupby("commune_key")[columns].sum().reset_index().rename(columns={"commune_key": "place"})
    parents = locality.set_index("key")["parent"]
    province = leaf.assign(place=leaf["place"].map(parents)).groupby("place")[columns].sum().reset_index()
    nation = province.assign(place=province["place"].map(parents)).groupby("place")[columns].sum().reset_index()
    levels = [("commune", leaf), ("province", province), ("nation", nation)]
    return pd.concat([
        _ranked(pd.DataFrame({
            "indicator": name, "place": frame["place"].astype("int64"), "level": level, "month": month,
            "numerator": frame[over], "denominator": frame[under].astype("Int64") if under else pd.NA,
        }))
        for name, (over, under) in RATES.items() for level, frame in levels
    ])  # fmt: skip


def _ranked(figures: Any) -> Any:
    """With value, status and rank among those of one level."""
    under = figures["denominator"].astype("Float64").fillna(1.0)
    figures["value"] = (figures["numerator"].astype("Float64") / under.mask(under == 0)).round(12)
    figures["status"] = "ok"
    figures.loc[under == 0, "status"] = "no_denominator"
    ranks = figures["value"].astype("float64").rank(method="min", ascending=False, na_option="bottom")
    return figures.assign(rank=ranks.astype("int64"))


def _growth(pd: Any, now: Any, before: Any, month: str) -> Any:
    """RECEIVED over that of a year before; a place without one has no base."""
    received = now[now["indicator"] == "RECEIVED"] if "indicator" in now else now
    frame = received[["place", "level", "numerator"]].assign(indicator="RECEIVED.GROWTH", month=month)
    if before is None or not len(before):
        frame["denominator"] = pd.array([pd.NA] * len(frame), dtype="Int64")
    else:
        frame = frame.merge(before.rename(columns={"numerator": "denominator"}), on="place", how="left")
    found = []
    for _, level in frame.groupby("level"):
        one = _ranked(level.copy())
        none = one["denominator"].isna()
        one.loc[none, ["value"]] = pd.NA
        one.loc[none, "status"] = "no_base"
        one["rank"] = one["value"].astype("float64").rank(method="min", ascending=False, na_option="bottom").astype(int)
        found.append(one)
    return pd.concat(found)


def _received(pd: Any, connection: Any, month: str) -> Any:
    return _received_all(pd, connection, month)[["place", "numerator"]]


def _received_all(pd: Any, connection: Any, month: str) -> Any:
    from sqlalchemy import text

    query = "SELECT place, level, numerator FROM indicator WHERE indicator = 'RECEIVED' AND month = :month"
    return pd.read_sql(text(query), connection, params={"month": month})


def _statuses(pd: Any, figures: Any, targets: Any, registers: dict[str, Any], *, complete: bool) -> Any:
    codes = registers["locality"].set_index("code")["key"]
    frame = figures.merge(
        targets.assign(place=targets["place"].map(codes)), on=["indicator", "place"], suffixes=("", "_t")
    )
    frame = frame[frame["month"].str[:4].astype(int) <= frame["year"]]
    aim = frame["value_t"] * frame["denominator"].astype("float64")
    reached = ((frame["operator"] == ">=") & (frame["numerator"] >= aim)) | (
        (frame["operator"] == ">") & (frame["numerator"] > aim)
    )
    ended = (frame["month"].str[:4].astype(int) == frame["year"]) & (frame["month"].str[5:] == "12")
    status = pd.Series("pending", index=frame.index).mask(ended, "not_met")
    status = status.mask(reached, "met" if complete else "met_partial").mask(frame["status"] != "ok", "no_data")
    return frame[["indicator", "place", "month", "year"]].assign(status=status)


def _years(month: str, years: int) -> str:
    return f"{int(month[:4]) + years}{month[4:]}"


def _sums(ask: Callable[[str], Any]) -> Sums:
    rows = ask(
        "SELECT indicator, count(*), sum(numerator), coalesce(sum(denominator), 0), coalesce(sum(value), 0), sum(rank) "
        "FROM indicator GROUP BY indicator"
    )
    rules: dict[str, int] = {}
    for broken, number in ask("SELECT rules, count(*) FROM quarantine GROUP BY rules"):
        for rule in broken.split(";"):
            rules[rule] = rules.get(rule, 0) + number
    return Sums(
        {name: [float(value) for value in values] for name, *values in rows},
        ask("SELECT count(*) FROM fact")[0][0],
        ask("SELECT count(*) FROM quarantine")[0][0],
        dict(sorted(rules.items())),
        dict(sorted((str(status), int(number)) for status, number in ask(
            "SELECT status, count(*) FROM target_status GROUP BY status"))),
    )  # fmt: skip
