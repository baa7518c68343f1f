from datetime import UTC, datetime

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from consult.accounts.models import Role
from consult.accounts.operations import add_staff
from consult.consultations.models import Consultation
from consult.consultations.operations import Dossier, create_consultation
from consult.core.db import reading, violated, writing
from consult.core.files import store
from consult.core.texts import Texts
from consult.drafts import editing, operations, queries, rules
from consult.drafts.document import Document, Kind
from consult.drafts.models import DraftUpload, DraftVersion, Paragraph, ParagraphText, UploadState, VersionState
from consult.jobs.models import Task, TaskState
from consult.jobs.queue import queue

NOON = datetime(2027, 3, 14, 12, 0, tzinfo=UTC)
ONE = "A cover line\n\n# I. Overview\n\n1. First paragraph of the report.\n\n(a) An item;\n\n2. Second paragraph.\n\n3. Third one.\n"
TWO = "# I. Overview\n\n1. First paragraph of the report.\n\n2. A new one between.\n\n3. Second paragraph, now reworded.\n\n4. Third one.\n"
ARABIC = "# أولاً- لمحة عامة\n\n1. الفقرة الأولى.\n\n2. الفقرة الثانية.\n"


@pytest.fixture
def consultation(database):
    with writing() as db:
        dalia = add_staff(
            db, name="Dalia", email="d@x.example", language="en", roles=[Role.SECRETARIAT], by=None, now=NOON
        )
        dossier = Dossier(
            slug="upr",
            title=Texts(en="Draft", ar="مشروع"),
            kind="upr_national_report",
            cycle="",
            languages=("en", "ar"),
            time_zone="UTC",
            due_on=None,
            what_it_is=Texts(),
            what_we_ask=Texts(),
            other_ways=Texts(),
        )
        made = create_consultation(db, dossier, by=dalia, now=NOON)
    made.dalia = dalia
    return made


def upload(consultation, content, language="en", name="draft.md"):
    with writing() as db:
        version = operations.begin_version(
            db, db.get_one(Consultation, consultation.id), by=consultation.dalia, now=NOON
        )
        task = operations.upload_draft(
            db,
            version,
            language=language,
            languages=consultation.languages,
            file_name=name,
            file_key=store().keep(content if isinstance(content, bytes) else content.encode(), kind="drafts"),
            size=1,
            next_url="/",
            by=consultation.dalia,
            now=NOON,
        )
    queue().work_off()
    return version, task


def publish(consultation, version):
    with writing() as db:
        found = db.get_one(DraftVersion, version.id)
        operations.publish_version(
            db, db.get_one(Consultation, consultation.id), found, is_public=True, by=consultation.dalia, now=NOON
        )


def rows(version_id, *languages):
    with reading() as db:
        return queries.read_paragraphs(db, version_id, list(languages))


@pytest.mark.database
def test_an_uploaded_draft_is_read_and_laid_out(consultation):
    version, task = upload(consultation, ONE)

    assert [(row.ref, row.kind, row.parent_ref, row.text) for row in rows(version.id, "en")] == [
        ("h-i", Kind.HEADING, None, "I. Overview"),
        ("1", Kind.PARAGRAPH, None, "First paragraph of the report."),
        ("1a", Kind.SUB_ITEM, "1", "An item;"),
        ("2", Kind.PARAGRAPH, None, "Second paragraph."),
        ("3", Kind.PARAGRAPH, None, "Third one."),
    ]
    with reading() as db:
        assert db.get_one(Task, task.id).state is TaskState.DONE
        assert [text.front for text in queries.read_languages(db, version.id)] == [["A cover line"]]


def test_a_file_that_cannot_be_read_leaves_a_sentence_and_no_file(consultation):
    version, task = upload(consultation, b"%PDF-1.7 not a draft", name="draft.docx")

    with reading() as db:
        kept = db.get_one(Task, task.id)
        found = queries.find_upload(db, version.id, "en")
    assert kept.state is TaskState.FAILED
    assert "Save it as .docx" in kept.problem["en"]
    assert found.state is UploadState.FAILED
    with pytest.raises(FileNotFoundError):
        store().read(found.file_key)


def test_another_upload_takes_the_place_of_the_first(consultation):
    upload(consultation, ONE)

    version, _ = upload(consultation, TWO)

    assert [row.ref for row in rows(version.id, "en")] == ["h-i", "1", "2", "3", "4"]
    with reading() as db:
        assert db.query(DraftUpload).count() == 1


@pytest.mark.database
def test_a_second_language_is_rows_of_its_own_on_the_same_paragraphs(consultation):
    version, _ = upload(consultation, ONE)
    upload(consultation, ARABIC, language="ar")

    found = rows(version.id, "ar", "en")

    assert [(row.ref, row.language) for row in found] == [
        ("h-i", "ar"),
        ("1", "ar"),
        ("1a", "en"),
        ("2", "ar"),
        ("3", "en"),
    ]


def test_check_language_matches_names_paragraphs_that_the_draft_has_not(consultation):
    version, _ = upload(consultation, ONE)
    upload(consultation, ARABIC + "\n7. فقرة زائدة.\n", language="ar")

    with pytest.raises(rules.RefsDiffer, match="7"):
        publish(consultation, version)


def test_a_language_that_the_consultation_has_not_is_refused(consultation):
    with pytest.raises(rules.LanguageNotOfConsultation):
        upload(consultation, ONE, language="zh")


