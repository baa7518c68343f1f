"""How fast mails go out, and when a campaign halts by itself: what the settings say of it, as a value."""

from dataclasses import dataclass
from datetime import timedelta

from consult.core.settings import Settings

MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Limits:
    """Mails a minute, to the relay and to one domain (0 = no limit), and the breaker: `percent` bad ones of the last `window`."""

    relay_per_minute: int = 0
    domain_per_minute: int = 0
    window: int = 0
    percent: int = 100

    @classmethod
    def of(cls, settings: Settings) -> "Limits":
        """Those of an installation."""
        return cls(
            settings.mail_rate_per_minute,
            settings.mail_rate_per_domain_per_minute,
            settings.mail_breaker_window,
            settings.mail_breaker_percent,
        )

    @property
    def are_paced(self) -> bool:
        """Whether there is a limit of mails a minute."""
        return bool(self.relay_per_minute or self.domain_per_minute)


NO_LIMITS = Limits()
