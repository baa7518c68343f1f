"""The one mail of this package's own: something on a person's account changed. It does not say what."""

from consult.core.i18n import _l
from consult.mail.messages import MailTemplate

ACCOUNT_CHANGED = MailTemplate("account_changed", _l("Something on your account changed"), to_staff=True)
