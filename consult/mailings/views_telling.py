"""The letter that tells an accepted request, on the pages of requests."""

from flask import Response, abort
from flask.typing import ResponseReturnValue

from consult.accounts.guards import needs
from consult.accounts.rules import Act
from consult.consultations import queries_requests
from consult.consultations.rules_telling import NoPostalAddress, NothingToTell, is_to_tell
from consult.consultations.views_requests import settings
from consult.consultations.views_requests_staff import bp
from consult.core import clock
from consult.core.db import writing
from consult.mailings.letters_docx import as_docx
from consult.mailings.letters_telling import compose_acceptance

__all__ = ["bp"]
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


@bp.post("/<ref>/letter/")
@needs(Act.MANAGE_STAKEHOLDERS)
def make_letter(ref: str) -> ResponseReturnValue:
    """A letter with their code, as a Word file. 404; 409 where there is nobody to tell, or no way for a letter."""
    with writing() as db:
        found = queries_requests.find_request(db, ref) or abort(404)
        if not is_to_tell(found):
            raise NothingToTell
        who = queries_requests.find_accepted(db, found)
        if who is None or not found.postal_address:
            raise NoPostalAddress
        letter = compose_acceptance(db, found, who, base_url=settings().base_url, now=clock.now())
        content = as_docx([letter], title=letter.subject)
    headers = {"Content-Disposition": f'attachment; filename="letter-{found.ref}.docx"', "Cache-Control": "no-store"}
    return Response(content, mimetype=WORD, headers=headers)
