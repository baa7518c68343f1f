"""Letters that differ in nothing but their recipient: rendered once, and from then on only filled in.

A mould is an ordinary letter, made by `new_letter`, in which marks stand for what is somebody's own: the tokens of their links,
their address, the Message-ID, the date. Marks are as long as what takes their place, so that every fold stays where it is. What
comes out is the same to the byte as what `new_letter` would have made (a test holds them together).
"""

import base64
import re
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import lru_cache
from itertools import groupby

from consult.core.ids import random_code
from consult.core.settings import Settings
from consult.mail.keys import ID_LENGTH, header_token
from consult.mail.letters import Letter, leaving_headers, new_letter
from consult.mail.messages import MailTemplate, Renderer, Values
from consult.mail.rules import is_plain_address

ADDRESS_MAX = 60  # characters: with its name the header stays on one line
TOKEN = re.compile(r"[0-9a-f]{32}")
_OURS = re.compile(rf"<[a-z0-9]{{{ID_LENGTH}}}@([^@>]+)>")
_WHEN = datetime(2000, 1, 1, tzinfo=UTC)
_DATE = format_datetime(_WHEN).encode()
_TO = f"{random_code(10)}@{random_code(10)}.example"
_MARKS = {name: secrets.token_hex(16) for name in ("door", "leave")}
LINE = 57  # bytes of the text that make one line of base64
_ENDS = b"\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Own:
    """What is one recipient's: where it goes, the Message-ID, and the tokens by the name of their value."""

    name: str
    address: str
    message_id: str
    envelope_sender: str
    tokens: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _Slot:
    """The place of a token in a text, and after which of its signs quoted-printable breaks the line; -1 = after none."""

    name: str
    broken: int = -1

    def filled(self, token: bytes) -> bytes:
        return token if self.broken < 0 else token[: self.broken] + b"=\r\n" + token[self.broken :]


@dataclass(frozen=True, slots=True)
class _Part:
    """One piece of a letter: text and slots in turn; encoded in base64 when it is filled, where it holds a token and was."""

    pieces: tuple[bytes | _Slot, ...]
    is_base64: bool = False

    def filled(self, tokens: Mapping[str, bytes]) -> bytes:
        whole = b"".join(one if isinstance(one, bytes) else one.filled(tokens[one.name]) for one in self.pieces)
        return base64.encodebytes(whole).replace(b"\n", b"\r\n") if self.is_base64 else whole


@lru_cache(maxsize=1)
def _date(second: datetime) -> bytes:
    """The date of a header: hundreds of letters have the same."""
    return format_datetime(second).encode()


class Mould:
    """The letter of one template, in one language, with values that many share."""

    def __init__(
        self, template: MailTemplate, language: str, shared: Values, has: frozenset[str], letter: Letter, mark_id: str
    ) -> None:
        self.template, self.language, self.shared, self.has = template, language, shared, has
        head, _, body = letter.content.partition(_ENDS)
        self._mark_id = mark_id.encode()
        self._head = head + _ENDS
        self._parts = _parts(body, _boundary(head))

    def fits(self, template: MailTemplate, language: str, shared: Values, has: frozenset[str]) -> bool:
        """Whether the letter of these values comes out of it."""
        return (self.template, self.language, self.has, self.shared) == (template, language, has, shared)

    def filled(self, own: Own, *, now: datetime) -> Letter:
        """The letter to one."""
        tokens = {name: token.encode() for name, token in own.tokens.items()}
        head = self._head.replace(_TO.encode(), own.address.encode(), 1)
        head = head.replace(self._mark_id, own.message_id.encode(), 1)
        head = head.replace(_DATE, _date(now.replace(microsecond=0)), 1)
        if "leave" in own.tokens:  # in the header it stands with a part that nobody makes of it
            head = head.replace(header_token(_MARKS["leave"]).encode(), header_token(own.tokens["leave"]).encode())
        for name, token in tokens.items():
            head = head.replace(_MARKS[name].encode(), token)
        content = head + b"".join(part.filled(tokens) for part in self._parts)
        return Letter(own.name, own.envelope_sender, own.address, content, needs_utf8=False)


