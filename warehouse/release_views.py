"""The views of releases: what readers may see of them, what was withdrawn, and what changed a figure.

release             the releases whose time has come       indicator_history   every released value, known_from/_to
indicator           the latest release                     withdrawn           decisions that something does not stand
revision            each change of a released figure       revision_delivery   the deliveries that may have moved it

A release under embargo is in none of them. Time is the database's own: views need no run to show what is due.
"""

from __future__ import annotations

from typing import Final

from catalogue.programme import Programme

NOW: Final = "CAST(CURRENT_TIMESTAMP AT TIME ZONE 'UTC' AS TIMESTAMP)"
"""The database's clock, UTC, without a zone."""

# An embargo is never earlier than that of the release before: what comes later shows what came before.
_RELEASE: Final = """
SELECT r.release_key, r.name, r.sealed_at, coalesce(r.embargo_until, r.sealed_at) AS published_at,
       coalesce(r.is_final, FALSE) AS is_final, {final_from} AS final_from, r.hash, r.parent_key, b.name AS parent_name,
       r.last_part_key, coalesce(r.last_change_key, 0) AS last_change_key, r.programme, r.programme_hash,
       r.engine_version
FROM dim_release r
LEFT JOIN dim_release b ON b.release_key = r.parent_key
LEFT JOIN (SELECT f.release_key, min(coalesce(x.embargo_until, x.sealed_at)) AS final_at
           FROM dim_release f JOIN dim_release x ON x.is_final AND x.release_key >= f.release_key
           GROUP BY f.release_key) l ON l.release_key = r.release_key
WHERE r.embargo_until IS NULL OR r.embargo_until <= {now}
"""
# The figures that more than one release told of: lines are laid through these alone, as most figures never change.
_AGAIN: Final = """
SELECT indicator_code, entity_key, period_code, boundary_version FROM fact_indicator
GROUP BY indicator_code, entity_key, period_code, boundary_version HAVING count(*) > 1
"""
_SAME: Final = """{0}.indicator_code = {1}.indicator_code AND {0}.entity_key = {1}.entity_key
     AND {0}.period_code = {1}.period_code AND {0}.boundary_version = {1}.boundary_version"""
