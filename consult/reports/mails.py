"""The mail that answers are there. It does not say what they say (DESIGN invariant 6)."""

from consult.core.i18n import _l
from consult.mail.messages import MailTemplate
from consult.rounds.mails import with_door

ANSWERS_PUBLISHED = MailTemplate("answers_published", _l("The answers are there: %(consultation)s"), load=with_door)
