"""Letters as one PDF, by WeasyPrint where that extra part is installed. It loads nothing: no picture, font or sheet from anywhere.

Some letters at a time, and the parts joined by pypdf: all at once would hold every laid out page in memory (docs/decisions/0029).
"""

import io
from collections.abc import Sequence
from ctypes.util import find_library
from functools import cache
from importlib.util import find_spec
from typing import Any, NoReturn

import segno
from markupsafe import Markup

from consult.core.files import shipped
from consult.mail.delivery import post
from consult.mailings.letters import Letter

STEP = 50  # letters laid out at a time


@cache
def is_possible() -> bool:
    """Whether the part that writes PDF is installed: `pip install consult[pdf]`, and Pango, which sets the type."""
    return all(find_spec(name) for name in ("weasyprint", "pypdf")) and find_library("pango-1.0") is not None


def as_pdf(letters: Sequence[Letter], *, title: str) -> bytes:
    """The file. Each letter begins on a page of its own, in its own direction."""
    from pypdf import PdfWriter

    joined, out = PdfWriter(), io.BytesIO()
    for begin in range(0, len(letters), STEP):
        joined.append(io.BytesIO(_part(letters[begin : begin + STEP], title)), import_outline=False)
    joined.add_metadata({"/Title": title})
    joined.write(out)
    return out.getvalue()


def _part(letters: Sequence[Letter], title: str) -> bytes:
    from weasyprint import CSS, HTML
    from weasyprint.text.fonts import FontConfiguration

    fonts = FontConfiguration()
    sheet = CSS(string=(shipped("templates") / "mailings" / "letters.css").read_text("utf-8"), font_config=fonts)
    template = post().renderer.environment.get_template("mailings/letters.html")
    shown = [(one, _square(one)) for one in letters]
    page = HTML(string=template.render(letters=shown, title=title), url_fetcher=refuse_address)
    made: bytes = page.write_pdf(stylesheets=[sheet], font_config=fonts)
    return made


def refuse_address(address: str, *_more: Any, **_named: Any) -> NoReturn:
    """Load nothing, from the network or the disk. Raises ValueError."""
    raise ValueError(f"letters load nothing: {address[:40]}")


def _square(letter: Letter) -> Markup:
    """The personal link as a drawing of our own making."""
    drawn: str = segno.make(letter.door, error="m", micro=False).svg_inline(border=4, omitsize=True)
    return Markup(drawn)  # noqa: S704 - segno draws modules only; the link is not in it as a text