_LINE: Final = """
SELECT x.indicator_code, x.entity_key, x.period_code, x.boundary_version, x.from_release,
       lead(x.from_release) OVER line AS to_release, lead(s.published_at) OVER line AS known_to
FROM fact_indicator x
JOIN ({again}) a ON {same}
JOIN release s ON s.release_key = x.from_release
WINDOW line AS (
    PARTITION BY x.indicator_code, x.entity_key, x.period_code, x.boundary_version ORDER BY x.from_release)
""".format(again=_AGAIN, same=_SAME.format("a", "x"))
_FIGURES: Final = """
SELECT h.indicator_code, h.title, h.place_code, h.place_name, h.place_level, h.register, h.period_code, h.period_kind,
       h.start_date, h.end_date, h.value, h.numerator, h.denominator, h.unit, h.scale, h.approx, h.of_n,
       h.reports_received, h.reports_expected, h.coverage, h.reports_on_time, h.status, h.target_code, h.target_status,
       h.boundary_version,
       h.definition_version, h.entity_key, h.from_release, h.to_release, h.known_from, h.known_to,
       CASE WHEN h.revised = 'revised' THEN 'revised'
            WHEN h.final_from <= {now} AND (h.known_to IS NULL OR h.final_from < h.known_to) THEN 'final'
            ELSE 'provisional' END AS release_status,
       w.reason AS withdrawn_reason, w.document AS withdrawn_document
FROM (SELECT f.indicator_code, i.title, p.code AS place_code, p.name AS place_name, p.level AS place_level, p.register,
             f.period_code, t.kind AS period_kind, t.start_date, t.end_date,
             f.value, f.numerator, f.denominator, i.unit, i.scale, f.approx, f.of_n,
             f.reports_received, f.reports_expected, f.reports_on_time,
             CASE WHEN f.reports_expected = 0 THEN NULL ELSE {coverage} END AS coverage,
             f.status, f.target_code, f.target_status, f.boundary_version, f.definition_version, f.entity_key,
             f.from_release, {to_release} AS to_release, r.published_at AS known_from, {known_to} AS known_to,
             f.release_status AS revised, r.final_from, f.withdrawal_key
      FROM fact_indicator f
      JOIN release r ON r.release_key = f.from_release
      JOIN dim_indicator i ON i.indicator_code = f.indicator_code AND i.definition_version = f.definition_version
      JOIN dim_period t ON t.period_code = f.period_code
      LEFT JOIN place p ON p.entity_key = f.entity_key AND t.end_date BETWEEN p.valid_from AND p.named_to
      {joined}
      WHERE f.boundary_version = 'as_reported' {latest}) h
LEFT JOIN withdrawal w ON w.withdrawal_key = h.withdrawal_key
"""
_HISTORY: Final = {
    "to_release": "n.to_release",
    "known_to": "n.known_to",
    "joined": f"LEFT JOIN ({_LINE}) n ON {_SAME.format('n', 'f')} AND n.from_release = f.from_release",
    "latest": "",
}
# What no release told of again. Not the history where it goes on: PostgreSQL takes the lines for few, reads all of them
# for each figure, and does not end. Whether there is a later row it asks the key.
_LATEST: Final = {
    "to_release": "CAST(NULL AS BIGINT)",
    "known_to": "CAST(NULL AS TIMESTAMP)",
    "joined": "",
    "latest": f"""AND f.status <> 'tombstone' AND NOT EXISTS (
          SELECT 1 FROM fact_indicator n
          WHERE {_SAME.format("n", "f")} AND n.from_release > f.from_release
            AND n.from_release <= (SELECT max(release_key) FROM release))""",
}
_WITHDRAWN: Final = """
SELECT w.withdrawal_key, w.kind, d.delivery_key, d.name, d.form_code, d.unit_key, d.unit_code,
       w.indicator_code, w.entity_key, coalesce(w.period_code, d.period_code) AS period_code, w.reason, w.document,
       w.decided_by, w.decided_at
FROM withdrawal w
JOIN (SELECT max(withdrawal_key) AS withdrawal_key FROM withdrawal
      GROUP BY kind, sha256, indicator_code, entity_key, period_code) latest ON latest.withdrawal_key = w.withdrawal_key
LEFT JOIN delivery_standing d ON d.sha256 = w.sha256
WHERE w.active AND (w.kind = 'figure' OR d.status = 'withdrawn')
"""
# A later row of a figure that a release showed before, which changes more than the status of a target.
_CHANGED: Final = f"""
SELECT * FROM (
    SELECT h.*, lag(h.from_release) OVER line AS previous_release, lag(h.value) OVER line AS previous_value,
           lag(h.status) OVER line AS previous_status, lag(h.numerator) OVER line AS previous_numerator,
           lag(h.denominator) OVER line AS previous_denominator,
           first_value(h.value) OVER line AS first_value, first_value(h.from_release) OVER line AS first_release
    FROM indicator_history h JOIN ({_AGAIN}) a ON {_SAME.format("a", "h")}
    WINDOW line AS (
        PARTITION BY h.indicator_code, h.entity_key, h.period_code, h.boundary_version ORDER BY h.from_release)) h
WHERE h.previous_release IS NOT NULL
  AND (h.value IS DISTINCT FROM h.previous_value OR h.status <> h.previous_status
       OR h.numerator IS DISTINCT FROM h.previous_numerator OR h.denominator IS DISTINCT FROM h.previous_denominator)
"""


# The periods of parts that are behind a figure of a period: inside it, and for a change inside the one a year before.
_SPANS: Final = """
SELECT t.period_code, s.period_code AS part_period, FALSE AS is_before
FROM dim_period t
JOIN dim_period s ON s.calendar_code = t.calendar_code AND s.start_date >= t.start_date AND s.end_date <= t.end_date
UNION ALL
SELECT t.period_code, s.period_code, TRUE
FROM dim_period t
JOIN dim_period s ON s.calendar_code = t.calendar_code AND s.start_date >= t.start_date - INTERVAL '1 year'
     AND s.end_date <= t.end_date - INTERVAL '1 year' + INTERVAL '1 day'
"""


def moving(figures: str, after: str, until: str) -> str:
    """A select of the parts that may have moved figures: figures' columns (``v``), part_key, delivery_key.

    ``figures`` is a relation with indicator_code, entity_key, period_code; ``after`` and ``until`` are the numbers
    between which parts are new, of the form that feeds the indicator, in the period or (for a change) the year before,
    from a unit that the figure's place stands above; or, where a report tells of other places, from its branch.
    """
    # Joined by equality wherever it can be: the periods are paired first, and the two ways to a place are two selects.
    moved = f"""
SELECT v.*, p.part_key, p.delivery_key
FROM {figures} v
JOIN (SELECT DISTINCT indicator_code, form_code, is_wide FROM release_feed) e ON e.indicator_code = v.indicator_code
JOIN ({_SPANS}) s ON s.period_code = v.period_code
     AND (NOT s.is_before OR v.indicator_code IN (SELECT indicator_code FROM dim_indicator WHERE kind = 'change'))
JOIN dim_part p ON p.form_code = e.form_code AND p.period_code = s.part_period
     AND p.part_key > {after} AND p.part_key <= {until} AND p.reason <> 'repeat'
"""
    return f"""{moved}
JOIN dim_hierarchy o ON o.entity_key = p.unit_key AND o.ancestor_key = v.entity_key
     AND p.as_of_date BETWEEN o.valid_from AND o.valid_to
UNION
{moved}
JOIN dim_hierarchy o ON o.entity_key = p.unit_key AND o.distance <= 1
     AND p.as_of_date BETWEEN o.valid_from AND o.valid_to
JOIN dim_hierarchy n ON n.entity_key = v.entity_key AND n.ancestor_key = o.ancestor_key
     AND p.as_of_date BETWEEN n.valid_from AND n.valid_to
WHERE e.is_wide
"""


