"""An upgraded database is the same, statement by statement, as a fresh one; and can go down and up again."""

import pytest
from sqlalchemy import create_engine, inspect, text
from sqlalchemy.exc import DBAPIError

from consult.core import migrating
from consult.core.db import Base, Database
from consult.tables import import_all

import_all()


def parts(sql):
    """A CREATE statement without layout: what stands before the bracket, and each column and constraint in it, sorted.

    Alembic writes constraints in another order than SQLAlchemy, and SQLite quotes the name of a table that was renamed, as
    every rebuilt one is: neither says anything.
    """
    head, _, body = " ".join(sql.split()).partition("(")
    if not head.startswith("CREATE TABLE"):
        return (" ".join(sql.split()),)
    found, depth, current = [], 0, ""
    for sign in body.rpartition(")")[0]:
        depth += (sign == "(") - (sign == ")")
        if sign == "," and depth == 0:
            found.append(current.strip())
            current = ""
        else:
            current += sign
    return (head.replace('"', "").strip(), *sorted([*found, current.strip()]))


def shape(engine):
    """Everything that makes up the schema: for SQLite its very statements, for PostgreSQL what its catalogue says."""
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            rows = connection.exec_driver_sql(
                "SELECT type, name, tbl_name, sql FROM sqlite_master WHERE name NOT LIKE 'alembic%'"
                " AND tbl_name NOT LIKE 'alembic%' AND sql IS NOT NULL"
            )
            return sorted((row[0], row[1], row[2], parts(row[3])) for row in rows)
        queries = (
            "SELECT 'column', table_name, column_name, data_type || is_nullable || coalesce(character_maximum_length, 0)"
            " FROM information_schema.columns WHERE table_schema = 'public' AND table_name NOT LIKE 'alembic%'",
            "SELECT 'constraint', conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint"
            " WHERE connamespace = 'public'::regnamespace AND conrelid::regclass::text NOT LIKE 'alembic%'",
            "SELECT 'index', tablename, indexname, indexdef FROM pg_indexes"
            " WHERE schemaname = 'public' AND tablename NOT LIKE 'alembic%'",
            "SELECT 'trigger', tgrelid::regclass::text, tgname, pg_get_triggerdef(oid) FROM pg_trigger"
            " WHERE NOT tgisinternal",
        )
        return sorted(tuple(row) for query in queries for row in connection.execute(text(query)))


@pytest.fixture(params=["sqlite", "postgresql"])
def two_empty(request, tmp_path):
    """The addresses of two databases without a table."""
    if request.param == "sqlite":
        yield [f"sqlite:///{tmp_path / name}.db" for name in ("upgraded", "fresh")]
        return
    cluster = request.getfixturevalue("cluster")
    names = [cluster.create(), cluster.create()]
    yield [cluster.url(name) for name in names]
    for name in names:
        cluster.drop(name)


@pytest.fixture
def empty_url(two_empty):
    return two_empty[0]


def test_an_upgraded_database_has_the_same_sql_as_a_fresh_one(two_empty, empty_url):
    fresh = Database(two_empty[1])
    fresh.create_all()

    migrating.upgrade(empty_url)

    upgraded = create_engine(empty_url)
    assert shape(upgraded) == shape(fresh.engine)
    fresh.close()
    upgraded.dispose()


def test_up_down_up_ends_where_it_began(empty_url):
    migrating.upgrade(empty_url)
    engine = create_engine(empty_url)
    first = shape(engine)

    migrating.downgrade(empty_url, "base")
    left = set(inspect(engine).get_table_names()) - {"alembic_version"}
    migrating.upgrade(empty_url)

    assert left == set()
    assert shape(engine) == first
    engine.dispose()


def test_every_table_is_in_the_migrations(empty_url):
    migrating.upgrade(empty_url)
    engine = create_engine(empty_url)

    assert set(inspect(engine).get_table_names()) - {"alembic_version"} == set(Base.metadata.tables)
    engine.dispose()


def test_rows_in_parents_and_children_survive_the_newest_migrations_up_down_up(empty_url):
    """Down to the first migration and up again: what was written before the others is still there."""
    migrating.upgrade(empty_url, "2026_11_23")
    engine = create_engine(empty_url)
    with engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO staff (id, ref, name, email, email_key, language, state, created_at)"
                " VALUES (1, 'r', 'D', 'd@x.example', 'd@x.example', 'en', 'active', '2027-01-01 00:00:00')"
            )
        )
        connection.execute(text("INSERT INTO staff_role (id, staff_id, role) VALUES (1, 1, 'secretariat')"))

    migrating.upgrade(empty_url)
    migrating.downgrade(empty_url, "2026_11_23")
    migrating.upgrade(empty_url)

    with engine.connect() as connection:
        joined = "SELECT staff.name, staff_role.role FROM staff JOIN staff_role ON staff_role.staff_id = staff.id"
        assert [tuple(row) for row in connection.execute(text(joined))] == [("D", "secretariat")]
    engine.dispose()


