"""All tables of main, by package: what a fresh database holds. Wiring, like consult/__init__.py."""

from importlib import import_module

PACKAGES = (
    "audit", "jobs", "mail", "accounts", "stakeholders", "consultations", "custody", "mailings", "drafts", "rounds",
    "responses", "safe_desk", "reports", "site",
)  # fmt: skip


def import_all() -> None:
    """Load every model, so that the metadata is complete."""
    for package in PACKAGES:
        import_module(f"consult.{package}.models")
    for more in ("models_entry", "models_requests"):
        import_module(f"consult.consultations.{more}")
