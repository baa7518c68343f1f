"""Background work of the outbox."""

from consult.mail.delivery import post


def deliver_mails() -> None:
    """Send what is due."""
    post().deliver()
