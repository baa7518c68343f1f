"""A rendered mail as the bytes that go over the wire. RFC 5322, 2045, 6531, 3834."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email import policy
from email.headerregistry import Address
from email.message import EmailMessage

from email_validator import validate_email

from consult.core.forms import cleaned_line
from consult.core.settings import Settings
from consult.mail.keys import header_token
from consult.mail.messages import Leaving, Part, Rendered

# Nothing but ASCII on the wire, so that any relay on the way can pass it on; lines end in CRLF.
WIRE = policy.SMTP.clone(cte_type="7bit")
WIRE_UTF8 = policy.SMTPUTF8.clone(cte_type="7bit")  # where an address itself is not ASCII
NO_HEADERS: Mapping[str, str] = {}
NAME_MAX = 120  # characters of the name before our address; a long word in it would be a line that relays refuse
SUBJECT_MAX = 200  # characters; longer ones are cut by readers anyway, and by some relays badly


@dataclass(frozen=True, slots=True)
class Letter:
    """What a connection hands over: envelope and ready bytes. `name` is the mail's own, for the file of a captured one."""

    name: str
    sender: str  # of the envelope
    recipient: str  # of the envelope, its domain in ASCII
    content: bytes
    needs_utf8: bool


def wire_address(address: str) -> str:
    """An address with its domain in ASCII (IDNA), which every relay takes; the part before the @ stays as it is.

    Raises EmailNotValidError for a domain that cannot be written so.
    """
    local, _, domain = address.rpartition("@")
    if domain.isascii():
        return address
    known = validate_email(address, check_deliverability=False, globally_deliverable=False)
    return f"{local}@{known.ascii_domain}"


def leaving_headers(leaving: Leaving, language: str, settings: Settings) -> dict[str, str]:
    """What a mail program needs to offer leaving: List-Id (RFC 2919), List-Unsubscribe and -Archive (2369), the one click (8058).

    One click is promised over HTTPS only, as the RFC has it. `settings.leave_address` adds the way by mail. The token is another
    than that of the body, which is forwarded: only here does it leave at once.
    """
    token = header_token(leaving.token)
    ways = [f"<{settings.base_url}/{language}/leave/{token}>"]
    if settings.leave_address:
        ways.append(f"<mailto:{tagged(settings.leave_address, token)}>")
    domain = wire_address(settings.mail_sender).rpartition("@")[2]
    found = {"List-Id": f"<{leaving.slug}.{domain}>", "List-Unsubscribe": ",\r\n ".join(ways)}
    if leaving.archive:
        found["List-Archive"] = f"<{settings.base_url}/{language}/{leaving.archive}>"
    return found | ({"List-Unsubscribe-Post": "List-Unsubscribe=One-Click"} if settings.is_https else {})


def tagged(mailbox: str, token: str) -> str:
    """A mailbox with a token after a plus: leave+5f…@consult.example.org."""
    local, _, domain = mailbox.rpartition("@")
    return f"{local}+{token}@{domain}"


def new_letter(
    mail: Rendered,
    *,
    name: str,
    address: str,
    sender: str,
    message_id: str,
    now: datetime,
    envelope_sender: str = "",
    headers: Mapping[str, str] = NO_HEADERS,
    reply_to: str = "",
) -> Letter:
    """The ready bytes of a mail to one address. `envelope_sender`, where bounces go, is the sender's if not said.

    From is never of another domain than the installation's, whoever asks by it, or SPF and DMARC would call it a forgery: the
    site's name stands before the address, and `reply_to` is where people's answers go.
    Raises ValueError for an address that would add to the header.
    `headers` are ours through and through and go out as they are: the library would fold long addresses to pieces.
    """
    recipient, sender = wire_address(address), wire_address(sender)
    envelope_sender = wire_address(envelope_sender or sender)
    reply_to = wire_address(reply_to) if reply_to else ""
    needs_utf8 = not (recipient + sender + envelope_sender + reply_to).isascii()
    message = EmailMessage(policy=WIRE_UTF8 if needs_utf8 else WIRE)
    message["From"] = _mailbox(sender, shortened(_plain(mail.site_name), NAME_MAX))
    message["To"] = _mailbox(recipient)
    if reply_to:
        message["Reply-To"] = _mailbox(reply_to)
    message["Subject"] = shortened(_plain(mail.subject))
    message["Date"] = now
    message["Message-ID"] = message_id
    message["Auto-Submitted"] = "auto-generated"  # no out-of-office answers; RFC 3834
    message.set_content(mail.text)
    message.add_alternative(mail.html, subtype="html")
    for part in mail.parts:
        _add(message, part)
    message["Content-Language"] = mail.language  # last: making parts takes away every Content- header
    first = "".join(f"{name}: {value}\r\n" for name, value in headers.items()).encode("ascii")
    content = first + message.as_bytes()
    _check_header(content, [*headers, *message.keys()])
    return Letter(name, envelope_sender, recipient, content, needs_utf8)


def _plain(text: str) -> str:
    """A line that stands for nothing but itself: the library decodes what looks encoded, line ends in it included."""
    return cleaned_line(text).replace("=?", "= ?")


def _check_header(content: bytes, names: Sequence[str]) -> None:
    """Whether the header that goes out holds what we put there, and no more. Raises ValueError.

    The last word whatever a name, a subject or an address does to the library: an address may begin with "=?", too.
    """
    lines = content.partition(b"\r\n\r\n")[0].split(b"\r\n")
    found = [line.partition(b":")[0].lower() for line in lines if line[:1] not in (b" ", b"\t")]
    if found != [name.lower().encode() for name in names] or b"\n" in b"".join(lines) or b"\r" in b"".join(lines):
        raise ValueError("the header says more than was put there")


def _mailbox(address: str, name: str = "") -> Address:
    local, _, domain = address.rpartition("@")
    return Address(name, local, domain)  # in two parts: as one it is parsed, and only ASCII taken


def _add(message: EmailMessage, part: Part) -> None:
    """A file beside the text. An invitation also goes in among the alternatives: only there calendars look for it."""
    kind, _, subtype = part.media_type.partition("/")
    if part.method:
        body = message.get_body(("plain",))
        holder = message if message.get_content_type() == "multipart/alternative" else _alternatives(message)
        if body is not None and holder is not None:
            holder.add_alternative(
                part.content.decode(), subtype=subtype, charset="utf-8", params={"method": part.method}
            )
    message.add_attachment(part.content, maintype=kind, subtype=subtype, filename=part.file_name)


def _alternatives(message: EmailMessage) -> EmailMessage | None:
    for part in message.iter_parts():
        if part.get_content_type() == "multipart/alternative" and isinstance(part, EmailMessage):
            return part
    return None


def shortened(subject: str, most: int = SUBJECT_MAX) -> str:
    """A line of so many characters at most, cut with an ellipsis; isolates that the cut left open are closed."""
    if len(subject) > most:
        subject = subject[: most - 2] + "…"
        if subject.count("\u2068") > subject.count("\u2069"):
            subject += "\u2069"
    return subject
