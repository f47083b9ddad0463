"""Speed, as ratios measured in one run: a limit, us, a naive floor. README.md keeps the figures."""
