"""All tables of main, by package: what a fresh database holds. Wiring, like consult/__init__.py."""

from importlib import import_module

PACKAGES = (
    "audit", "jobs", "mail", "accounts", "stakeholders", "consultations", "custody", "mailings", "drafts", "rounds",
    "responses", "safe_desk", "reports", "privacy", "site",
)  # fmt: skip
FURTHER = (
    "consultations.models_groups", "consultations.models_entry", "consultations.models_requests", "mailings.models_lists",
    "consultations.models_codes", "mailings.models_outreach", "rounds.models_entered",
    "mail.models_delivery", "consultations.models_declared", "custody.models_roll", "reports.models_letters",
    "consultations.models_proposals", "mailings.models_leave_links", "mailings.models_guards", "mailings.models_leaving",
    "stakeholders.models_guards", "stakeholders.models_import", "stakeholders.models_seats",
    "privacy.models_own",
    "mailings.models_seat_links",
    "stakeholders.models_guards", "stakeholders.models_import", "stakeholders.models_seats", "stakeholders.models_doubles",
)  # fmt: skip  # tables, and what the database refuses, that stand in a file of their own


def import_all() -> None:
    """Load every model, so that the metadata is complete."""
    for package in PACKAGES:
        import_module(f"consult.{package}.models")
    for name in FURTHER:
        import_module(f"consult.{name}")
