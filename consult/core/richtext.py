"""HTML from outside, cleaned once, when it is written. Two cleaners: see docs/decisions/0005-drafts.md."""

import bleach
import nh3

INLINE = {"a", "b", "br", "em", "i", "strong", "sub", "sup"}
TAGS = INLINE | {"caption", "li", "ol", "p", "table", "tbody", "td", "th", "thead", "tr", "ul"}
ATTRIBUTES = {"a": {"href"}, "td": {"colspan", "rowspan"}, "th": {"colspan", "rowspan", "scope"}}
SCHEMES = {"http", "https", "mailto"}

_cleaner = bleach.Cleaner(
    tags=TAGS,
    attributes={tag: sorted(names) for tag, names in ATTRIBUTES.items()},
    protocols=SCHEMES,
    strip=True,
    strip_comments=True,
)


def clean(html: str) -> str:
    """The HTML with our few tags and no other, no script, no style, and links to the web or to a mailbox only."""
    return nh3.clean(
        _cleaner.clean(html), tags=TAGS, attributes=ATTRIBUTES, url_schemes=SCHEMES, link_rel=None, strip_comments=True
    )
