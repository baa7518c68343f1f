"""Personal data by kind: what is kept, why, how long, and what then; and what is held about a person, for themselves."""
