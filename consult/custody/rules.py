"""Who becomes a protection officer, and when a consultation may take comments without a name."""

from collections.abc import Collection, Sequence
from datetime import date, datetime

from consult.accounts.models import Role
from consult.core.i18n import _l
from consult.core.refusals import Refused
from consult.custody.models import ConsultationKey, HalfCopy, Officer
from consult.custody.sides import Safe

ENOUGH = 2  # officers who hold a consultation key, or signed for a newcomer


class FileWrong(Refused):
    """A file that is not what it should be, is signed by somebody else, or is for another consultation."""

    message = _l(
        "This is not a file that we can take: it is not whole, is signed by somebody else, or is for another consultation."
        " Make it again in the custodian file, and choose it unchanged."
    )


class FileOld(Refused):
    """A file of an earlier custodian file, which said more in clear."""

    message = _l(
        "This file was made with an earlier custodian file. Open the one of now, and make the file again there."
    )


class NotAnOfficer(Refused):
    """An act of officers by someone who is none, or not yet."""

    message = _l("You are not appointed as a protection officer yet.")
    status = 403


class CardOfAnother(Refused):
    """A card that is in use, by whomever."""

    message = _l("This card was handed in already. Make a new key in the custodian file, and hand in its card.")
    status = 409


class CardInUse(Refused):
    """A second card of an officer in office."""

    message = _l("You are an officer with another card. A new card takes a new appointment: end the old one first.")
    status = 409


class RoleMissing(Refused):
    """A card of someone who does not hold the role, or holds another besides."""

    message = _l("Only someone whose one role is protection officer hands in a card.")
    status = 403


class FingerprintWrong(Refused):
    """What was typed from paper is not the card's."""

    message = _l(
        "These digits are not the fingerprint of this card. Compare them with the paper that the officer gave you."
    )


class OfficersDecide(Refused):
    """An administrator appoints, or takes back a card, after the beginning."""

    message = _l(
        "There are protected entries, or keys of consultations. From then on officers appoint officers, and nobody else."
    )
    status = 409


class AppointedAlready(Refused):
    """A second appointment of the same card."""

    message = _l("This appointment was made already.")
    status = 409


class PaperMissing(Refused):
    """The only officer appoints, and no enrolment on paper is named."""

    message = _l(
        "You are the only officer. Write the day on which the new officer's enrolment was signed on paper: it is shown to everybody."
    )


class LastOfficer(Refused):
    """Nobody would be left."""

    message = _l("You are the only officer, and people may have written to you. Appoint another officer first.")
    status = 409


class EndedAlready(Refused):
    """An officer who is none any more."""

    message = _l("This card has ended already.")
    status = 409


class SafeMissing(Refused):
    """An installation without a safe."""

    message = _l("This installation has no safe, so it cannot take comments without a name.")
    status = 409


class SafeKeyMissing(Refused):
    """A safe whose public key nobody has told us."""

    message = _l(
        "The administrator has not entered safe's public key in the settings yet. Set up safe with the officers' cards first."
    )
    status = 409


class KeyMissing(Refused):
    """No key to seal to, or one that was stopped."""

    message = _l("The protection officers have not made a key for this consultation yet, or have stopped it.")
    status = 409


class OfficersTooFew(Refused):
    """Fewer than two hands hold the key."""

    message = _l(
        "Comments without a name need two protection officers who have confirmed their copy of the key,"
        " or one who has also put the recovery sheet away."
    )
    status = 409


class OpeningRefused(Refused):
    """A list of keys that does not continue the one before."""

    message = _l("This file does not continue the keys that we have. Fetch the desk file again and begin from there.")
    status = 409


class OfficersDiffer(Refused):
    """A key that leaves an officer out, or takes one in whom nobody appointed."""

    message = _l("The key must be for exactly the officers who are appointed now. Make it again with their cards.")
    status = 409


class HalfGone(Refused):
    """The server's copy was deleted, because all have confirmed theirs."""

    message = _l("All officers have confirmed their copies, so there is none here any more.")
    status = 410


class NotHandedOut(Refused):
    """A confirmation of something that was never fetched."""

    message = _l("Fetch your copy first, and look that the custodian file opens it.")
    status = 409


class StoppedAlready(Refused):
    """A key that was stopped."""

    message = _l("This key is stopped already.")
    status = 409


class ErasedTooEarly(Refused):
    """A key that is still needed."""

    message = _l("This key is still needed: its consultation is not over yet.")
    status = 409


class OfficersMissing(Refused):
    """Something to seal, and nobody who could open it."""

    message = _l("There is no protection officer yet, so nobody could ever open this entry. Appoint one first.")


class EditionOld(Refused):
    """A correction of an entry that has been corrected since."""

    message = _l(
        "This entry was corrected meanwhile. Fetch it again and open the new file in the custodian file: your changes go on"
        " from there. Then write the file for the site anew."
    )
    status = 409


class IdentityTooLong(Refused):
    """More than one sealed copy holds."""

    message = _l("This is too long to be sealed: name, contacts and notes together. Write the notes shorter.")


