"""The demonstration's answers: every comment screened and answered at the desk's own pages."""

from collections.abc import Callable

from consult.demo.content_files import Scripted
from consult.demo.participation import say_how_far
from consult.demo.visiting import Visitor


def answer_all(desk: Visitor, slug: str, sent: list[tuple[str, Scripted]], say: Callable[[str], None]) -> None:
    """Black out what concerns third persons, withhold what must not be shown, and answer each comment."""
    for number, (ref, one) in enumerate(sent, 1):
        page = f"/staff/consultations/{slug}/answers/{ref}/"
        for passage, category in one.black_out:
            desk.submit(page, {"passage": passage, "category": category}, action="/redact/")
        if one.withhold:
            desk.submit(page, {"grounds": one.withhold}, action="/withhold/")
        elif one.consent != "not_published":
            desk.submit(page, action="/screened/")
        desk.submit(page, {"outcome": one.answer, "reason": one.reason}, action="/answer/")
        say_how_far(say, "answers", number, len(sent))


def publish_answers(desk: Visitor, slug: str) -> None:
    """Publish all answers in the report."""
    desk.submit(f"/staff/consultations/{slug}/report/", {"kind": "final"}, action="/publish/")
