"""How somebody told the secretariat that they say yes, for tests that are about something else."""

from consult.stakeholders.operations import Told

SHEET = Told("sheet", "Sheet 3")
