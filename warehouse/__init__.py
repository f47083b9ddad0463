"""The star schema and the only state: schema, dimensions, facts, quarantine, ledger, releases, views, backends."""
