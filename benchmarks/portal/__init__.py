"""Counts of a national portal: us beside hand-written SQL and the naive way, on the same made-up extracts."""
