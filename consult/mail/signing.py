"""Signing mails with DKIM (RFC 6376), where the relay does not do it."""

from cryptography.hazmat.primitives import serialization
from dkim import sign

from consult.core.mail_settings import read_signing_key
from consult.core.settings import Settings
from consult.mail.letters import wire_address

# What the reader sees, what their mail program acts on (RFC 8058 wants both headers of leaving covered), and how the body is
# read. Each is listed once more than there is, for then nobody on the way can add another (RFC 6376, 8.15).
SIGNED = (
    "from", "to", "reply-to", "subject", "date", "message-id", "auto-submitted", "mime-version", "content-type",
    "content-transfer-encoding", "content-language", "list-id", "list-unsubscribe", "list-unsubscribe-post",
)  # fmt: skip


class Signer:
    """Signs for the domain of an installation, or leaves mails as they are where no key is set. Raises MailSettingWrong."""

    def __init__(self, settings: Settings) -> None:
        self.selector = settings.dkim_selector.encode()
        domain = settings.dkim_domain or wire_address(settings.mail_sender).rpartition("@")[2]
        self.domain = domain.lower().encode()
        self.key = _pem(settings.dkim_key_file) if settings.dkim_key_file else b""

    def signed(self, content: bytes) -> bytes:
        """The very bytes that go out, with their signature before them."""
        if not self.key:
            return content
        headers = [name.encode() for name in SIGNED for _ in range(2)]
        signature: bytes = sign(
            content,
            self.selector,
            self.domain,
            self.key,
            canonicalize=(b"relaxed", b"relaxed"),
            include_headers=headers,
        )
        return signature + content


def _pem(path: str) -> bytes:
    form, plain = serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    return read_signing_key(path).private_bytes(serialization.Encoding.PEM, form, plain)