def test_comments_that_were_there_get_their_triage(empty_url):
    """One unanswered, one answered, one withdrawn; rows that nothing here looks at are left out."""
    migrating.upgrade(empty_url, "2026_11_25_objections")
    engine = create_engine(empty_url)
    at = "'2027-01-01 00:00:00'"
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("SET LOCAL session_replication_role = replica"))  # no foreign keys
        connection.execute(
            text(
                "INSERT INTO round (id, consultation_id, number, version_id, opens_at, closes_at, audience, extensions, questions)"
                f" VALUES (1, 1, 1, 1, {at}, '2027-02-01 00:00:00', 'public', 0, '{{}}')"
            )
        )
        for number, consent, withdrawn in (
            (1, "with_name", "NULL"),
            (2, "not_published", "NULL"),
            (3, "with_name", at),
        ):
            words = "''" if withdrawn != "NULL" else "'x'"
            connection.execute(
                text(
                    "INSERT INTO comment (id, ref, round_id, version_id, paragraph_ref, quoted_text, language, text, suggestion,"
                    " evidence, consent, channel, participant_id, received_at, once, withdrawn_at) VALUES"
                    f" ({number}, '{number}', 1, 1, '0', '', 'en', {words}, '', '', '{consent}', 'site', 1, {at}, '{number}', {withdrawn})"
                )
            )
        connection.execute(text("INSERT INTO response (id, comment_id, holds) VALUES (1, 2, 1)"))
        connection.execute(
            text(
                "INSERT INTO disposition (response_id, number, outcome, reason, language, by_id, at)"
                f" VALUES (1, 1, 'noted', 'x', 'en', 1, {at})"
            )
        )

    migrating.upgrade(empty_url, "2026_11_25_triage")

    with engine.connect() as connection:
        stands = connection.execute(text("SELECT comment_id, answer, is_unscreened FROM triage ORDER BY comment_id"))
        assert [(row[0], row[1], bool(row[2])) for row in stands] == [(1, "unanswered", True), (2, "noted", False)]
        tally = connection.execute(text("SELECT comments, unanswered, noted, unscreened, accepted FROM triage_tally"))
        assert [tuple(row) for row in tally] == [(2, 1, 1, 1, 0)]
    engine.dispose()


def test_who_commented_before_took_part_and_invitations_stay_invitations(empty_url):
    """Two comments of one person in a round are one fact; a reminder does not survive as an invitation."""
    migrating.upgrade(empty_url, "2026_11_25_announcements")
    engine = create_engine(empty_url)
    at, later = "'2027-01-01 00:00:00'", "'2027-01-02 00:00:00'"
    statements = [
        "INSERT INTO consultation (id, slug, title, kind, cycle, languages, time_zone, state, what_it_is, what_we_ask,"
        " other_ways, revision, created_at)"
        f" VALUES (1, 'upr', '{{}}', 'x', '', '[]', 'UTC', 'open', '{{}}', '{{}}', '{{}}', 1, {at})",
        "INSERT INTO draft_version (id, consultation_id, number, state, is_public, created_at)"
        f" VALUES (1, 1, 1, 'preparing', {'true' if engine.dialect.name == 'postgresql' else 1}, {at})",
        "INSERT INTO participant (id, ref, consultation_id, name, organisation, category, email, language, created_at)"
        f" VALUES (7, 'p', 1, 'Ana', '', '', '', 'en', {at})",
        "INSERT INTO round (id, consultation_id, number, version_id, opens_at, closes_at, audience, extensions, questions)"
        f" VALUES (1, 1, 2, 1, {at}, '2027-02-01 00:00:00', 'public', 0, '{{}}')",
        *(
            "INSERT INTO comment (id, ref, round_id, version_id, paragraph_ref, quoted_text, language, text, suggestion,"
            " evidence, consent, channel, participant_id, received_at, once, withdrawn_at) VALUES"
            f" ({number}, '{number}', 1, 1, '0', '', 'en', 'x', '', '', 'with_name', 'site', 7, {when}, '{number}', NULL)"
            for number, when in ((1, later), (2, at))
        ),
        "INSERT INTO invitation (id, ref, consultation_id, state, categories, groups, created_at, sent_at)"
        f" VALUES (1, 'r', 1, 'sent', '[]', '[]', {at}, {at})",
        "INSERT INTO invitation_text (invitation_id, language, subject, body) VALUES (1, 'en', 'Subject', 'Words')",
    ]
    run(engine, *statements)

    migrating.upgrade(empty_url)

    assert read(engine, "SELECT participant_id, what, number FROM participation") == [(7, "comments", 2)]
    assert str(read(engine, "SELECT at FROM participation")[0][0]).startswith("2027-01-01")
    kinds = "SELECT i.kind, t.subject FROM campaign i JOIN campaign_text t ON t.campaign_id = i.id"
    assert read(engine, kinds) == [("invitation", "Subject")]
    run(
        engine,
        "INSERT INTO campaign (id, ref, consultation_id, kind, audience, state, categories, groups, created_at, written_by,"
        f" prepared_until, submission) VALUES (2, 's', 1, 'reminder', 'registry', 'writing', '[]', '[]', {at}, 'staff:1', 0, 0)",
        "INSERT INTO campaign_text (campaign_id, language, subject, body) VALUES (2, 'en', 'Again', 'Words')",
    )
    migrating.downgrade(empty_url, "2026_11_25_announcements")
    assert read(engine, "SELECT id FROM invitation") == [(1,)]
    migrating.upgrade(empty_url)
    assert read(engine, kinds) == [("invitation", "Subject")]
    engine.dispose()


