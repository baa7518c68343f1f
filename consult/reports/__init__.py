"""The response report: what we heard, what changed. Frozen when it is published."""
