"""The dictionary of nouns: what a programme declares, typed; periods; deliveries; errors. Imports no other room."""
