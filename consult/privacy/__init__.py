"""Personal data by kind: what is kept, why, how long, and what then; the nightly job that keeps to it."""
