"""May this happen? Each refusal says what to do next, and no text is lost by it."""

from datetime import datetime

from consult.core.i18n import _l
from consult.core.refusals import Refused
from consult.safe.manifests import Key, Manifest
from consult.safe.models import FOLLOW_UPS_MAX
from consult.safe.receipts import holds_code


class RoundClosed(Refused):
    message = _l("Comments on this draft are no longer taken. Nothing of what you wrote was kept.")
    status = 410


class NoKey(Refused):
    message = _l(
        "No comments are taken just now: a protection officer has stopped the key. Copy your text, keep it where nobody finds it,"
        " and come back tomorrow."
    )
    status = 503


class NothingWritten(Refused):
    message = _l("Write your comment, or the wording that you suggest.")


class HoldsCode(Refused):
    message = _l("Your text contains a code of 30 digits. Take it out: whoever reads it could write in your place.")


class AlreadyWithdrawn(Refused):
    message = _l("This comment is withdrawn already.")
    status = 409


class TooManyReplies(Refused):
    message = _l("You have written to the officers as often as one code allows. Send a new comment instead.")
    status = 409


class ReplySent(Refused):
    message = _l(
        "We have this reply, or another one that you sent meanwhile. Press Send again only if it is a new one."
    )
    status = 409


def check_send_comment(manifest: Manifest, key: Key | None, now: datetime) -> Key:
    """A comment without a name is taken while its round is open and the officers have a key in use.

    Raises RoundClosed, NoKey.  Source: reference safe.md 3.1, 3.3.
    """
    if not manifest.takes_comments(now):
        raise RoundClosed
    return check_has_key(key)


def check_has_key(key: Key | None) -> Key:
    """Nothing is taken that no officer could open, or that they said they must not open.

    Raises NoKey.  Source: reference safe.md 3.3.
    """
    if key is None:
        raise NoKey
    return key


def check_texts(*texts: str) -> None:
    """Something is written, and no code of 30 digits stands in it.

    Raises NothingWritten, HoldsCode.  Source: reference safe.md 3.2.
    """
    if not any(text.strip() for text in texts):
        raise NothingWritten
    if any(holds_code(text) for text in texts):
        raise HoldsCode


def check_write_again(manifest: Manifest, *, replies: int, is_withdrawn: bool) -> None:
    """Who has the code may write again until everything is over, at most fifteen times, unless they have withdrawn.

    Raises RoundClosed, AlreadyWithdrawn, TooManyReplies.  Source: reference safe.md 3.5, 3.9.
    """
    if not manifest.takes_letters():
        raise RoundClosed
    if is_withdrawn:
        raise AlreadyWithdrawn
    if replies >= FOLLOW_UPS_MAX:
        raise TooManyReplies


def check_next_reply(shown: int, replies: int) -> None:
    """A reply is sent once: the page that it was written on knew how many there were before it.

    Raises ReplySent.  Source: reference safe.md 3.2 (a second Send).
    """
    if shown != replies + 1:
        raise ReplySent


def check_withdraw(manifest: Manifest, *, is_withdrawn: bool) -> None:
    """Who has the code may withdraw once, until everything is over.

    Raises RoundClosed, AlreadyWithdrawn.  Source: reference safe.md 3.5, 3.9.
    """
    if not manifest.takes_letters():
        raise RoundClosed
    if is_withdrawn:
        raise AlreadyWithdrawn
