-- The work of the benchmark as somebody would write it by hand for DuckDB, month by month: the limit.
-- Sections begin with "-- name:"; limit.py runs them. Variables: programme (folder), file, month (2020-01), before (the
-- same month a year before), after (a year later).

-- name: begin
CREATE TABLE locality AS
SELECT CAST(key AS BIGINT) AS key, code, level, CAST(nullif(parent, '') AS BIGINT) AS parent
FROM read_csv(getvariable('programme') || '/registers/localities.csv', all_varchar = true, header = true);
CREATE TABLE organisation AS
SELECT CAST(key AS BIGINT) AS key, code
FROM read_csv(getvariable('programme') || '/registers/organisations.csv', all_varchar = true, header = true);
CREATE TABLE procedure AS
SELECT CAST(key AS BIGINT) AS key, code
FROM read_csv(getvariable('programme') || '/registers/procedures.csv', all_varchar = true, header = true);
CREATE TABLE channel AS
SELECT code FROM read_csv(getvariable('programme') || '/codelists/channels.csv', all_varchar = true, header = true);
CREATE TABLE hierarchy AS
SELECT key, key AS above FROM locality
UNION ALL SELECT key, parent FROM locality WHERE parent IS NOT NULL
UNION ALL SELECT c.key, p.parent FROM locality c JOIN locality p ON p.key = c.parent WHERE p.parent IS NOT NULL;
CREATE TABLE target AS
SELECT CAST(year AS INTEGER) AS year, indicator, l.key AS place, operator, CAST(value AS DECIMAL(18, 6)) AS value
FROM read_csv(getvariable('targets'), all_varchar = true, header = true) t JOIN locality l ON l.code = t.place;
CREATE TABLE loaded (month VARCHAR, sha256 VARCHAR, row_count BIGINT, complete BOOLEAN);
CREATE TABLE fact (
    month VARCHAR, source_row BIGINT, commune_key BIGINT, office_key BIGINT, procedure_key BIGINT, channel_code VARCHAR,
    carried_over BIGINT, received BIGINT, resolved BIGINT, on_time BIGINT, pending BIGINT);
CREATE TABLE quarantine (month VARCHAR, source_row BIGINT, rules VARCHAR, content VARCHAR);
CREATE TABLE indicator (
    indicator VARCHAR, place BIGINT, level VARCHAR, month VARCHAR, numerator BIGINT, denominator BIGINT, value DOUBLE,
    status VARCHAR, rank BIGINT);
CREATE TABLE target_status (indicator VARCHAR, place BIGINT, month VARCHAR, year INTEGER, status VARCHAR);

-- name: extract parquet
CREATE OR REPLACE TEMP VIEW extract AS SELECT *, file_row_number + 1 AS source_row
FROM read_parquet(getvariable('file'), file_row_number = true);

-- name: extract csv
CREATE OR REPLACE TEMP TABLE extract AS SELECT *, row_number() OVER () AS source_row
FROM read_csv(getvariable('file'), header = true, auto_detect = false, columns = {
    month: 'VARCHAR', counted_on: 'DATE', commune: 'VARCHAR', office: 'VARCHAR', procedure: 'VARCHAR',
    channel: 'VARCHAR', carried_over: 'BIGINT', received: 'BIGINT', resolved: 'BIGINT', on_time: 'BIGINT',
    pending: 'BIGINT'});

-- name: extract json
CREATE OR REPLACE TEMP TABLE extract AS SELECT *, row_number() OVER () AS source_row
FROM read_json(getvariable('file'), format = 'newline_delimited', columns = {
    month: 'VARCHAR', counted_on: 'DATE', commune: 'VARCHAR', office: 'VARCHAR', procedure: 'VARCHAR',
    channel: 'VARCHAR', carried_over: 'BIGINT', received: 'BIGINT', resolved: 'BIGINT', on_time: 'BIGINT',
    pending: 'BIGINT'});