def check_keep_sealed(serving: set[int], sealed: set[int], *, edition: int, kept: int) -> None:
    """What is known of a protected entry is sealed to exactly the officers who serve, and follows what is kept.

    Raises OfficersMissing, OfficersDiffer, EditionOld.  Source: issue of the registry; decision 0028.
    """
    if not serving:
        raise OfficersMissing
    if sealed != serving:
        raise OfficersDiffer
    if edition != kept + 1:
        raise EditionOld


def check_is_officer(officer: Officer | None) -> None:
    """Acts of protection officers are for those who are appointed and have not ended.

    Raises NotAnOfficer.  Source: reference safe.md 3.3.
    """
    if officer is None or not officer.serves:
        raise NotAnOfficer


def check_hand_in_card(roles: Collection[Role], present: Officer | None) -> None:
    """Each hands in the own card only; whoever does holds no other role, and is not in office with another card.

    Raises RoleMissing, CardInUse.  Source: reference safe.md 3.3.
    """
    if set(roles) != {Role.PROTECTION_OFFICER}:
        raise RoleMissing
    if present is not None and present.serves:
        raise CardInUse


def check_appoint_officer(officer: Officer, typed: str, *, decide: bool) -> None:
    """An administrator appoints the first officers, by the fingerprint typed from paper, until something is sealed to officers.

    Raises OfficersDecide, AppointedAlready, EndedAlready, FingerprintWrong.  Source: reference safe.md 3.3; decision 0036.
    """
    if decide:
        raise OfficersDecide
    _check_newcomer(officer)
    check_fingerprint(officer, typed)


def check_sign_appointment(
    newcomer: Officer, by: Officer, typed: str, *, serving: int, paper_on: date | None, has_signed: bool
) -> None:
    """Officers appoint officers: two of them, or the only one there is with an enrolment on paper.

    Raises NotAnOfficer, AppointedAlready, EndedAlready, FingerprintWrong, PaperMissing.  Source: reference safe.md 3.3.
    """
    check_is_officer(by)
    if has_signed or newcomer.id == by.id:
        raise AppointedAlready
    _check_newcomer(newcomer)
    check_fingerprint(newcomer, typed)
    if serving < ENOUGH and paper_on is None:
        raise PaperMissing


def _check_newcomer(officer: Officer) -> None:
    if officer.ended_at is not None:
        raise EndedAlready
    if officer.appointed_at is not None:
        raise AppointedAlready


def check_fingerprint(officer: Officer, typed: str) -> None:
    """The digits typed from paper are those of the card that was handed in.

    Raises FingerprintWrong.  Source: reference safe.md 3.3.
    """
    if "".join(typed.split()) != officer.fingerprint.replace(" ", ""):
        raise FingerprintWrong


def check_end_officer(officer: Officer, *, serving: int, is_own: bool, decide: bool) -> None:
    """An officer ends for themselves, and is not the last one; until something is sealed an administrator may take a card back.

    Raises EndedAlready, OfficersDecide, LastOfficer.  Source: reference safe.md 3.3.
    """
    if officer.ended_at is not None:
        raise EndedAlready
    if not is_own and decide:
        raise OfficersDecide
    if officer.serves and decide and serving < ENOUGH:
        raise LastOfficer


def check_knows_safe(safe: Safe) -> None:
    """The key of a consultation names the keys of both sides, so safe's is known before.

    Raises SafeKeyMissing.  Source: docs/decisions/0012-sealed-formats.md, opening.
    """
    if not safe.public:
        raise SafeKeyMissing


def check_begin_use(
    safe: Safe | None, key: ConsultationKey | None, copies: Sequence[HalfCopy], serving: Collection[int]
) -> None:
    """A round takes comments without a name where two officers hold the key, or one and a recovery sheet; all have confirmed.

    `serving` are the ids of the officers now.  Raises SafeMissing, KeyMissing, OfficersTooFew.  Source: reference safe.md 3.3.
    """
    if safe is None:
        raise SafeMissing
    if key is None or key.stopped_at is not None:
        raise KeyMissing
    holding = [one for one in copies if one.officer_id in serving]
    confirmed = sum(one.confirmed_at is not None for one in holding)
    if confirmed < len(holding) or confirmed < (ENOUGH if key.sheet_at is None else 1):
        raise OfficersTooFew


def check_confirm_half(copy: HalfCopy) -> None:
    """An officer confirms a copy that was fetched.

    Raises NotHandedOut.  Source: reference safe.md 3.3.
    """
    if copy.handed_out_at is None:
        raise NotHandedOut


def check_stop_key(key: ConsultationKey) -> None:
    """Any one officer stops a key, once; safe then takes no comments without a name until there is the next.

    Raises StoppedAlready.  Source: reference safe.md 3.3.
    """
    if key.stopped_at is not None:
        raise StoppedAlready


def check_report_erasure(destroy_after: date | None, *, now: datetime) -> None:
    """A key is erased when nothing sealed to it is needed any more.

    Raises ErasedTooEarly.  Source: reference safe.md 3.3 and 3.9.
    """
    if destroy_after is None or now.date() <= destroy_after:
        raise ErasedTooEarly
