"""The register of known errors, applied to what was read, before anything is typed. Each correction has its guard."""

from __future__ import annotations

from catalogue.correction import Correction
from catalogue.form import Form
from catalogue.language import Language
from catalogue.programme import Programme
from catalogue.rule import RULES
from transforms.lookup import may_be_plain
from warehouse.staging import Staging


def correct(area: Staging, programme: Programme, form: Form) -> None:
    """Replace the known wrong texts in ``raw``; add a finding for each row mended, and for each guard that failed."""
    for correction in programme.corrections:
        if correction.form == form.form and correction.status == "active":
            _apply(area, correction, form, programme.language)


def _apply(area: Staging, correction: Correction, form: Form, language: Language) -> None:
    """Apply one correction. A matching row that holds another text than ``expect`` means: the source was mended, be it
    to the very text of ``replace``. What a finding allows begins with the code of its correction."""
    conditions = [f'r."{name}" = ?' for name in correction.where]
    values: list[object] = list(correction.where.values())
    if correction.unit is not None:
        conditions.append("d.unit_code = ?")
        values.append(correction.unit)
    if correction.period is not None:
        conditions.append("d.period_code = ?")
        values.append(correction.period)
    matches = " AND ".join(["NOT r.is_total", *conditions])
    for rule, holds in (("correction.applied", "="), ("correction.stale", "IS DISTINCT FROM")):
        severity, allowed, advice = RULES[rule]
        if worded := language.messages.get(rule):
            advice = worded.partition("|")[2].strip()
        area.run(
            f"""
            INSERT INTO read_findings
            SELECT r.delivery_no, NULL, r.row_no, '{rule}', '{severity}', r.sheet, r.source_row, coalesce(a.letter, ''),
                   '{correction.field}', coalesce(r."{correction.field}", ''), ?, ?
            FROM raw r JOIN deliveries d USING (delivery_no)
            LEFT JOIN addresses a ON a.delivery_no = r.delivery_no AND a.sheet = r.sheet AND a.field = ?
            WHERE {matches} AND r."{correction.field}" {holds} ?""",
            [
                f"{correction.correction}: {correction.replace} ({correction.reason}; {correction.provider})",
                advice or allowed,
                correction.field,
                *values,
                correction.expect,
            ],
        )
    mended = form.field(correction.field)
    # What stands there now is looked up again.
    number = f', "{correction.field}__number" = NULL' if mended and may_be_plain(mended) else ""
    area.run(
        f"""UPDATE raw AS r SET "{correction.field}" = ?{number} FROM deliveries d
            WHERE d.delivery_no = r.delivery_no AND {matches} AND r."{correction.field}" = ?""",
        [correction.replace, *values, correction.expect],
    )
