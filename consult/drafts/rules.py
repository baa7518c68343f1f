"""When a draft may be changed, and when it may be published."""

from collections.abc import Collection, Sequence

from consult.core.i18n import _l
from consult.core.refusals import Refused
from consult.drafts.models import DraftUpload, DraftVersion, UploadState, VersionState

SHOWN = 5  # refs named in a refusal


class VersionPublished(Refused):
    """A published version is asked to change."""

    message = _l("This version is published and stays as it is. Upload a new version instead.")
    status = 409


class FormStale(Refused):
    """The text was corrected in another window since the form was shown."""

    message = _l("Someone corrected this text since you opened the page. Load it again, then make your correction.")
    status = 409


class NothingToPublish(Refused):
    """No text in the language that the draft is written in."""

    message = _l("Upload the draft in %(language)s first: the other languages follow it.")


class StillReading(Refused):
    """A file is still being read."""

    message = _l("We are still reading a file. Wait until it is done, then try again.")
    status = 409


class RefsDiffer(Refused):
    """A translation has paragraphs that the draft has not."""

    message = _l(
        "The text in %(language)s has paragraphs that the draft does not have: %(refs)s. Correct their numbers, or upload another file."
    )


class LanguageNotOfConsultation(Refused):
    """A language that the consultation does not have."""

    message = _l("This consultation is not held in that language. Add the language to the consultation first.")


def check_change_version(version: DraftVersion) -> None:
    """A version can be changed until it is published, and never afterwards.

    Raises VersionPublished.  Source: DESIGN invariant 1.
    """
    if version.state is VersionState.PUBLISHED:
        raise VersionPublished


def check_edition(upload: DraftUpload, shown: int) -> None:
    """A correction is made on the text that its form showed.

    Raises FormStale.  Source: DESIGN section 5: every form carries the version it was shown.
    """
    if upload.edition != shown or upload.state is not UploadState.READ:
        raise FormStale


def check_language_matches(language: str, source_refs: Collection[str], refs: Sequence[str]) -> None:
    """A translation may leave paragraphs out (they are shown in the draft's language), but has none of its own.

    Raises RefsDiffer.  Source: DESIGN section 1: a paragraph has a key stable across languages.
    """
    extra = [ref for ref in refs if ref not in source_refs]
    if extra:
        raise RefsDiffer(language=language, refs=", ".join(extra[:SHOWN]) + (" …" if len(extra) > SHOWN else ""))


def check_publish_version(version: DraftVersion, uploads: Sequence[DraftUpload], source_language: str) -> None:
    """A version is published once, with a text in the language it is written in, and with nothing still being read.

    Raises VersionPublished, StillReading, NothingToPublish.  Source: DESIGN invariant 1.
    """
    check_change_version(version)
    if any(upload.state is UploadState.READING for upload in uploads):
        raise StillReading
    if not any(upload.language == source_language and upload.state is UploadState.READ for upload in uploads):
        raise NothingToPublish(language=source_language)
