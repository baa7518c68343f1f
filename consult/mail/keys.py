"""What the mail package keeps of addresses, and the tokens it gives away: made with a key of the installation."""

import hashlib
import hmac

_key = b""


def use_key(key: bytes) -> None:
    """Make tokens, and names of addresses, with this key: one a process, derived from the installation's secret."""
    global _key
    _key = key


def address_key(address: str) -> bytes:
    """What stands for an address where the address itself must not: no list of these is an address book."""
    return hmac.new(_key, b"address:" + address.casefold().encode(), hashlib.sha256).digest()