def test_invitations_become_campaigns_and_back_with_their_lists_and_mails(empty_url):
    migrating.upgrade(empty_url, "2026_11_27_registry")
    engine = create_engine(empty_url)
    at = "'2027-01-01 00:00:00'"
    run(
        engine,
        "INSERT INTO consultation (id, slug, title, kind, cycle, languages, time_zone, state, what_it_is, what_we_ask,"
        " other_ways, revision, created_at)"
        f" VALUES (1, 'upr', '{{}}', 'x', '', '[]', 'UTC', 'open', '{{}}', '{{}}', '{{}}', 1, {at})",
        "INSERT INTO stakeholder (id, ref, kind, name, name_key, double_key, category, groups, region, language, also_languages,"
        " email, email_key, postal_address, phone, phone_key, access_needs, basis, note, created_at, updated_at)"
        " VALUES (5, 's', 'person', 'Ana', 'ana', 'ana', 'cso', '', '', 'en', '', 'a@p.example', 'a@p.example', '', '', '', '',"
        f" 'consent', '', {at}, {at})",
        "INSERT INTO invitation (id, ref, consultation_id, kind, state, categories, groups, created_at, sent_at, starts_at)"
        f" VALUES (3, 'r', 1, 'reminder', 'sent', '[]', '[]', {at}, {at}, {at})",
        f"INSERT INTO invitation_recipient (id, invitation_id, stakeholder_id, queued_at, tries) VALUES (9, 3, 5, {at}, 2)",
        "INSERT INTO outbox_mail (id, template, person, cause, language, state, priority, attempts, created_at, finished_at)"
        f" VALUES (4, 'invitation', 'stakeholder:5', 'invitation:3:2', 'en', 'sent', 10, 1, {at}, {at})",
    )
    mail = "SELECT template, cause FROM outbox_mail WHERE id = 4"
    run(
        engine,
        "INSERT INTO outbox_mail (id, template, person, cause, language, state, priority, attempts, created_at, next_at, address,"
        f" parameters) VALUES (5, 'invitation', 'stakeholder:5', 'invitation:3', 'en', 'queued', 10, 0, {at}, {at}, 'a@p.example',"
        ' \'{"invitation": 3, "participant": 1}\')',
    )
    waits = "SELECT parameters FROM outbox_mail WHERE id = 5"

    migrating.upgrade(empty_url)

    assert read(engine, "SELECT id, kind, state, submission FROM campaign") == [(3, "reminder", "sent", 1)]
    listed = "SELECT campaign_id, stakeholder_id, why, why_not, person, tries FROM campaign_recipient"
    assert read(engine, listed) == [(3, 5, "takes_part", None, "stakeholder:5", 2)]
    assert read(engine, mail) == [("campaign", "campaign:3:2")]
    assert '"campaign": 3' in str(read(engine, waits)[0][0]).replace("'", '"'), "what waits finds its words"
    with pytest.raises(DBAPIError), engine.begin() as connection:  # the rule that it never changes is back
        connection.execute(text("UPDATE outbox_mail SET cause = 'x'"))
    run(
        engine,
        "INSERT INTO campaign (ref, consultation_id, kind, audience, state, categories, groups, created_at, written_by,"
        f" prepared_until, submission) VALUES ('n', 1, 'news', 'participants', 'writing', '[]', '[]', {at}, 'staff:1', 0, 0)",
    )
    assert read(engine, "SELECT max(id) FROM campaign") == [(4,)]
    migrating.downgrade(empty_url, "2026_11_27_registry")
    assert read(engine, "SELECT id, kind, state FROM invitation") == [(3, "reminder", "sent")]
    assert read(engine, "SELECT invitation_id, stakeholder_id, tries FROM invitation_recipient") == [(3, 5, 2)]
    assert read(engine, mail) == [("invitation", "invitation:3:2")]
    migrating.upgrade(empty_url)
    engine.dispose()


def run(engine, *statements):
    """Write rows, without looking whether those exist to which they point."""
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("SET LOCAL session_replication_role = replica"))
        for statement in statements:
            connection.execute(text(statement))


def read(engine, query):
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(query))]


def test_reports_that_were_published_stay_published_and_go_down_again(empty_url):
    """An interim report on one of two answers, then the final one; rows that nothing here looks at are left out."""
    migrating.upgrade(empty_url, "2026_11_26_second_factor")
    engine = create_engine(empty_url)
    first, second = "'2027-01-01 00:00:00.000000'", "'2027-02-01 00:00:00.000000'"
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("SET LOCAL session_replication_role = replica"))  # no foreign keys
        connection.execute(
            text(
                "INSERT INTO round (id, consultation_id, number, version_id, opens_at, closes_at, audience, extensions, questions)"
                f" VALUES (1, 1, 1, 1, {first}, {second}, 'public', 0, '{{}}')"
            )
        )
        for number, at in ((1, first), (2, second), (3, "NULL")):
            connection.execute(
                text(
                    "INSERT INTO comment (id, ref, round_id, version_id, paragraph_ref, quoted_text, language, text, suggestion,"
                    " evidence, consent, channel, received_at, once, participant_id)"
                    f" VALUES ({number}, 'c{number}', 1, 1, '0', '', 'en', 'x', '', '', 'with_name', 'site', {first}, :once, 1)"
                ),
                {"once": bytes([number])},
            )
            connection.execute(
                text(f"INSERT INTO response (id, comment_id, holds, published_at) VALUES ({number}, {number}, 1, {at})")
            )
        for number, kind, by, at in ((7, "interim", "'2027-02-01'", first), (9, "final", "NULL", second)):
            connection.execute(
                text(
                    "INSERT INTO report (id, consultation_id, round_id, number, kind, published_at, answers_by, digest, document)"
                    f" VALUES ({number}, 1, 1, {number}, '{kind}', {at}, {by}, 'd{number}', '{{}}')"
                )
            )
            connection.execute(
                text(
                    "INSERT INTO report_item (id, report_id, position, comment_ref, personal)"
                    f" VALUES ({number}, {number}, 0, 'c1', '{{}}')"
                )
            )

    def published():
        query = (
            "SELECT r.id, a.published_at, f.id, f.answers, f.items, f.digest, i.comment_ref FROM response r"
            " JOIN answer_release a ON a.id = r.release_id JOIN frozen_report f ON f.release_id = a.id"
            " JOIN report p ON p.frozen_id = f.id JOIN report_item i ON i.frozen_id = f.id ORDER BY r.id"
        )
        with engine.connect() as connection:
            return [(row[0], str(row[1])[:10], *row[2:]) for row in connection.execute(text(query))]

    migrating.upgrade(empty_url, "2026_11_26_publishing")
    up = published()
    migrating.downgrade(empty_url, "2026_11_26_second_factor")
    with engine.connect() as connection:
        query = "SELECT p.id, r.id FROM report p JOIN response r ON r.published_at = p.published_at WHERE p.document IS NOT NULL"
        down = sorted(tuple(row) for row in connection.execute(text(query)))
    migrating.upgrade(empty_url, "2026_11_26_publishing")

    assert up == [(1, "2027-01-01", 7, 1, 1, "d7", "c1"), (2, "2027-02-01", 9, 1, 1, "d9", "c1")]
    assert down == [(7, 1), (9, 2)]
    assert published() == up
    engine.dispose()


