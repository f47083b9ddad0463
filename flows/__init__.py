"""The outermost room: Prefect flows, settings, the clock, the command line. Every step they take is a plain function."""
