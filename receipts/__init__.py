"""Answers to those who sent something: what became of it, and every finding with its cell."""
