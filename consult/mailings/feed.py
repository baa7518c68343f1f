"""The feed of a list: Atom, RFC 4287, with nothing in it but what its archive shows."""

from collections.abc import Sequence
from xml.etree import ElementTree as Xml

from consult.core import i18n
from consult.core.identity import identity
from consult.mailings.models_lists import ListMessage
from consult.mailings.queries_lists import Listed

NAMESPACE = "http://www.w3.org/2005/Atom"
LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"


def atom(listed: Listed, messages: Sequence[ListMessage], *, base_url: str) -> bytes:
    """The feed in the current language, the newest message first; each message says where it is in another."""
    Xml.register_namespace("", NAMESPACE)
    mailing_list, words = listed
    page = f"{base_url}/{i18n.language().code}/lists/{mailing_list.slug}/"
    feed = Xml.Element(f"{{{NAMESPACE}}}feed", {LANGUAGE: i18n.language().code})
    _add(feed, "id", f"{page}feed.atom")
    _add(feed, "title", words.name.shown().text)
    _add(feed, "subtitle", words.what_it_is.shown().text)
    _add(feed, "updated", (messages[0].sent_at if messages else words.at).isoformat())
    _add(_add(feed, "author"), "name", identity().name.shown().text)
    _add(feed, "link", rel="self", type="application/atom+xml", href=f"{page}feed.atom")
    _add(feed, "link", rel="alternate", type="text/html", href=f"{page}archive/")
    for message in messages:
        _add_message(feed, message, f"{page}archive/{message.number}/")
    made: bytes = Xml.tostring(feed, encoding="utf-8", xml_declaration=True)
    return made


def _add_message(feed: Xml.Element, message: ListMessage, address: str) -> None:
    subject, body = message.subject.shown(), message.body.shown()
    entry = _add(feed, "entry")
    if subject.fallback:
        entry.set(LANGUAGE, subject.language)
    _add(entry, "id", address)
    _add(entry, "title", subject.text)
    _add(entry, "published", message.sent_at.isoformat())
    _add(entry, "updated", message.sent_at.isoformat())  # what was sent never changes
    _add(entry, "link", rel="alternate", type="text/html", href=address)
    _add(entry, "content", body.text, type="text")


def _add(parent: Xml.Element, name: str, text: str = "", **attributes: str) -> Xml.Element:
    made = Xml.SubElement(parent, f"{{{NAMESPACE}}}{name}", attributes)
    made.text = text or None
    return made
