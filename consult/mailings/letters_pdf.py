"""Letters as one PDF, by WeasyPrint where that extra part is installed. It loads nothing: no picture, font or sheet from anywhere."""

import io
from collections.abc import Sequence
from importlib.util import find_spec
from typing import Any, NoReturn

import segno
from markupsafe import Markup

from consult.core.files import shipped
from consult.mail.delivery import post
from consult.mailings.letters import Letter

STEP = 100  # letters laid out at a time


def is_possible() -> bool:
    """Whether the part that writes PDF is installed: `pip install consult[pdf]`."""
    return find_spec("weasyprint") is not None


def as_pdf(letters: Sequence[Letter], *, title: str) -> bytes:
    """The file. Each letter begins on a page of its own, in its own direction."""
    from weasyprint import CSS, HTML
    from weasyprint.text.fonts import FontConfiguration

    fonts = FontConfiguration()
    sheet = CSS(string=(shipped("templates") / "mailings" / "letters.css").read_text("utf-8"), font_config=fonts)
    template = post().renderer.environment.get_template("mailings/letters.html")
    laid_out: list[Any] = []
    for begin in range(0, len(letters), STEP):
        shown = [(one, _square(one)) for one in letters[begin : begin + STEP]]
        page = HTML(string=template.render(letters=shown, title=title), url_fetcher=refuse_address)
        laid_out.append(page.render(stylesheets=[sheet], font_config=fonts))
    pages = [one for document in laid_out for one in document.pages]
    out = io.BytesIO()
    laid_out[0].copy(pages).write_pdf(out)
    return out.getvalue()


def refuse_address(address: str, *_more: Any, **_named: Any) -> NoReturn:
    """Load nothing, from the network or the disk. Raises ValueError."""
    raise ValueError(f"letters load nothing: {address[:40]}")


def _square(letter: Letter) -> Markup:
    """The personal link as a drawing of our own making."""
    drawn: str = segno.make(letter.door, error="m", micro=False).svg_inline(border=4, omitsize=True)
    return Markup(drawn)  # noqa: S704 - segno draws modules only; the link is not in it as a text