def takes(own: Own, domain: str) -> bool:
    """Whether what is somebody's own is plain enough to be put in as it is: else their letter is made by itself."""
    found = _OURS.fullmatch(own.message_id)
    is_ours = found is not None and found[1] == domain
    is_plain = len(own.address) <= ADDRESS_MAX and is_plain_address(own.address) and own.envelope_sender.isascii()
    return is_ours and is_plain and all(TOKEN.fullmatch(token) for token in own.tokens.values())


def split(template: MailTemplate, values: Values) -> tuple[Values, dict[str, str]]:
    """What many share of the values of a mail, and the tokens that are one's own."""
    own = {name: str(values[name]) for name in template.own if values.get(name)}
    return {name: value for name, value in values.items() if name not in own}, own


def new_mould(
    renderer: Renderer, template: MailTemplate, language: str, shared: Values, has: frozenset[str], settings: Settings
) -> Mould | None:
    """Render the letter that many share, in the current language. None where it cannot be filled in: it has files beside it.

    Raises what rendering raises.
    """
    rendered = renderer.render(template, {**shared, **{name: _MARKS[name] for name in has}})
    if rendered.parts:
        return None
    domain = settings.mail_sender.rpartition("@")[2]
    mark_id = f"<{random_code(ID_LENGTH)}@{domain}>"
    letter = new_letter(
        rendered,
        name="",
        address=_TO,
        sender=settings.mail_sender,
        message_id=mark_id,
        now=_WHEN,
        headers=leaving_headers(rendered.leaving, rendered.language, settings) if rendered.leaving else {},
        reply_to=settings.mail_reply_to,
    )
    return None if letter.needs_utf8 else Mould(template, language, shared, has, letter, mark_id)


def _boundary(head: bytes) -> bytes:
    found = re.search(rb'boundary="([^"]+)"', head)
    assert found is not None, "a letter has text and HTML"
    return b"--" + found[1]


def _parts(body: bytes, boundary: bytes) -> tuple[_Part, ...]:
    """The body in pieces: what stands between the boundaries, decoded where it is in base64."""
    found: list[_Part] = []
    for number, part in enumerate(body.split(boundary)):
        lead = boundary if number else b""
        head, ends, text = part.partition(_ENDS)
        if ends and b"base64" in head:
            found += [_Part((lead + head + ends,)), *_base64_parts(base64.b64decode(text)), _Part((b"\r\n",))]
        else:
            found.append(_Part(_pieces(lead + part)))
    return tuple(found)


def _base64_parts(text: bytes) -> Iterator[_Part]:
    """A text as it stands in base64, line by line. Tokens are as long as their marks: lines without any are the same in all letters."""
    held = {
        line for found in _MARK.finditer(text) for line in range(found.start() // LINE, (found.end() - 1) // LINE + 1)
    }
    for is_held, lines in groupby(range(-(-len(text) // LINE)), lambda line: line in held):
        whole = list(lines)
        part = _Part(_pieces(text[whole[0] * LINE : (whole[-1] + 1) * LINE]), is_base64=True)
        yield part if is_held else _Part((part.filled({}),))


_MARK = re.compile(
    b"|".join(b"(?:=\r\n)?".join(re.escape(bytes([sign])) for sign in mark.encode()) for mark in _MARKS.values())
)
_NAMES = {mark.encode(): name for name, mark in _MARKS.items()}


def _pieces(text: bytes) -> tuple[bytes | _Slot, ...]:
    pieces: list[bytes | _Slot] = []
    begin = 0
    for found in _MARK.finditer(text):
        mark = found[0]
        pieces += [text[begin : found.start()], _Slot(_NAMES[mark.replace(b"=\r\n", b"")], mark.find(b"=\r\n"))]
        begin = found.end()
    return (*pieces, text[begin:])
