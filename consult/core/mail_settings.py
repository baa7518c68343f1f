"""What settings of mail must be like, and the key that signs mails."""

import re
from pathlib import Path
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

# A mailbox to which "+" and 32 characters are added, 48 for leaving: together the part before the @ has 64 octets at most (RFC 5321).
LOCAL_MAX = {"leave_address": 15, "bounce_address": 30}
TAGGED = re.compile(r"([A-Za-z0-9_.-]+)@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*")
ADDRESS = re.compile(r"[^\s@<>(),;:\"\\]+@[^\s@<>(),;:\"\\]+")  # "name@localhost" too
NAME = re.compile(r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*")
KEY_BITS = 2048  # RFC 8301: signers should use this, and must not use less than half of it


class MailSettingWrong(Exception):
    """A setting that cannot be used; the sentence names it and says what would do."""


def check_mail(values: dict[str, Any]) -> None:
    """Raises MailSettingWrong."""
    if values["mode"] == "production" and not values["mail_host"]:
        raise MailSettingWrong("mail_host is empty: production needs a mail relay")
    if values["mail_breaker_percent"] > 100:
        raise MailSettingWrong(f"mail_breaker_percent should be from 1 to 100, not {values['mail_breaker_percent']}")
    for name, most in LOCAL_MAX.items():
        found = TAGGED.fullmatch(values[name])
        if values[name] and (found is None or len(found[1]) > most):
            raise MailSettingWrong(
                f"{name} should be like {name.partition('_')[0]}@consult.example.org, in ASCII, without a plus, and with"
                f" {most} characters at most before the @"
            )
    for name in ("mail_sender", "mail_reply_to"):
        _check_address(name, values[name])
    _check_imap(values)
    _check_dkim(values)


def _check_address(name: str, address: str) -> None:
    """One mailbox and no name beside it: names come from the site, and one with a line end in it would be a header."""
    if not ADDRESS.fullmatch(address) and (address or name == "mail_sender"):
        raise MailSettingWrong(f"{name} should be an address like consult@example.org, not {address!r}")


def _check_imap(values: dict[str, Any]) -> None:
    if values["imap_host"] and not (values["imap_user"] and values["imap_password"]):
        raise MailSettingWrong("imap_host needs imap_user and imap_password (set CONSULT_IMAP_PASSWORD)")
    if values["imap_host"] and not (values["bounce_address"] or values["leave_address"]):
        raise MailSettingWrong(
            "imap_host is set, but neither bounce_address nor leave_address: nothing could come there"
        )


def _check_dkim(values: dict[str, Any]) -> None:
    """A signature counts for DMARC only where its domain is the sender's, or one above it."""
    if not values["dkim_key_file"]:
        return
    read_signing_key(values["dkim_key_file"])
    if not NAME.fullmatch(values["dkim_selector"]):
        raise MailSettingWrong("dkim_key_file needs dkim_selector: the name under which the DNS holds the public key")
    domain, sender = values["dkim_domain"].lower(), values["mail_sender"].rpartition("@")[2].lower()
    if domain and not (NAME.fullmatch(domain) and f".{sender}".endswith(f".{domain}")):
        raise MailSettingWrong(f"dkim_domain should be the domain of mail_sender or one above it, not {domain!r}")


def read_signing_key(path: str) -> RSAPrivateKey:
    """The private key of a file. Raises MailSettingWrong where there is none that mails can be signed with."""
    try:
        key = load_pem_private_key(Path(path).read_bytes(), password=None)
    except OSError as problem:
        raise MailSettingWrong(f"dkim_key_file: {path} cannot be read ({problem.strerror})") from None
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise MailSettingWrong(
            f"dkim_key_file: {path} should hold one private key in PEM, without a password"
        ) from None
    if not isinstance(key, RSAPrivateKey) or key.key_size < KEY_BITS:
        raise MailSettingWrong(f"dkim_key_file: {path} should hold an RSA key of {KEY_BITS} bits or more")
    return key