_REVISION_DELIVERY: Final = (
    "SELECT m.indicator_code, m.entity_key, m.period_code, m.boundary_version, m.from_release, m.part_key, "
    "m.delivery_key, d.name, d.form_code, d.unit_code, d.received_at FROM ("
    + moving(
        """(SELECT f.indicator_code, f.entity_key, f.period_code, f.boundary_version, f.from_release,
                   r.last_part_key AS until_part, coalesce(b.last_part_key, 0) AS after_part
            FROM fact_indicator f
            JOIN (SELECT indicator_code, entity_key, period_code, boundary_version, min(from_release) AS first_release
                  FROM fact_indicator GROUP BY indicator_code, entity_key, period_code, boundary_version
                  HAVING max(from_release) > min(from_release)) o
              ON o.indicator_code = f.indicator_code AND o.entity_key = f.entity_key
             AND o.period_code = f.period_code AND o.boundary_version = f.boundary_version
             AND o.first_release < f.from_release
            JOIN release r ON r.release_key = f.from_release
            LEFT JOIN dim_release b ON b.release_key = r.parent_key)""",
        "v.after_part",
        "v.until_part",
    )
    + ") m JOIN dim_delivery d ON d.delivery_key = m.delivery_key"
)
_REVISION: Final = f"""
SELECT c.indicator_code, c.title, c.place_code, c.place_name, c.place_level, c.period_code, c.boundary_version,
       c.entity_key, c.first_release, c.first_value, c.previous_release, c.previous_value, c.previous_status,
       c.from_release, r.name AS release_name, c.known_from, c.value, c.value - c.previous_value AS change, c.status,
       c.release_status,
       CASE WHEN c.status = 'withdrawn' THEN 'withdrawal' WHEN m.deliveries > 0 THEN 'delivery'
            WHEN r.programme_hash <> b.programme_hash THEN 'declaration' ELSE 'other' END AS cause,
       coalesce(m.deliveries, 0) AS deliveries, m.delivery_key, d.name AS delivery_name,
       coalesce(c.withdrawn_reason, d.reason) AS reason
FROM ({_CHANGED}) c
JOIN release r ON r.release_key = c.from_release
LEFT JOIN dim_release b ON b.release_key = r.parent_key
LEFT JOIN (SELECT indicator_code, entity_key, period_code, boundary_version, from_release,
                  count(DISTINCT delivery_key) AS deliveries, max(delivery_key) AS delivery_key
           FROM revision_delivery
           GROUP BY indicator_code, entity_key, period_code, boundary_version, from_release) m
  ON m.indicator_code = c.indicator_code AND m.entity_key = c.entity_key AND m.period_code = c.period_code
 AND m.boundary_version = c.boundary_version AND m.from_release = c.from_release
LEFT JOIN dim_delivery d ON d.delivery_key = m.delivery_key
"""


def release_views(programme: Programme, coverage: str) -> dict[str, str]:
    """Name -> select, in an order in which each reads only earlier ones. ``coverage`` is that of a figure ``f``."""
    days = programme.header.releases.final_after
    aged = f"coalesce(r.embargo_until, r.sealed_at) + INTERVAL '{days} days'" if days else ""
    final_from = f"CAST(least({aged}, l.final_at) AS TIMESTAMP)" if aged else "l.final_at"
    return {
        "release": _RELEASE.format(now=NOW, final_from=final_from),
        "indicator_history": _FIGURES.format(now=NOW, coverage=coverage, **_HISTORY),
        "indicator": _FIGURES.format(now=NOW, coverage=coverage, **_LATEST),
        "withdrawn": _WITHDRAWN,
        "revision_delivery": _REVISION_DELIVERY,
        "revision": _REVISION,
    }
