"""Mails as templates: subject and body in the recipient's language, made when the mail is sent. No web request needed.

The packages that write to people declare their `MailTemplate`s; consult/worker.py holds the one table of them.
"""

import textwrap
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import Markup
from sqlalchemy.orm import Session

from consult.core import i18n
from consult.core.files import shipped
from consult.core.forms import cleaned_line
from consult.core.i18n import LazyText
from consult.core.identity import identity
from consult.core.settings import Settings

WIDTH = 72  # characters of a line of the plain text
FSI, PDI = "\u2068", "\u2069"  # first strong isolate, pop directional isolate: UAX 9

Values = Mapping[str, Any]
Loader = Callable[[Session, Mapping[str, Any]], Values]
# The same for many at once, each with its language: None for a mail that is not wanted.
ManyLoader = Callable[[Session, Sequence[tuple[str, Mapping[str, Any]]]], Sequence[Values | None]]


CAME_BACK = "mail to this address came back: "
UNWANTED = "not wanted: "


class NotWanted(Exception):
    """A loader found that the mail has no cause any more, or that the person has left: it is not sent.

    Its words are kept with the mail: `CAME_BACK` with a status, `UNWANTED` with a code of the loader's, or none.
    """


@dataclass(frozen=True, slots=True)
class Part:
    """Something beside the text: a file, or with `method` ("REQUEST", "CANCEL") an invitation that calendars understand."""

    content: bytes
    media_type: str  # "application/pdf", "text/calendar"
    file_name: str
    method: str = ""


def as_queued(_db: Session, parameters: Mapping[str, Any]) -> Values:
    """The loader of a template that needs no more than its parameters."""
    return parameters


def no_parts(_values: Values) -> Sequence[Part]:
    """The parts of a mail that is text only."""
    return ()


@dataclass(frozen=True, slots=True)
class MailTemplate:
    """One kind of mail. Its text stands in templates/mail/<name>.txt and .html, its subject here.

    `load` reads what the templates show, in the recipient's language, when the mail is rendered: door and leave tokens are
    made there and stand nowhere else. It raises NotWanted where there is nothing left to say. The subject takes its
    `%(name)s` from the same values. A mail that is not duty has a `leave` among them, and the `slug` it is about; that of a list
    may have the path of its `archive`, and in `about` the consultation that its page of leaving offers too.
    """

    name: str
    subject: LazyText
    load: Loader = as_queued
    parts: Callable[[Values], Sequence[Part]] = no_parts
    to_staff: bool = False  # goes out even where mail came back: no page of ours would tell them
    asked_for: bool = False  # whoever reads it asked for it now: goes out where mail came back, once a day
    load_many: ManyLoader | None = None  # for campaigns: hundreds in a few statements
    own: tuple[str, ...] = ()  # with it: the values that are tokens of one reader; all others many share


class Leaving(NamedTuple):
    """How its reader leaves, for the headers: the token of the page, which consultation or list it is about, and its archive."""

    token: str
    slug: str
    archive: str = ""  # the path of a public page after the language; "" = none


@dataclass(frozen=True, slots=True)
class Rendered:
    """A mail's words in one language, with what goes beside them. `leaving` is None where the mail is duty."""

    language: str
    subject: str
    text: str
    html: str
    site_name: str
    parts: Sequence[Part]
    leaving: Leaving | None = None


class Renderer:
    """Renders mails of an installation: the same gettext and strictness as the pages, but no request."""

    def __init__(self, settings: Settings) -> None:
        self.base_url = settings.base_url
        self.environment = Environment(
            loader=FileSystemLoader(shipped("templates")),
            autoescape=select_autoescape(("html",)),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            extensions=["jinja2.ext.i18n"],
        )
        install = self.environment.install_gettext_callables  # type: ignore[attr-defined]
        install(i18n.plain_gettext, i18n.plain_ngettext, newstyle=True)
        self.environment.globals.update(
            _n=i18n._n,
            format_day=i18n.format_day,
            format_instant=i18n.format_instant,
            format_number=i18n.format_number,
        )
        self.environment.filters.update(isolated=isolated, address_shown=address_shown)

    def render(self, template: MailTemplate, values: Values) -> Rendered:
        """The mail in the current language. Raises UndefinedError for a value that the template wants and nobody gave."""
        record, site_name = i18n.language(), identity().name.shown().text
        lines = {name: _as_line(value) for name, value in {**values, "site_name": site_name}.items()}
        subject = _filled(cleaned_line(str(template.subject)), lines)
        everywhere = {"language": record, "base_url": self.base_url, "site_name": site_name, "subject": subject}
        shown = {"leave": "", "about": "", "archive": "", **values, **everywhere}
        text = self.environment.get_template(f"mail/{template.name}.txt").render(shown)
        html = self.environment.get_template(f"mail/{template.name}.html").render(shown)
        leaving = Leaving(shown["leave"], shown["slug"], shown["archive"]) if shown["leave"] else None
        return Rendered(record.code, subject, folded(text), html, site_name, tuple(template.parts(values)), leaving)


def _as_line(value: Any) -> str:
    """A value as it may stand in a subject: one line, no control or override characters, not disturbing what is around it."""
    return isolated(cleaned_line(str(value)))


def _filled(subject: str, lines: Mapping[str, str]) -> str:
    """The subject with its values; a percent sign that is none of ours stays."""
    return subject % lines if "%(" in subject else subject


def isolated(text: object) -> str:
    """A name inside a plain-text sentence: marked off where it is written the other way, so that it turns nothing around."""
    words = cleaned_line(str(text))
    kinds = {unicodedata.bidirectional(sign) for sign in words}
    right_to_left = i18n.language().direction == "rtl"
    other = {"L"} if right_to_left else {"R", "AL"}
    return f"{FSI}{words}{PDI}" if kinds & other else words


def address_shown(address: str) -> Markup:
    """An address as a link that shows itself, left to right in any language."""
    return Markup('<a href="{0}" dir="ltr">{0}</a>').format(address)


def folded(text: str) -> str:
    """Plain text in lines that any reader shows whole: folded between words, addresses never cut, blank lines single."""
    lines: list[str] = []
    for line in text.strip().splitlines():
        kept = line.rstrip()
        if not kept and lines and not lines[-1]:
            continue
        lines.extend(textwrap.wrap(kept, WIDTH, break_long_words=False, break_on_hyphens=False) if kept else [""])
    return "\n".join(lines) + "\n"