-- name: load
DELETE FROM fact WHERE month = getvariable('month');
DELETE FROM quarantine WHERE month = getvariable('month');
-- One pass: keys, figures, and whether the row is sound; texts stay in the file, and are fetched for bad rows only.
CREATE OR REPLACE TEMP TABLE keyed AS
SELECT source_row, l.key AS commune_key, o.key AS office_key, p.key AS procedure_key, c.code AS channel_code,
       carried_over, received, resolved, on_time, pending,
       coalesce(carried_over >= 0 AND received >= 0 AND resolved >= 0 AND on_time >= 0 AND pending >= 0
                AND carried_over + received = resolved + pending AND on_time <= resolved
                AND l.key IS NOT NULL AND o.key IS NOT NULL AND p.key IS NOT NULL AND c.code IS NOT NULL
                AND coalesce(counted_on BETWEEN CAST(getvariable('month') || '-01' AS DATE)
                             AND last_day(CAST(getvariable('month') || '-01' AS DATE)), true), false) AS sound
FROM extract e
LEFT JOIN locality l ON l.code = e.commune
LEFT JOIN organisation o ON o.code = e.office
LEFT JOIN procedure p ON p.code = e.procedure
LEFT JOIN channel c ON c.code = e.channel;
CREATE OR REPLACE TEMP TABLE doubled AS
SELECT commune_key, office_key, procedure_key, channel_code FROM keyed
WHERE procedure_key IS NOT NULL AND channel_code IS NOT NULL AND commune_key IS NOT NULL AND office_key IS NOT NULL
GROUP BY ALL HAVING count(*) > 1;
INSERT INTO fact
SELECT getvariable('month'), k.source_row, commune_key, office_key, procedure_key, channel_code, carried_over, received,
       resolved, on_time, pending
FROM keyed k ANTI JOIN doubled d USING (commune_key, office_key, procedure_key, channel_code) WHERE sound;
CREATE OR REPLACE TEMP TABLE bad AS
SELECT k.source_row, d.commune_key IS NOT NULL AS twice, k.commune_key, k.office_key, k.procedure_key, k.channel_code
FROM keyed k LEFT JOIN doubled d USING (commune_key, office_key, procedure_key, channel_code)
WHERE NOT sound OR d.commune_key IS NOT NULL;
INSERT INTO quarantine
SELECT getvariable('month'), e.source_row,
       list_aggregate(list_sort(list_distinct([
           CASE WHEN commune_key IS NULL THEN 'unknown' END,
           CASE WHEN office_key IS NULL THEN 'unknown' END,
           CASE WHEN procedure_key IS NULL THEN 'unknown' END,
           CASE WHEN channel_code IS NULL THEN 'unknown' END,
           CASE WHEN carried_over IS NULL THEN 'missing' WHEN carried_over < 0 THEN 'range' END,
           CASE WHEN received IS NULL THEN 'missing' WHEN received < 0 THEN 'range' END,
           CASE WHEN resolved IS NULL THEN 'missing' WHEN resolved < 0 THEN 'range' END,
           CASE WHEN on_time IS NULL THEN 'missing' WHEN on_time < 0 THEN 'range' END,
           CASE WHEN pending IS NULL THEN 'missing' WHEN pending < 0 THEN 'range' END,
           CASE WHEN carried_over >= 0 AND received >= 0 AND resolved >= 0 AND pending >= 0
                     AND carried_over + received <> resolved + pending THEN 'BALANCE' END,
           CASE WHEN on_time >= 0 AND resolved >= 0 AND on_time > resolved THEN 'PART' END,
           CASE WHEN twice THEN 'ONCE' END,
           CASE WHEN counted_on NOT BETWEEN CAST(getvariable('month') || '-01' AS DATE)
                     AND last_day(CAST(getvariable('month') || '-01' AS DATE)) THEN 'DAY' END])), 'string_agg', ';'),
       to_json({commune: commune, office: office, procedure: procedure, channel: channel, counted_on: counted_on,
                carried_over: carried_over, received: received, resolved: resolved, on_time: on_time, pending: pending})
FROM extract e JOIN bad USING (source_row);
DELETE FROM loaded WHERE month = getvariable('month');
INSERT INTO loaded
SELECT getvariable('month'), getvariable('sha256'), (SELECT count(*) FROM keyed), (SELECT count(*) FROM bad) = 0;

-- name: indicators
DELETE FROM indicator WHERE month = getvariable('month') AND indicator <> 'RECEIVED.GROWTH';
CREATE OR REPLACE TEMP TABLE base AS
SELECT commune_key, sum(carried_over) AS carried_over, sum(received) AS received, sum(resolved) AS resolved,
       sum(on_time) AS on_time, sum(pending) AS pending, count(*) FILTER (received >= 1) AS lines,
       sum(received) FILTER (channel_code = 'online') AS online
