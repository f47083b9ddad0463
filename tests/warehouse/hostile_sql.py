"""What an analyst's query must not be able to do, as families of statements; ``FILE`` stands for a file.

``EMBEDDED`` is for the read copy, ``SERVED`` for PostgreSQL under an analyst's login. Each must be refused; they
are more than 300 for either.
"""

from __future__ import annotations

from itertools import product

READERS = (
    "read_csv", "read_csv_auto", "read_json", "read_json_auto", "read_json_objects", "read_ndjson",
    "read_ndjson_auto", "read_ndjson_objects", "read_text", "read_blob", "read_parquet", "parquet_scan",
    "parquet_metadata", "parquet_schema", "parquet_file_metadata", "parquet_kv_metadata", "sniff_csv", "glob",
    "read_duckdb",
)  # fmt: skip
"""DuckDB's functions that open a file."""
READING = (
    "SELECT * FROM {0}('FILE')",
    "FROM {0}(['FILE'])",
    "WITH a AS (SELECT * FROM {0}('FILE')) SELECT * FROM a",
    "SELECT (SELECT count(*) FROM {0}('FILE'))",
    "EXPLAIN ANALYZE SELECT * FROM \"{0}\"('FILE')",
)
PLACES = ("FILE", "https://example.org/a.csv", "s3://bucket/a.parquet", "hf://datasets/a/b.csv", "file://FILE")
FILES = (
    "SELECT * FROM '{0}'", "FROM '{0}'", "DESCRIBE '{0}'", "SUMMARIZE '{0}'", 'SELECT * FROM "{0}"',
    "SELECT * FROM cases, '{0}'",
)  # fmt: skip
SWITCHES = (
    "enable_logging()", "enable_logging(storage := 'file', storage_config := {'path': 'FILE.log'})",
    "enable_logging(level := 'trace', storage := 'stdout')", "disable_logging()", "truncate_duckdb_logs()",
    "enable_profiling()", "enable_profiling(format := 'json', save_location := 'FILE.json')", "disable_profiling()",
    "checkpoint()", "force_checkpoint()", "query('FROM read_text(''FILE'')')", "query('FROM ' || 'enable_logging()')",
    "query_table('FILE')", "json_execute_serialized_sql(json_serialize_sql('FROM read_text(''FILE'')'))",
    "duckdb_secrets()", "which_secret('a', 's3')", "duckdb_logs()", "duckdb_external_file_cache()",
    "arrow_scan(1::POINTER, 1::POINTER, 1::POINTER)", "pandas_scan(1::POINTER)", "seq_scan('cases')",
    "python_map_function(1)",
)  # fmt: skip
"""Functions of DuckDB that reach past the tables."""
SWITCHING = (
    "SELECT * FROM {0}",
    "FROM main.{0}",
    "SELECT 1 WHERE EXISTS (FROM {0})",
    "EXPLAIN ANALYZE FROM {0}",
    "/* a */ -- b\nFROM {0}",
)
CHANGES = (
    "INSERT INTO dim_part SELECT * FROM dim_part", "UPDATE dim_part SET rows_loaded = 0", "DELETE FROM dim_part",
    "TRUNCATE dim_part", "DROP TABLE dim_part", "DROP VIEW cases", "ALTER TABLE dim_part ADD COLUMN x INT",
    "CREATE TABLE mine AS SELECT 1 AS a", "CREATE TEMP TABLE mine AS SELECT 1 AS a", "CREATE VIEW mine AS SELECT 1",
    "CREATE OR REPLACE VIEW cases AS SELECT 1 AS received", "CREATE SCHEMA mine", "CREATE SEQUENCE mine",
    "CREATE INDEX mine ON dim_part (part_key)", "COMMENT ON TABLE dim_part IS 'x'", "BEGIN", "COMMIT", "ROLLBACK",
    "VACUUM", "ANALYZE dim_part", "PREPARE p AS SELECT 1", "EXECUTE p", "DEALLOCATE p",
    "INSERT INTO ledger VALUES (99, now(), 'x', 'x', 'x')",
    "MERGE INTO dim_part USING dim_part d ON false WHEN MATCHED THEN DELETE",
)  # fmt: skip
"""Statements that change something, or would once they were let in; both databases have them."""
HIDING = (
    "{0}",
    "/* only a look */ {0}",
    "-- SELECT\n{0}",
    "SELECT 1; {0}",
    "SELECT E'a\\'' ; {0} --'",
    "SELECT 1 /* ; */ ; {0}",
    "EXPLAIN ANALYZE {0}",
)
"""Ways to let a statement look like a query, or come along with one."""
EMBEDDED_ONLY = (
    "SELECT * FROM duckdb_databases",
    "SELECT path FROM pragma_database_list",
    "WITH a AS (FROM duckdb_secrets) FROM a",
    "COPY cases TO 'FILE.csv'", "COPY (SELECT 1) TO 'FILE.csv'", "COPY dim_part FROM 'FILE'",
    "COPY FROM DATABASE published TO other", "EXPORT DATABASE 'FILE.d'", "IMPORT DATABASE 'FILE.d'",
    "ATTACH 'FILE.duckdb'", "ATTACH ':memory:' AS m", "ATTACH 'dbname=x' AS p (TYPE postgres)", "DETACH published",
    "USE memory", "INSTALL httpfs", "FORCE INSTALL httpfs", "LOAD httpfs", "LOAD 'FILE.duckdb_extension'",
    "UPDATE EXTENSIONS", "SET enable_external_access = true", "SET lock_configuration = false",
    "RESET lock_configuration", "SET GLOBAL threads = 1", "SET VARIABLE a = 1", "SET home_directory = '/'",
    "SET temp_directory = 'FILE.d'", "SET autoinstall_known_extensions = true", "SET search_path = 'temp'",
    "PRAGMA enable_profiling", "PRAGMA profiling_output = 'FILE.json'", "PRAGMA database_list", "PRAGMA version",
    "PRAGMA import_database('FILE.d')", "CALL enable_logging()", "CALL pragma_version()", "CHECKPOINT",
    "FORCE CHECKPOINT", "CREATE MACRO m(a) AS a + 1", "CREATE TEMP MACRO m(a) AS a + 1", "CREATE TYPE t AS ENUM ('a')",
    "CREATE SECRET s (TYPE s3, KEY_ID 'a', SECRET 'b')", "CREATE PERSISTENT SECRET s (TYPE s3)", "DROP SECRET s",
)  # fmt: skip
ODD = (
    "", " ", ";", "-- nothing", "/* nothing */", "\ufeff", "SELECT 1\0; DELETE FROM dim_part",
    "\uff33ELECT 1", "S\u200bELECT 1", "SELECT 1\uff1b DELETE FROM dim_part", "\u202eSELECT 1",
    "SELECT 1 UNION ALL DELETE FROM dim_part RETURNING 1", "WITH a AS (DELETE FROM dim_part RETURNING 1) SELECT 1",
    "(DELETE FROM dim_part)", "SELECT * INTO mine FROM cases", "SELECT 1 AS a; SELECT 2 AS b",
    "SELECT $a$'$a$ ; DROP VIEW cases --'", 'SELECT 1 AS "a"";" ; DROP VIEW cases --"', "SELECT ';' ; SELECT 1",
)  # fmt: skip
"""Nothing at all, letters that only look like those of SQL, and quotes that hide a semicolon."""
OURS = (
    "FROM query", "FROM connection", "FROM raw", "SELECT * FROM parameters", "SELECT write_log('x')",
    "SELECT [write_log(x) FOR x IN ['a']]", "FROM (PIVOT cases ON topic_code USING sum(received))",
    "SELECT getenv('HOME')", "SELECT * FROM cases ORDER BY write_log('x')",
)  # fmt: skip
"""Variables of the process that asks, and what a query does besides."""

