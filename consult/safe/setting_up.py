"""`consult safe init`: an installation of safe, made once."""

from consult.safe.database import SafeDatabase
from consult.safe.pins import Pins, Secrets, make_secrets, pin
from consult.safe.settings import SafeSettings


def set_up(settings: SafeSettings, installation: str, main: bytes, cards: list[str]) -> tuple[Pins, Secrets]:
    """Make an installation of safe: its key and salt, its database, and whom it believes. Doing it again changes nothing."""
    made = make_secrets(settings.data)
    SafeDatabase(settings.database_url).upgrade()
    return pin(settings.data, installation, main, cards), made