def test_rounds_and_comments_that_were_there_take_no_comments_without_a_name_and_stay_guarded(empty_url):
    """The newest change makes both tables anew: rows, children, indexes and triggers are still there, and it goes back."""
    migrating.upgrade(empty_url, "2026_11_25_announcements")
    engine = create_engine(empty_url)
    at = "'2027-01-01 00:00:00'"
    rows = (
        "INSERT INTO consultation (id, slug, title, kind, cycle, languages, time_zone, state, what_it_is, what_we_ask,"
        f" other_ways, revision, created_at) VALUES (1, 'upr', '{{}}', 'k', '', '[]', 'UTC', 'open', '{{}}', '{{}}', '{{}}', 1, {at})",
        f"INSERT INTO draft_version (id, consultation_id, number, state, is_public, created_at) VALUES (1, 1, 1, 'preparing', FALSE, {at})",
        "INSERT INTO participant (id, ref, consultation_id, name, organisation, category, email, language, created_at)"
        f" VALUES (1, 'p', 1, 'A', '', '', '', 'en', {at})",
        "INSERT INTO round (id, consultation_id, number, version_id, opens_at, closes_at, audience, extensions, questions)"
        f" VALUES (1, 1, 1, 1, {at}, '2027-02-01 00:00:00', 'public', 0, '{{}}')",
        "INSERT INTO comment (id, ref, round_id, version_id, paragraph_ref, quoted_text, language, text, suggestion, evidence,"
        " consent, channel, participant_id, received_at, once) VALUES"
        f" (1, 'c', 1, 1, '0', '', 'en', 'x', '', '', 'with_name', 'site', 1, {at}, 'o')",
    )
    with engine.begin() as connection:
        for row in rows:
            connection.exec_driver_sql(row)

    for _ in range(2):
        migrating.upgrade(empty_url)
        with engine.connect() as connection:
            there = connection.execute(
                text("SELECT r.takes_nameless, r.safe_host, c.ref FROM round r JOIN comment c ON c.round_id = r.id")
            ).all()
        assert [(bool(row[0]), *row[1:]) for row in there] == [(False, None, "c")]
        for statement in ("UPDATE comment SET text = 'y'", "UPDATE round SET takes_nameless = TRUE, safe_host = 'x'"):
            with pytest.raises(DBAPIError), engine.begin() as connection:
                connection.exec_driver_sql(statement)
        migrating.downgrade(empty_url, "2026_11_25_announcements")
    with engine.connect() as connection:
        assert connection.execute(text("SELECT ref FROM comment")).scalars().all() == ["c"]
    engine.dispose()


def test_entries_that_were_there_are_found_and_keep_their_addresses_and_merged_ones_come_apart_again(empty_url):
    """Up with two entries, one of them without an address; merged, and reached by post; down, where both stand for themselves."""
    migrating.upgrade(empty_url, "2026_11_26_custody")
    engine = create_engine(empty_url)
    at = "'2027-01-01 00:00:00'"
    entry = (
        "INSERT INTO stakeholder (id, ref, kind, name, name_key, category, groups, language, email, email_key, basis, note,"
        " created_at, updated_at) VALUES ({id}, 'r{id}', 'organisation', '{name}', '{key}', 'cso', '{groups}', 'en', '{email}',"
        f" '{{email}}', '{{basis}}', '', {at}, {at})"
    )
    run(
        engine,
        entry.format(id=1, name="Élan Ltd", key="élan ltd", groups=",women,", email="e@x.example", basis="consent"),
        entry.format(id=2, name="Forum", key="forum", groups="", email="", basis="none"),
        f"INSERT INTO consent (stakeholder_id, basis, how, by, at) VALUES (1, 'consent', 'form', 'self', {at})",
    )

    migrating.upgrade(empty_url)

    columns = "SELECT name, double_key, channel, region, phone, merged_into FROM stakeholder ORDER BY id"
    assert read(engine, columns) == [
        ("Élan Ltd", "elan", "email", "", "", None),
        ("Forum", "forum", None, "", "", None),
    ]
    terms = "SELECT stakeholder_id, term FROM stakeholder_term ORDER BY stakeholder_id, term"
    assert (1, "=women") in read(engine, terms)
    assert {(1, "elan"), (2, "forum")} <= set(read(engine, terms))
    acts = read(engine, "SELECT purpose, how, wording FROM consent ORDER BY id")
    assert acts == [("consultations", "form", ""), ("news", "form", "")]
    with pytest.raises(DBAPIError), engine.begin() as connection:
        connection.exec_driver_sql("UPDATE consent SET wording = 'x'")
    run(
        engine,
        "UPDATE stakeholder SET postal_address = 'Box 5', basis = 'duty', channel = 'post' WHERE id = 2",
        f"UPDATE stakeholder SET merged_into = 2, merged_at = {at} WHERE id = 1",
        entry.format(id=3, name="Élan Ltd", key="élan ltd", groups="", email="e@x.example", basis="none")
        .replace(
            "basis, note",
            "basis, double_key, region, also_languages, postal_address, phone, phone_key, access_needs, protection, news,"
            " shows_contact, note",
        )
        .replace("'none', ''", "'none', 'elan', '', '', '', '', '', '', 'staff', false, false, ''"),
    )

    migrating.downgrade(empty_url, "2026_11_26_custody")

    rows = read(engine, "SELECT id, name_key, basis FROM stakeholder ORDER BY id")
    assert rows == [(1, "élan ltd", "consent"), (2, "forum", "none"), (3, "élan ltd r3", "none")]
    migrating.upgrade(empty_url)
    assert len(read(engine, columns)) == 3
    engine.dispose()


