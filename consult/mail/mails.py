"""The one mail of this package's own: a test that mail gets out at all."""

from consult.core.i18n import _l
from consult.mail.messages import MailTemplate

TEST = MailTemplate("test", _l("Test: mail from %(site_name)s arrives"), to_staff=True)
