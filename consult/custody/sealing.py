"""Who a protected entry is, sealed to each officer. Main can seal, and can open nothing. Source: decisions 0012 and 0028."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass

from consult.core import crypto
from consult.core.crypto import PADDED, TooLong
from consult.custody.models import Officer
from consult.custody.rules import IdentityTooLong


@dataclass(frozen=True, slots=True)
class Identity:
    """What is known of somebody who is protected. Only ever in the memory of the request that seals it, and in an officer's browser."""

    name: str
    email: str = ""
    phone: str = ""
    postal_address: str = ""
    reach: str = ""  # code of the channel they asked for; "" = not said
    people: str = ""  # an organisation's contact people, one a line
    access_needs: str = ""
    note: str = ""


def seal_identity(identity: Identity, ref: str, officers: Iterable[Officer]) -> dict[int, bytes]:
    """One sealed copy for each officer, by the officer's id; all of one length. Raises IdentityTooLong."""
    told = crypto.as_json({"entry": ref, "by": "", **asdict(identity)})
    try:
        padded = crypto.pad(told, PADDED[:1])
    except TooLong as problem:
        raise IdentityTooLong from problem
    return {officer.id: crypto.seal(padded, officer.box) for officer in officers}
