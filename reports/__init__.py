"""Outputs that people look at: a static site of a release. Reads ``warehouse.published`` and ``catalogue`` alone."""