FROM fact WHERE month = getvariable('month') GROUP BY commune_key;
CREATE OR REPLACE TEMP TABLE rolled AS
SELECT above AS place, CAST(sum(carried_over) AS BIGINT) AS carried_over, CAST(sum(received) AS BIGINT) AS received,
       CAST(sum(resolved) AS BIGINT) AS resolved, CAST(sum(on_time) AS BIGINT) AS on_time,
       CAST(sum(pending) AS BIGINT) AS pending, CAST(sum(lines) AS BIGINT) AS lines,
       CAST(coalesce(sum(online), 0) AS BIGINT) AS online
FROM base JOIN hierarchy ON key = commune_key GROUP BY above;
INSERT INTO indicator
WITH figures AS (
    SELECT place, unnest([
        {indicator: 'RECEIVED', numerator: received, denominator: NULL},
        {indicator: 'RESOLVED', numerator: resolved, denominator: NULL},
        {indicator: 'PENDING', numerator: pending, denominator: NULL},
        {indicator: 'LINES', numerator: lines, denominator: NULL},
        {indicator: 'ONLINE.RATE', numerator: online, denominator: received},
        {indicator: 'ON.TIME.RATE', numerator: on_time, denominator: resolved},
        {indicator: 'RESOLVED.RATE', numerator: resolved, denominator: carried_over + received}], recursive := true)
    FROM rolled),
judged AS (
    SELECT *, CASE WHEN denominator = 0 THEN 'no_denominator' ELSE 'ok' END AS status,
           CASE WHEN denominator IS NULL THEN numerator
                WHEN denominator > 0 THEN round(CAST(numerator AS DOUBLE) / denominator, 12) END AS value
    FROM figures)
SELECT indicator, place, level, getvariable('month'), numerator, denominator, value, status,
       rank() OVER (PARTITION BY indicator, level ORDER BY value DESC NULLS LAST)
FROM judged JOIN locality ON key = place;
DELETE FROM target_status WHERE month = getvariable('month');
INSERT INTO target_status
SELECT i.indicator, i.place, i.month, t.year,
       CASE WHEN i.status <> 'ok' THEN 'no_data'
            WHEN CASE t.operator WHEN '>=' THEN i.numerator >= t.value * i.denominator
                                 WHEN '>' THEN i.numerator > t.value * i.denominator END
            THEN CASE WHEN (SELECT complete FROM loaded WHERE month = getvariable('month')) THEN 'met' ELSE 'met_partial' END
            WHEN CAST(left(i.month, 4) AS INTEGER) < t.year OR right(i.month, 2) <> '12' THEN 'pending'
            ELSE 'not_met' END
FROM indicator i JOIN target t ON t.indicator = i.indicator AND t.place = i.place
WHERE i.month = getvariable('month') AND CAST(left(i.month, 4) AS INTEGER) <= t.year;

-- name: growth
DELETE FROM indicator WHERE indicator = 'RECEIVED.GROWTH' AND month = getvariable('now');
INSERT INTO indicator
WITH paired AS (
    SELECT n.place, n.level, n.numerator, b.numerator AS denominator
    FROM indicator n
    LEFT JOIN indicator b ON b.place = n.place AND b.indicator = 'RECEIVED' AND b.month = getvariable('before')
    WHERE n.indicator = 'RECEIVED' AND n.month = getvariable('now')),
judged AS (
    SELECT *, CASE WHEN denominator IS NULL THEN 'no_base' WHEN denominator = 0 THEN 'no_denominator' ELSE 'ok' END AS status,
           CASE WHEN denominator > 0 THEN round(CAST(numerator AS DOUBLE) / denominator, 12) END AS value
    FROM paired)
SELECT 'RECEIVED.GROWTH', place, level, getvariable('now'), numerator, denominator, value, status,
       rank() OVER (PARTITION BY level ORDER BY value DESC NULLS LAST)
FROM judged;

-- name: sums
SELECT indicator, count(*), sum(numerator), coalesce(sum(denominator), 0), coalesce(sum(value), 0), sum(rank)
FROM indicator GROUP BY indicator ORDER BY indicator;