@pytest.mark.database
def test_check_publish_version_needs_a_text_and_happens_once(consultation):
    with writing() as db:
        version = operations.begin_version(
            db, db.get_one(Consultation, consultation.id), by=consultation.dalia, now=NOON
        )
    with pytest.raises(rules.NothingToPublish):
        publish(consultation, version)
    upload(consultation, ONE)
    publish(consultation, version)

    with pytest.raises(rules.VersionPublished):
        publish(consultation, version)


@pytest.mark.database
@pytest.mark.parametrize(
    ("sql", "name"),
    [
        ("UPDATE draft_version SET digest = 'x'", "published_version_never_changes"),
        ("UPDATE draft_version SET state = 'preparing', published_at = NULL", "published_version_never_changes"),
        ("DELETE FROM draft_version", "published_version_never_changes"),
        ("UPDATE paragraph SET ref = '99' WHERE ref = '1'", "published_paragraph_never_changes"),
        ("DELETE FROM paragraph_text", "published_paragraph_text_never_changes"),
        ("UPDATE paragraph_text SET html = '<b>x</b>'", "published_paragraph_text_never_changes"),
        ("UPDATE language_version SET file_name = 'x'", "published_language_version_never_changes"),
        (
            "INSERT INTO paragraph (version_id, key, ref, position, kind, level) SELECT version_id, 'k', 'x', 99, kind, 0"
            " FROM paragraph LIMIT 1",
            "published_paragraph_never_changes",
        ),
    ],
)
def test_the_database_keeps_a_published_version_as_it_is(consultation, sql, name):
    version, _ = upload(consultation, ONE)
    publish(consultation, version)

    with pytest.raises(DBAPIError) as caught, writing() as db:
        db.execute(text(sql))

    assert violated(caught.value) == name


def test_after_publication_uploads_go_to_the_next_version(consultation):
    first, _ = upload(consultation, ONE)
    publish(consultation, first)

    second, _ = upload(consultation, TWO)

    assert (first.number, second.number) == (1, 2)


@pytest.mark.database
def test_paragraphs_keep_their_keys_from_version_to_version(consultation):
    first, _ = upload(consultation, ONE)
    publish(consultation, first)
    second, _ = upload(consultation, TWO)

    old = {row.ref: row.key for row in rows(first.id, "en")}
    new = {row.ref: row.key for row in rows(second.id, "en")}

    assert (new["1"], new["3"], new["4"], new["h-i"]) == (old["1"], old["2"], old["3"], old["h-i"])
    assert new["2"] not in old.values()


@pytest.mark.database
def test_a_paragraph_is_known_again_by_all_that_belongs_to_it(consultation):
    """As `consult drafts compare` and the page of changes see it: two that begin alike are told apart by their items."""
    courts = "The Government will:\n\n(a) open courts in the districts;\n\n(b) train judges.\n\n"
    water = "The Government will:\n\n(a) bring water to every village;\n\n(b) repair the wells.\n\n"
    first, _ = upload(consultation, f"# I. One\n\n1. {courts}2. {water}")
    publish(consultation, first)

    second, _ = upload(consultation, f"# I. One\n\n1. {water}2. {courts}")

    old = {row.ref: row.key for row in rows(first.id, "en")}
    new = {row.ref: row.key for row in rows(second.id, "en")}
    assert {ref: next(was for was, key in old.items() if key == new[ref]) for ref in ("1", "1a", "1b", "2", "2a", "2b")} == {
        "1": "2", "1a": "2a", "1b": "2b", "2": "1", "2a": "1a", "2b": "1b",
    }  # fmt: skip


def test_check_edition_refuses_a_correction_on_an_older_text(consultation):
    version, _ = upload(consultation, ONE)

    def correct(shown):
        with writing() as db:
            found = queries.find_upload(db, version.id, "en")
            document = editing.renumber(Document.from_json(found.document), 4, 7, following=True)
            operations.correct_upload(
                db, found, document, shown=shown, source_language="en", by=consultation.dalia, now=NOON
            )

    correct(1)
    with pytest.raises(rules.FormStale):
        correct(1)

    assert [row.ref for row in rows(version.id, "en") if row.kind is Kind.PARAGRAPH] == ["1", "7", "8"]


def test_check_change_version_refuses_a_published_one(consultation):
    version = DraftVersion(state=VersionState.PUBLISHED)

    with pytest.raises(rules.VersionPublished):
        rules.check_change_version(version)


def test_files_that_no_row_wants_go_after_a_day(consultation):
    upload(consultation, ONE)
    left = store().keep(b"left behind", kind="drafts")
    later = datetime.now(UTC).replace(year=datetime.now(UTC).year + 1)

    with writing() as db:
        assert operations.sweep_files(db, now=datetime.now(UTC)) == 0
        assert operations.sweep_files(db, now=later) == 1

    with pytest.raises(FileNotFoundError):
        store().read(left)


def test_a_forgotten_version_leaves_nothing(consultation):
    version, _ = upload(consultation, ONE)

    with writing() as db:
        operations.forget_version(db, db.get_one(DraftVersion, version.id), by=consultation.dalia, now=NOON)

    with reading() as db:
        assert [db.query(table).count() for table in (DraftVersion, DraftUpload, Paragraph, ParagraphText)] == [
            0,
            0,
            0,
            0,
        ]
