"""Those without e-mail in the demonstration: letters made and posted, one that comes back, a call, and what came by letter."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from consult.consultations.models import Consultation, Participant
from consult.core import clock
from consult.core.db import reading
from consult.demo.content_files import Scripted, scripted_registry
from consult.demo.registry import ref_of
from consult.demo.visiting import Visitor
from consult.jobs.queue import queue
from consult.rounds.models import Channel, Comment
from consult.stakeholders.models import Stakeholder


def post_letters(desk: Visitor, campaign: str, zone: str) -> None:
    """Have all letters of a campaign made into a file, fetch it, and note today that they were posted."""
    page = f"{campaign}letters/"
    task = desk.submit(page, {"kind": "docx"}, action="/make/").headers["Location"]
    queue().work_off()
    desk.load(f"{page}files/{task.rstrip('/').rpartition('/')[2]}/file/")
    desk.submit(page, {"day": _day(clock.now(), zone)}, action="/posted/")


def take_letter_back(desk: Visitor, slug: str, campaign: str) -> None:
    """Note that a letter came back, and what its envelope says."""
    letters = scripted_registry()["letters"]
    whose = _participant(slug, letters["came_back"])
    desk.submit(f"{campaign}letters/", {"note": letters["envelope"]}, action=f"/{whose}/returned/")


def note_call(desk: Visitor, slug: str, campaign: str) -> None:
    """Note what came of a call."""
    call = scripted_registry()["call"]
    typed = {name: call[name] for name in ("outcome", "note")}
    desk.submit(f"{campaign}calls/phone/", typed, action=f"/{_participant(slug, call['to'])}/note/")


def enter_letter(desk: Visitor, slug: str, zone: str) -> None:
    """Enter what somebody wrote by letter, as it arrived today with a postmark of two days before."""
    one = scripted_registry()["letters"]
    typed = {name: one[name] for name in ("text", "language", "consent")}
    typed |= {"channel": "letter", "paragraph": one["ref"], "arrived_on": _day(clock.now(), zone)}
    typed["posted_on"] = _day(clock.now() - timedelta(days=2), zone)
    desk.submit(f"/staff/consultations/{slug}/on-behalf/{_participant(slug, one['from'])}/", typed)


def note_yes_on_paper(desk: Visitor, zone: str) -> None:
    """Note that the same letter agrees to standing in the public directory, on the day of its postmark."""
    one = scripted_registry()["letters"]
    typed = {"said": "stands", "how": "letter", "wording": one["leaflet"]}
    typed["given_on"] = _day(clock.now() - timedelta(days=2), zone)
    desk.submit(f"/staff/stakeholders/{ref_of(one['from'])}/directory/", typed)


def entered() -> list[tuple[str, Scripted]]:
    """The comment that came by letter, under its number, with what the team answers. Raises NoResultFound where there is none."""
    one = scripted_registry()["letters"]
    with reading() as db:
        (ref,) = db.query(Comment.ref).filter_by(channel=Channel.LETTER).one()
    said = {name: one[name] for name in ("ref", "language", "text", "consent", "answer", "reason")}
    return [
        (
            ref,
            Scripted(
                who=one["from"], name="", organisation="", suggest=(), evidence="", black_out=(), withhold="", **said
            ),
        )
    ]


def _participant(slug: str, name: str) -> str:
    """The reference under which an entry of the registry takes part."""
    with reading() as db:
        query = db.query(Participant.ref).join(Stakeholder, Stakeholder.id == Participant.stakeholder_id)
        query = query.join(Consultation, Consultation.id == Participant.consultation_id)
        ref: str = query.filter(Consultation.slug == slug, Stakeholder.name == name).one()[0]
        return ref


def _day(at: datetime, zone: str) -> str:
    return at.astimezone(ZoneInfo(zone)).date().isoformat()
