"""Why a file cannot be read as a list."""

from consult.core.i18n import _l
from consult.core.refusals import Refused


class SheetUnreadable(Refused):
    """The file is neither CSV nor XLSX nor cards."""

    message = _l(
        "We cannot read this file as a list. Save it as CSV, as an Excel workbook (.xlsx) or as cards (.vcf) and upload it again."
    )


class SheetEmpty(Refused):
    """No row below the header."""

    message = _l(
        "This list is empty. The first row holds the names of the columns; each row below it is one stakeholder."
    )


class SheetTooLong(Refused):
    """More rows than one import takes."""

    message = _l("This list has more than %(limit)s rows. Split it and upload the parts one after the other.")


class SheetTooWide(Refused):
    """A cell so far out that the rectangle around all cells would fill the memory."""

    message = _l("Cell %(cell)s stands far away from the rest of the list. Delete what is in it and upload it again.")


class SheetTooBig(Refused):
    """More than we unpack."""

    message = _l("This workbook is too big once unpacked. Copy the list alone into a new one and upload that.")


class SheetQuoteOpen(Refused):
    """A quotation mark that swallows the rest of the file."""

    message = _l("A quotation mark that begins on line %(line)s is never closed. Close it and upload the file again.")


class SheetWithoutName(Refused):
    """No column that could be the name."""

    message = _l("We found no column for the name. Call it “name” (or اسم, 名称) in the first row.")


class ListDropped(Refused):
    """A list that was uploaded before an entry was protected: it may say who that is."""

    message = _l("All lists that were uploaded have been removed, to protect somebody. Upload this one again.")
