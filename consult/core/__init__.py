"""What every package stands on: settings, database, clock, ids, languages, refusals, files. No tables."""
