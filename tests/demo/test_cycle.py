"""The demonstration fills itself through the real operations, and everyone can read it afterwards in each language."""

import pytest

from consult.core.db import reading
from consult.demo import cycle
from consult.drafts.models import DraftUpload, UploadState


@pytest.fixture
def filled(database):
    said = []
    return cycle.fill(said.append), said


def test_the_demonstration_is_read_published_and_open_in_three_languages(filled, client):
    doors, said = filled

    assert [door.email for door in doors] == [email for _, email, _ in cycle.PEOPLE]
    assert len(said) == 6
    with reading() as db:
        assert {one.language: one.state for one in db.query(DraftUpload)} == dict.fromkeys(
            cycle.LANGUAGES, UploadState.READ
        )
    for language, word in {
        "en": "How this report was prepared",
        "ar": "كيف أُعد هذا التقرير",
        "zh": "本报告的编写过程",
    }.items():
        page = client.get(f"/{language}/consultations/{cycle.SLUG}/draft/")
        assert page.status_code == 200
        assert word in page.text
    assert "…" not in client.get(f"/en/consultations/{cycle.SLUG}/terms/").text
