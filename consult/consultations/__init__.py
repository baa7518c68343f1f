"""The dossier of one text to one mechanism in one cycle: team, terms, dates."""
