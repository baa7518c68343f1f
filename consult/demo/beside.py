"""The demonstration's two sides in one folder: main, and safe beside it, each with its own keys, and two exchange folders between them.

Safe's key comes first, for main's settings name it; then main's key, which safe pins together with the officers' cards.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from consult.core import i18n
from consult.core.crypto import b64
from consult.core.files import shipped
from consult.core.settings import Settings, load
from consult.custody.sides import safe_in_use
from consult.safe import settings as safe_side
from consult.safe.pins import PINS, make_secrets
from consult.safe.setting_up import set_up
from consult.safe.settings import SafeSettings


@dataclass(frozen=True, slots=True)
class Sides:
    """The settings of both sides: the same whenever a folder is served again."""

    main: Settings
    safe: SafeSettings

    @property
    def is_whole(self) -> bool:
        """Whether safe was set up: a folder of an older version has none."""
        return (self.safe.data / PINS).exists()


def settings_of(folder: Path, **main: Any) -> Sides:
    """The settings of both sides of the demonstration in a folder; makes safe's key where it is missing. Raises SettingWrong."""
    exchange = folder / "exchange"
    own = {"data_folder": str(folder / "safe"), "in_folder": str(exchange / "in"), "out_folder": str(exchange / "out")}
    found = safe_side.load(own)
    host = urlsplit(found.base_url).netloc
    safe = safe_side.load(own | {"host": host})
    known = {
        "data_folder": str(folder),
        "safe_url": safe.base_url,
        "safe_key": b64(make_secrets(safe.data).public),
        "safe_in": safe.in_folder,
        "safe_out": safe.out_folder,
        "bounce_address": "bounces@mechanism.example",
        "undo_minutes": 0,  # nobody waits ten minutes in a demonstration
        "regions_file": str(shipped("config") / "regions.example.toml"),
    }
    return Sides(load(known | main), safe)


def set_up_safe(sides: Sides, cards: list[str]) -> None:
    """Make safe's database and let it believe main and the officers. Main must be in use in this process."""
    ours = safe_in_use()
    set_up(sides.safe, ours.between.installation, ours.our_public, cards)


def use_languages(sides: Sides) -> None:
    """Main's languages count again: making safe's application in the same process has put its own in their place."""
    i18n.configure(sides.main.language_records(), sides.main.catalogue_folders())
