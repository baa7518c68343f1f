"""What an installation calls itself: pages and mails ask here. Set at the start, and again when an administrator changes it."""

from dataclasses import dataclass, field

from consult.core.texts import Texts


@dataclass(frozen=True, slots=True)
class Identity:
    """The name in each language. `revision` grows with every change and is part of every public page's tag."""

    name: Texts = field(default_factory=Texts)
    revision: int = 0


_current = Identity()


def use_identity(identity: Identity) -> None:
    """Call the installation so from now on, in this process."""
    global _current
    _current = identity


def identity() -> Identity:
    """What the installation calls itself."""
    return _current
