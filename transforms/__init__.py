"""Pure work on deliveries and figures: read, stage, correct, conform; indicators as selects. No clock, no network."""