def test_a_yes_that_was_meant_for_all_mail_becomes_two_and_a_duty_none_to_news(empty_url):
    migrating.upgrade(empty_url, "2026_12_01_protection")
    engine = create_engine(empty_url)
    texts = ("category", "groups", "region", "also_languages", "postal_address", "phone", "phone_key", "access_needs", "note",
             "double_key")  # fmt: skip
    with engine.begin() as connection:
        for number, basis in enumerate(("consent", "duty", "none"), start=1):
            row = dict.fromkeys(texts, "") | {
                "id": number, "ref": basis, "name": basis, "kind": "person", "name_key": basis, "language": "en",
                "basis": basis, "email": f"{basis}@x.example", "email_key": f"{basis}@x.example", "protection": "staff",
                "created_at": "2027-01-01 00:00:00", "updated_at": "2027-01-01 00:00:00",
            }  # fmt: skip
            listed, values = ", ".join(row), ", ".join(f":{name}" for name in row)
            connection.execute(text(f"INSERT INTO stakeholder ({listed}) VALUES ({values})"), row)
            connection.execute(
                text(
                    "INSERT INTO consent (stakeholder_id, basis, how, wording, by, at)"
                    " VALUES (:id, :basis, 'letter', 'Sheet 3', 'staff:7', '2027-01-01 00:00:00')"
                ),
                {"id": number, "basis": basis},
            )

    migrating.upgrade(empty_url, "2026_12_03_registry")

    acts = text("SELECT stakeholder_id, purpose, basis, how, wording FROM consent ORDER BY stakeholder_id, id")
    with engine.connect() as connection:
        news = connection.execute(text("SELECT basis, news FROM stakeholder ORDER BY id")).all()
        kept = connection.execute(acts).all()
    assert [(basis, bool(said)) for basis, said in news] == [("consent", True), ("duty", False), ("none", False)]
    assert [tuple(one) for one in kept] == [
        (1, "consultations", "consent", "letter", "Sheet 3"),
        (1, "news", "consent", "letter", "Sheet 3"),
        (2, "consultations", "duty", "letter", "Sheet 3"),
        (3, "consultations", "none", "letter", "Sheet 3"),
    ]
    migrating.downgrade(empty_url, "2026_12_01_protection")
    with engine.connect() as connection:
        left = connection.execute(text("SELECT stakeholder_id, basis FROM consent ORDER BY id")).all()
    assert [tuple(one) for one in left] == [(1, "consent"), (2, "duty"), (3, "none")]
    engine.dispose()


def test_terms_that_were_there_get_their_entry_s_place_in_the_order_of_names(empty_url):
    migrating.upgrade(empty_url, "2026_11_27_registry")
    engine = create_engine(empty_url)
    texts = ("ref", "name", "category", "groups", "region", "also_languages", "email", "email_key", "postal_address", "phone",
             "phone_key", "access_needs", "note", "double_key")  # fmt: skip
    row = dict.fromkeys(texts, "") | {
        "id": 1, "kind": "organisation", "name_key": "women’s network", "language": "en", "basis": "none",
        "created_at": "2027-01-01 00:00:00", "updated_at": "2027-01-01 00:00:00",
    }  # fmt: skip
    with engine.begin() as connection:
        listed = ", ".join(f'"{name}"' for name in row)
        values = ", ".join(f":{name}" for name in row)
        connection.execute(text(f"INSERT INTO stakeholder ({listed}) VALUES ({values})"), row)
        connection.execute(
            text("INSERT INTO stakeholder_term (stakeholder_id, term) VALUES (1, '=women'), (1, 'network')")
        )

    migrating.upgrade(empty_url, "2026_11_28_groups")

    with engine.connect() as connection:
        kept = connection.execute(text("SELECT term, name_key FROM stakeholder_term ORDER BY term")).all()
        assert {tuple(one) for one in kept} == {("=women", "women’s network"), ("network", "women’s network")}
    engine.dispose()


