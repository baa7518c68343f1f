"""What the demonstration's team does with registry and mailings while the round goes on, each thing on its day."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import Flask

from consult.accounts.models import Role
from consult.core import clock
from consult.demo import by_hand, mailing, registry
from consult.demo.visiting import Visitor
from consult.demo.walking import Door

Say = Callable[[str], None]

LISTED = timedelta(days=1)  # after the round opened
SEATED = timedelta(days=2)
RETURNED = timedelta(days=8)
ASKED = timedelta(days=10)
DECIDED = timedelta(days=12)


@dataclass(frozen=True, slots=True)
class Office:
    """The secretariat's desk, and the approver who lets its mailings go out."""

    app: Flask
    slug: str
    zone: str  # of the consultation: days are its days
    doors: list[Door]
    desk: Visitor
    say: Say

    def enter(self) -> None:
        """Come in as the secretariat: a session lasts for some hours, and a round for weeks."""
        sign_in(self.desk, next(door for door in self.doors if door.role is Role.SECRETARIAT))

    def approver(self) -> Visitor:
        """Somebody else than the secretariat, who lets its mailings go out."""
        found = Visitor(self.app)
        sign_in(found, next(door for door in self.doors if door.role is Role.APPROVER))
        return found

    def use_the_registry(self, opened: datetime) -> None:
        """A mailing list, seats, a double, a saved group, and two who ask to take part."""
        self.say("A mailing list, its readers, and the first mail to them")
        with clock.at(opened + LISTED):
            self.enter()
            mailing.begin_list(self.desk)
            mailing.sign_up_readers(self.app)
            mailing.mail_list(self.desk, self.approver(), self.slug)
        self.say("Seats of ministries, a double, a group that is always invited")
        with clock.at(opened + SEATED):
            self.enter()
            registry.merge_double(self.desk)
            registry.fill_seats(self.desk)
            registry.hand_over_seat(self.desk, (opened + SEATED).date())
            registry.save_group(self.desk)
        self.say("Two ask to take part: one is admitted, one refused")
        with clock.at(opened + ASKED):
            registry.ask_to_take_part(self.app, self.slug)
        with clock.at(opened + DECIDED):
            self.enter()
            registry.decide_requests(self.desk)

    def reach_the_others(self, invitation: str, opened: datetime) -> None:
        """Letters and a call for those without e-mail; one letter comes back, and one is answered by a letter."""
        self.say("Letters and a call for those without e-mail")
        with clock.at(opened + LISTED):
            self.enter()
            by_hand.post_letters(self.desk, invitation, self.zone)
        with clock.at(opened + SEATED):
            self.enter()
            by_hand.note_call(self.desk, self.slug, invitation)
        with clock.at(opened + RETURNED):
            self.enter()
            by_hand.take_letter_back(self.desk, self.slug, invitation)
            by_hand.enter_letter(self.desk, self.slug, self.zone)
            by_hand.note_yes_on_paper(self.desk, self.zone)

    def remind(self, at: datetime) -> None:
        """Remind those who have not commented yet."""
        self.say("  a reminder to those who have not commented yet")
        with clock.at(at):
            self.enter()
            reminder = mailing.remind(self.desk, self.approver(), self.slug)
            by_hand.post_letters(self.desk, reminder, self.zone)

    def tell(self, at: datetime) -> None:
        """News of the list itself, and to all who take part; one mail comes back, and one reader leaves."""
        self.say("News to all who take part: one mail comes back, one reader leaves")
        with clock.at(at):
            self.enter()
            mailing.send_own_news(self.desk, self.approver())
            mailing.send_news(self.desk, self.approver(), self.slug)
            mailing.take_what_comes_of_it(self.app)

    def debrief(self, at: datetime) -> None:
        """What came of it, to all who take part. One of them wants to be forgotten then."""
        self.say("A debriefing to all who take part")
        with clock.at(at):
            self.enter()
            mailing.send_debriefing(self.desk, self.approver(), self.slug)
            registry.note_wish(self.desk, at.date() - timedelta(days=1))


def sign_in(desk: Visitor, door: Door) -> None:
    """Come in as someone of the staff."""
    desk.submit("/staff/sign-in/", {"email": door.email, "password": door.password})
