"""Outputs that people look at, and that other systems read. Reads ``warehouse.published`` and ``catalogue`` alone."""