def test_campaigns_keep_their_consultation_and_the_own_news_of_a_list_go_with_the_way_down(empty_url):
    """Their guards stand on either side."""
    migrating.upgrade(empty_url, "2026_12_11_left_by_staff")
    engine = create_engine(empty_url)
    at, columns = "'2027-01-01 00:00:00'", (
        "INSERT INTO campaign (id, ref, consultation_id, kind, audience, list_id, state, categories, groups, created_at, written_by,"
        " submitted_by, prepared_until, submission, sent_at, starts_at)"
    )  # fmt: skip
    rest = f"'[]', '[]', {at}, 'staff:1', 'staff:1', 0, 1, {at}, {at})"
    without = f"{columns} VALUES (2, 'b', NULL, 'news', 'list', 1, 'sent', {rest}"
    run(
        engine,
        "INSERT INTO consultation (id, slug, title, kind, cycle, languages, time_zone, state, what_it_is, what_we_ask,"
        " other_ways, revision, created_at)"
        f" VALUES (1, 'upr', '{{}}', 'x', '', '[]', 'UTC', 'open', '{{}}', '{{}}', '{{}}', 1, {at})",
        "INSERT INTO mailing_list (id, slug, state, takes_sign_up, archive_is_public, revision, created_at)"
        f" VALUES (1, 'news', 'open', TRUE, TRUE, 1, {at})",
        f"{columns} VALUES (1, 'a', 1, 'news', 'list', 1, 'sent', {rest}",
        "INSERT INTO campaign_text (id, campaign_id, language, subject, body) VALUES (1, 1, 'en', 'S', 'B')",
    )
    with pytest.raises(DBAPIError):
        run(engine, without)

    migrating.upgrade(empty_url)

    run(
        engine,
        "INSERT INTO campaign_text (id, campaign_id, language, subject, body) VALUES (2, 2, 'en', 'S', 'B')",
        without,
    )
    assert read(engine, "SELECT id, consultation_id FROM campaign ORDER BY id") == [(1, 1), (2, None)]
    for change in ("kind = 'debriefing'", "state = 'writing'"):
        with pytest.raises(DBAPIError), engine.begin() as connection:
            connection.execute(text(f"UPDATE campaign SET {change} WHERE id = 2"))
    migrating.downgrade(empty_url, "2026_12_11_left_by_staff")
    assert read(engine, "SELECT id, consultation_id FROM campaign") == [(1, 1)]
    assert read(engine, "SELECT campaign_id FROM campaign_text") == [(1,)]
    with pytest.raises(DBAPIError), engine.begin() as connection:
        connection.execute(text("UPDATE campaign SET categories = '[1]'"))
    engine.dispose()


def test_words_of_consent_beside_a_code_are_emptied_and_nobody_elses(empty_url):
    migrating.upgrade(empty_url, "2026_12_11_left_by_staff")
    engine = create_engine(empty_url)
    with engine.begin() as connection:
        for number, protection in ((1, "protected"), (2, "staff")):
            about = {"kind": "person", "category": "cso", "language": "en", "basis": "none", "protection": protection}
            fill(
                connection,
                "stakeholder",
                id=number,
                ref=f"r{number}",
                name=f"r{number}",
                name_key=f"r{number}",
                **about,
            )
            for by in ("staff:1", "self"):
                said = {"purpose": "consultations", "basis": "consent", "how": "letter", "wording": "Leaflet", "by": by}
                fill(connection, "consent", stakeholder_id=number, **said)

    migrating.upgrade(empty_url, "2026_12_14_officers")

    with engine.connect() as connection:
        kept = connection.execute(text('SELECT stakeholder_id, "by", wording FROM consent ORDER BY 1, 2')).all()
    assert [tuple(one) for one in kept] == [
        (1, "self", "Leaflet"), (1, "staff:1", ""), (2, "self", "Leaflet"), (2, "staff:1", "Leaflet")
    ]  # fmt: skip
    engine.dispose()


def fill(connection, table, **values):
    """A row with these values, and whatever its other columns must have."""
    plain = {
        "BOOLEAN": False,
        "JSON": "[]",
        "DATETIME": "2027-01-01 00:00:00",
        "TIMESTAMP": "2027-01-01 00:00:00",
        "INTEGER": 0,
    }
    row = {
        one["name"]: plain.get(str(one["type"]).partition("(")[0], "")
        for one in inspect(connection).get_columns(table)
        if not one["nullable"] and one["name"] != "id"
    } | values
    listed, given = ", ".join(f'"{name}"' for name in row), ", ".join(f":{name}" for name in row)
    connection.execute(text(f"INSERT INTO {table} ({listed}) VALUES ({given})"), row)


