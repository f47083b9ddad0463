"""Submissions that count now: which number their file said they have."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Connection, bindparam, text

from catalogue.delivery import Submitted


def submitted(connection: Connection, form: str, units: Collection[int]) -> list[tuple[Submitted, str, int]]:
    """What counts now of a form and some units where its file says a number; with the sha256 of its delivery and the
    number of the delivery as which that arrived."""
    query = text("""
        SELECT p.unit_key, p.period_code, d.submission_no, p.content_hash, d.sha256,
               coalesce(d.replay_of_key, d.delivery_key)
        FROM part_current p JOIN dim_delivery d ON d.delivery_key = p.delivery_key
        WHERE p.form_code = :form AND p.unit_key IN :units AND d.submission_no IS NOT NULL""")
    rows = connection.execute(
        query.bindparams(bindparam("units", expanding=True)), {"form": form, "units": list(units)}
    ).all()
    return [(Submitted(*row[:4]), row[4], row[5]) for row in rows]
