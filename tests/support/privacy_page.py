"""The table in docs/operations/data-protection.md from the table of the code: `python -m tests.support.privacy_page` writes it."""

from tempfile import TemporaryDirectory

from consult.core import i18n
from consult.core.settings import RETENTION, load
from consult.privacy.kind import Kind
from consult.privacy.kinds import KINDS
from consult.privacy.showing import how_long
from consult.privacy.terms import use_terms
from tests.support.server import ROOT

PAGE = ROOT / "docs" / "operations" / "data-protection.md"
BEGIN, END = "<!-- kinds: from consult/privacy/kinds.py -->\n", "<!-- end of kinds -->\n"
HEAD = "| what | in which tables | why | how long | and then | who can read it |\n|---|---|---|---|---|---|\n"


def printed() -> str:
    """The table, with the terms that hold where the operator sets none."""
    return HEAD + "".join(f"| {' | '.join(_cells(one))} |\n" for one in KINDS)


def _cells(one: Kind) -> tuple[str, ...]:
    tables = ", ".join(f"`{table}`" for table in one.tables) or "none"
    term = how_long(one)
    if one.setting:
        least, most = RETENTION[one.setting]
        term += f" `{one.setting}`, {least} to {most}"
    return str(one.what), tables, str(one.why), term, str(one.then), str(one.who)


def standing() -> str:
    """The table as it stands on the page."""
    return PAGE.read_text("utf-8").split(BEGIN)[1].split(END)[0]


def write() -> None:
    """Write the table anew, with all that stands around it kept."""
    before, _, rest = PAGE.read_text("utf-8").partition(BEGIN)
    PAGE.write_text(before + BEGIN + printed() + END + rest.partition(END)[2], "utf-8")


if __name__ == "__main__":
    with TemporaryDirectory() as folder:
        settings = load({"data_folder": folder}, environ={})
    i18n.configure(settings.language_records(), settings.catalogue_folders())
    use_terms(settings)
    with i18n.use_language("en"):
        write()