def test_religion_and_union_of_persons_become_other_also_in_requests_that_are_decided(empty_url):
    migrating.upgrade(empty_url, "2026_12_11_left_by_staff")
    engine = create_engine(empty_url)
    at = "2027-01-01 00:00:00"

    def insert(connection, table, **row):
        columns = inspect(engine).get_columns(table)
        blank = {
            one["name"]: False if "BOOL" in str(one["type"]) else at if ("DATE" in str(one["type"]) or "TIME" in str(one["type"])) else ""
            for one in columns if not one["nullable"] and one["name"] != "id"
        }  # fmt: skip
        row = blank | row
        listed, values = ", ".join(f'"{name}"' for name in row), ", ".join(f":{name}" for name in row)
        connection.execute(text(f"INSERT INTO {table} ({listed}) VALUES ({values})"), row)

    with engine.begin() as connection:
        for number, (kind, category) in enumerate(
            (("person", "religious_group"), ("person", "trade_union"), ("person", "media"), ("organisation", "trade_union")), start=1
        ):  # fmt: skip
            told = {
                "kind": kind,
                "category": category,
                "ref": f"r{number}",
                "language": "en",
                "name": f"N{number}",
                "email_key": f"n{number}@x.example",
                "email": f"n{number}@x.example",
            }
            insert(
                connection, "stakeholder", id=number, name_key=f"n{number}", basis="none", protection="staff", **told
            )
            decided = {"decided_at": at, "decided_by": "staff:7", "confirmed_at": at, "due_on": "2027-01-05"}
            decided |= {"once": bytes([number]), "digest": bytes([number]), "state": "accepted", "channel": "email"}
            insert(connection, "participation_request", id=number, stakeholder_id=number, **decided, **told)

    migrating.upgrade(empty_url)

    kept = ["other", "other", "media", "trade_union"]
    for table in ("stakeholder", "participation_request"):
        with engine.connect() as connection:
            assert list(connection.execute(text(f"SELECT category FROM {table} ORDER BY id")).scalars()) == kept
        with (
            pytest.raises(DBAPIError, match=r"no_belief_of|decided_request_never_changes"),
            engine.begin() as connection,
        ):
            connection.execute(text(f"UPDATE {table} SET category = 'trade_union' WHERE id = 1"))
    migrating.downgrade(empty_url, "2026_12_11_left_by_staff")
    with engine.connect() as connection:
        assert list(connection.execute(text("SELECT category FROM stakeholder ORDER BY id")).scalars()) == kept
    engine.dispose()


def test_a_term_ahead_that_could_never_begin_is_called_off(empty_url):
    migrating.upgrade(empty_url, "2026_12_18_keep")
    engine = create_engine(empty_url)
    terms = (
        # holder, role, since, until, state
        (2, "alternate", "2027-01-01", None, "held"),
        (2, "alternate", "2027-03-01", None, "coming"),
        (2, "member", "2027-01-01", "2027-02-01", "held"),
        (2, "member", "2027-01-15", None, "coming"),  # begins when the other ends
        (3, "alternate", "2027-03-01", None, "coming"),
        (3, "alternate", "2027-03-01", None, "coming"),
    )
    with engine.begin() as connection:
        for number, kind in ((1, "organisation"), (2, "person"), (3, "person")):
            fill(connection, "stakeholder", id=number, ref=f"r{number}", kind=kind, name=f"N{number}",
                    name_key=f"n{number}", email_key=f"n{number}", basis="none", protection="staff")  # fmt: skip
        for number, (holder, role, since, until, state) in enumerate(terms, start=1):
            fill(connection, "seat", id=number, number=number, institution_id=1, holder_id=holder, role=role,
                    since=since, until=until, state=state, appointed_by="")  # fmt: skip

    migrating.upgrade(empty_url)

    with engine.connect() as connection:
        states = list(connection.execute(text("SELECT state FROM seat ORDER BY id")).scalars())
    assert states == ["held", "over", "held", "coming", "coming", "over"]
    with pytest.raises(DBAPIError, match="terms_of_a_holder_never_meet"), engine.begin() as connection:
        fill(connection, "seat", id=9, number=9, institution_id=1, holder_id=2, role="alternate", since="2027-05-01",
                until="2027-05-09", state="coming", appointed_by="")  # fmt: skip
    migrating.downgrade(empty_url, "2026_12_18_keep")
    with engine.begin() as connection:
        fill(connection, "seat", id=9, number=9, institution_id=1, holder_id=2, role="alternate", since="2027-05-01",
                until="2027-05-09", state="coming", appointed_by="")  # fmt: skip
    engine.dispose()


def test_by_what_somebody_was_invited_is_noted_where_one_invitation_alone_can_have_been_it(empty_url):
    """One mail, one letter, one campaign of two, one that began since, one accepted, one who follows on a seat, one reminded."""
    migrating.upgrade(empty_url, "2026_12_18_keep")
    engine = create_engine(empty_url)
    before, at, since = (f"2027-01-0{day} 00:00:00" for day in (1, 2, 3))
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("SET LOCAL session_replication_role = replica"))  # no foreign keys
        kinds = (
            (1, "invitation", before),
            (2, "invitation", before),
            (3, "invitation", since),
            (4, "reminder", before),
        )
        for number, kind, start in kinds:
            fill(connection, "campaign", id=number, ref=f"c{number}", consultation_id=1, kind=kind, audience="registry",
                 state="sent", sent_at=start, starts_at=start)  # fmt: skip
        for number in range(1, 8):
            fill(connection, "participant", id=number, ref=f"p{number}", consultation_id=1, stakeholder_id=number,
                 invited_at=at)  # fmt: skip
        for campaign, whom in ((1, 1), (1, 3), (2, 3), (3, 4), (1, 5), (1, 6), (4, 7)):
            fill(connection, "campaign_recipient", id=campaign * 10 + whom, campaign_id=campaign, stakeholder_id=whom,
                 why="takes_part", queued_at=at, person=f"stakeholder:{whom}", tries=1)  # fmt: skip
        fill(connection, "campaign_recipient", id=12, campaign_id=1, stakeholder_id=2, why="takes_part", why_not="by_letter",
             tries=1)  # fmt: skip
        fill(connection, "outreach", recipient_id=12, campaign_id=1, participant_id=2, way="letter", state="to_print")
        fill(connection, "participation_request", id=1, ref="r", consultation_id=1, stakeholder_id=5, state="accepted",
             kind="person", channel="email", name="A", email="a@p.example", confirmed_at=before, due_on="2027-02-01",
             decided_at=at, decided_by="staff:1")  # fmt: skip
        fill(connection, "seat", id=9, institution_id=1, number=2, role="focal_point", holder_id=6, since="2027-01-01",
             state="held", follows_id=8)  # fmt: skip

    migrating.upgrade(empty_url, "2026_12_19_invited_by")

    kept = read(engine, "SELECT id, invited_by FROM participant WHERE invited_by IS NOT NULL ORDER BY id")
    assert kept == [(1, "campaign:1"), (2, "campaign:1")]
    engine.dispose()


