"""Why a file is not taken, each with what to do next."""

from consult.core.i18n import _l
from consult.core.refusals import Refused


class FileTooLarge(Refused):
    """Over the limit as uploaded."""

    message = _l("This file is larger than 20 MB. Take the pictures out, save it and upload it again.")
    status = 413


class FileUnpacksTooLarge(Refused):
    """Over the limit while unpacking: a bomb, or a file full of pictures."""

    message = _l("Unpacked, this file is too large for a draft. Copy the text into a new document and upload that.")


class FileEncrypted(Refused):
    """Needs a password."""

    message = _l("This file is protected by a password. Save it without one and upload it again.")


class FileHasMacros(Refused):
    """Carries programs."""

    message = _l("This file contains macros. Save it as a plain Word document (.docx) and upload it again.")


class FileBroken(Refused):
    """Cut off, or not what it says it is inside."""

    message = _l(
        "This file is damaged or incomplete. Open it in Word or LibreOffice, save it anew and upload it again."
    )


class FileKindUnknown(Refused):
    """Another kind of file, whatever its name says."""

    message = _l(
        "This is not a Word, OpenDocument or Markdown file. Save it as .docx, .odt or .md and upload it again."
    )


class FileHasEntities(Refused):
    """A document type or entity inside: no office program writes one."""

    message = _l("This file contains definitions that no office program writes. Save it anew in Word or LibreOffice.")


class FileEmpty(Refused):
    """No text."""

    message = _l("We found no text in this file. Choose the file that holds the draft.")
