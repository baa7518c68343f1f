"""What the mail package keeps of addresses, and the tokens it gives away: made with a key of the installation."""

import hmac
import secrets

from consult.core.ids import link_token

ID_LENGTH = 24  # characters of a Message-ID, before the @
BODY_LENGTH = 32  # hex digits of a link_token
PROOF_LENGTH = (
    16  # hex digits, 64 bits that can be tried online only; with them the part before the @ of a mailbox stays short
)

_key = b""


def use_key(key: bytes) -> None:
    """Make tokens, and names of addresses, with this key: one a process, derived from the installation's secret."""
    global _key
    _key = key


def new_message_id(domain: str) -> str:
    """A Message-ID of its own: nobody reads it out, so it need not be easy to read."""
    return f"<{secrets.token_hex(ID_LENGTH // 2)}@{domain}>"


def bounce_token(mail_id: int) -> str:
    """What stands in the address to which a mail comes back: whoever does not have it cannot speak for that mail."""
    return link_token(_key, "bounce", mail_id, 1)


def header_token(token: str) -> str:
    """The token to leave at once, for the header of a mail: the one in its body, and what nobody can make of it without the key."""
    return token + _proof(token)


def read_leave_token(token: str) -> tuple[str, bool]:
    """(the token that a mail's body has, whether this one came out of a header and so leaves at once).

    A second part that is not ours makes no token of it: it leads nowhere.
    """
    body, proof = token[:BODY_LENGTH], token[BODY_LENGTH:]
    if not proof:
        return body, False
    is_ours = hmac.compare_digest(proof.encode(), _proof(body).encode())
    return (body, True) if is_ours else (token, False)


def _proof(token: str) -> str:
    message = b"leave at once:" + token.encode()
    return hmac.digest(_key, message, "sha256").hex()[:PROOF_LENGTH]


def address_key(address: str) -> bytes:
    """What stands for an address where the address itself must not: no list of these is an address book."""
    return hmac.digest(_key, b"address:" + address.casefold().encode(), "sha256")


def domain_key(address: str) -> bytes:
    """What stands for the domain of an address, where mail to it is paced."""
    domain = address.rpartition("@")[2].casefold()
    return hmac.digest(_key, b"domain:" + domain.encode(), "sha256")


def relay_key() -> bytes:
    """What stands for the relay there."""
    return hmac.digest(_key, b"relay", "sha256")