def test_links_that_were_mailed_stay_and_what_only_the_newer_version_knows_goes_on_the_way_down(empty_url):
    migrating.upgrade(empty_url, "2026_12_24_who_left")
    engine = create_engine(empty_url)
    at = "2027-01-01 00:00:00"
    leave = {"act": "everything", "participant_id": 1, "generation": 5, "made_at": at, "unused": 1}
    fresh = {"generation": 1, "address": "", "made_at": at}
    with engine.begin() as connection:
        fill(connection, "stakeholder", id=1, ref="r1", kind="person", name="N", name_key="n", email_key="n", basis="none",
             protection="staff")  # fmt: skip
        fill(connection, "consultation", id=1, slug="upr", state="open", languages='["en"]', title="{}")
        fill(connection, "participant", id=1, ref="p1", consultation_id=1, stakeholder_id=1)
        fill(connection, "leave_link", id=1, key=b"k" * 32, digest=b"d" * 32, **leave)
        fill(connection, "fresh_link", id=1, stakeholder_id=1, participant_id=1, act="take", **fresh)
        fill(connection, "entry_change", id=1, stakeholder_id=1, participant_id=1, field="name", at=at)

    migrating.upgrade(empty_url)

    with engine.begin() as connection:
        fill(connection, "leave_link", id=2, key=b"k" * 32, act="open", generation=6, made_at=at, unused=0)
        fill(connection, "fresh_link", id=2, stakeholder_id=1, act="open", **fresh)
        fill(connection, "fresh_link", id=3, participant_id=1, act="forget", **fresh)
        fill(connection, "entry_change", id=2, stakeholder_id=1, field="language", at=at)
        fill(
            connection,
            "session",
            id=7,
            digest=b"s" * 32,
            kind="entry",
            holder="stakeholder:1",
            created_at=at,
            expires_at=at,
        )
    for table, broken in (
        ("leave_link", {"key": b"k" * 32, **leave, "act": "open", "participant_id": None}),  # a second row that opens
        ("leave_link", {"key": b"k" * 32, **leave}),  # a second that stops
        ("leave_link", {"key": b"x" * 32, **leave, "act": "open"}),  # with a reader
        (
            "leave_link",
            {"key": b"x" * 32, **leave, "act": "open", "participant_id": None, "digest": b"y" * 32},
        ),  # a link
        ("fresh_link", {"participant_id": 1, "act": "open", **fresh}),  # of nobody's entry
        ("fresh_link", {"participant_id": 1, "act": "forget", **fresh}),  # a second for the same
        ("fresh_link", {"act": "forget", **fresh}),  # of nobody
    ):
        with pytest.raises(DBAPIError), engine.begin() as connection:
            fill(connection, table, id=9, **broken)
    migrating.downgrade(empty_url, "2026_12_24_who_left")
    for table in ("leave_link", "fresh_link", "entry_change"):
        assert read(engine, f"SELECT id FROM {table}") == [(1,)]
    assert read(engine, "SELECT id FROM session") == []
    engine.dispose()


def test_addresses_that_were_there_get_their_keys_in_every_script(empty_url):
    migrating.upgrade(empty_url, "2026_12_27_doubles")
    engine = create_engine(empty_url)
    at = "2027-01-01 00:00:00"
    with engine.begin() as connection:
        fill(connection, "consultation", id=1, slug="upr", state="open", languages='["en"]', title="{}")
        for number, address in enumerate(("ÜMIT@org.example", "", "Ana@org.example"), start=1):
            fill(
                connection, "participant", id=number, ref=f"p{number}", consultation_id=1, email=address, created_at=at
            )

    migrating.upgrade(empty_url)

    keys = "SELECT email_key FROM participant ORDER BY id"
    assert read(engine, keys) == [("ümit@org.example",), ("",), ("ana@org.example",)]
    migrating.downgrade(empty_url, "2026_12_27_doubles")
    migrating.upgrade(empty_url)
    assert read(engine, keys) == [("ümit@org.example",), ("",), ("ana@org.example",)]
    engine.dispose()


def test_what_is_public_has_its_dates_since_the_upgrade_and_what_is_prepared_since_never(empty_url):
    migrating.upgrade(empty_url, "2026_12_28_addresses")
    engine = create_engine(empty_url)
    with engine.begin() as connection:
        for number, state in enumerate(("open", "preparing", "closed"), start=1):
            fill(connection, "consultation", id=number, slug=state, state=state, languages='["en"]', title="{}")

    migrating.upgrade(empty_url)

    noted = "SELECT slug, calendar_changed_at IS NOT NULL, due_changed_at IS NOT NULL, calendar_changes + due_changes"
    rows = [tuple(map(int, row[1:])) for row in read(engine, f"{noted} FROM consultation ORDER BY id")]
    assert rows == [(1, 0, 0), (0, 0, 0), (1, 0, 0)]
    migrating.downgrade(empty_url, "2026_12_28_addresses")
    assert read(engine, "SELECT slug FROM consultation ORDER BY id") == [("open",), ("preparing",), ("closed",)]
    engine.dispose()
