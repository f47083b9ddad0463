"""The only room that imports Great Expectations: a form becomes a suite, the gate judges, the split sets rows aside."""
