"""The outermost room: Prefect flows, settings, the clock, the command line. Each step they take is a plain function."""