PRIVATE = ("fact_cases", "dim_part", "dim_delivery", "ledger", "quarantine", "issue", "check_result", "alembic_version")
"""Tables, which an analyst of a server does not see."""
PEEKING = (
    "SELECT * FROM {0}", "SELECT count(*) FROM {0}", "WITH a AS (SELECT * FROM {0}) SELECT * FROM a",
    "SELECT query_to_xml('SELECT * FROM {0}', true, true, '')", "SELECT table_to_xml('{0}', true, true, '')",
    "EXPLAIN ANALYZE SELECT * FROM {0}", "SELECT 1 FROM cases WHERE EXISTS (SELECT 1 FROM {0})",
)  # fmt: skip
CALLS = (
    "pg_read_file('FILE')", "pg_read_file('postgresql.conf')", "pg_read_binary_file('FILE')", "pg_ls_dir('/')",
    "pg_stat_file('FILE')", "pg_ls_logdir()", "pg_ls_waldir()", "pg_ls_tmpdir()", "lo_import('FILE')",
    "lo_export(1, 'FILE.out')", "lo_create(0)", "lo_from_bytea(0, 'x')", "pg_reload_conf()", "pg_rotate_logfile()",
    "pg_switch_wal()", "pg_create_restore_point('x')", "pg_backup_start('x')", "pg_promote()",
    "pg_import_system_collations('public')",
    "pg_file_write('FILE.out', 'x', false)", "dblink('dbname=postgres', 'SELECT 1')", "pg_export_snapshot(1)",
    "set_config('transaction_read_only', 'off', true)", "set_config('role', 'postgres', true)",
    "set_config('session_authorization', 'postgres', true)", "set_config('log_directory', '/tmp', false)",
    "query_to_xml('DELETE FROM dim_part', true, true, '')", "pg_replication_origin_create('x')",
    "pg_create_physical_replication_slot('x')", "pg_stat_reset()",
    "pg_wal_replay_pause()", "pg_log_backend_memory_contexts(1)", "pg_current_logfile()",
    "pg_get_shmem_allocations()", "pg_hba_file_rules()", "pg_show_all_file_settings()", "pg_config()",
    "database_to_xml(true, true, '')", "nextval('mine')",
)  # fmt: skip
CALLING = ("SELECT {0}", "SELECT * FROM {0}", "WITH a AS (SELECT {0}) SELECT * FROM a")
SERVED_ONLY = (
    "COPY cases TO 'FILE.csv'", "COPY cases TO PROGRAM 'id'", "COPY dim_part FROM PROGRAM 'id'", "COPY cases TO STDOUT",
    "SET default_transaction_read_only = off", "SET TRANSACTION READ WRITE", "SET ROLE postgres", "RESET ROLE",
    "SET SESSION AUTHORIZATION postgres", "GRANT chiso_analyst TO public", "REVOKE ALL ON cases FROM chiso_analyst",
    "CREATE ROLE mine SUPERUSER", "ALTER ROLE tests_ann SUPERUSER", "ALTER SYSTEM SET fsync = off",
    "CREATE EXTENSION dblink", "CREATE EXTENSION file_fdw", "LOAD 'FILE.so'", "CREATE DATABASE mine",
    "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'", "DO 'BEGIN END'", "LISTEN a", "NOTIFY a",
    "LOCK TABLE dim_part", "REINDEX TABLE dim_part", "CLUSTER dim_part", "REFRESH MATERIALIZED VIEW cases",
    "DECLARE c CURSOR FOR SELECT 1", "SECURITY LABEL ON TABLE dim_part IS 'x'", "CREATE PUBLICATION p FOR ALL TABLES",
    "IMPORT FOREIGN SCHEMA a FROM SERVER b INTO public",
    "CREATE EVENT TRIGGER t ON ddl_command_end EXECUTE FUNCTION f()",
    "SELECT 1 FROM cases FOR UPDATE", "TABLE dim_part", "VALUES (pg_read_file('/etc/passwd'))", "CALL f()",
    "SELECT * FROM pg_authid", "SELECT rolpassword FROM pg_authid", "SELECT * FROM pg_subscription",
    "SELECT * FROM pg_user_mapping", "SELECT * FROM pg_statistic",
)  # fmt: skip


def _all(forms: tuple[str, ...], words: tuple[str, ...]) -> list[str]:
    return [form.replace("{0}", word) for form, word in product(forms, words)]


_SHARED = [*_all(HIDING, CHANGES), *ODD]
EMBEDDED = [
    *_all(READING, READERS),
    *_all(FILES, PLACES),
    *_all(SWITCHING, SWITCHES),
    *_all(("{0}", "SELECT E'a\\'' ; {0} --'"), EMBEDDED_ONLY),
    *OURS,
    *_SHARED,
]
SERVED = [
    *_all(PEEKING, PRIVATE),
    *_all(CALLING, CALLS),
    *_all(("{0}", "SELECT E'a\\'' ; {0} --'"), SERVED_ONLY),
    *_SHARED,
]
