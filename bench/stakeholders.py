"""Pages of the registry over 1,000 and over 50,000 entries: searches of every kind, and saved groups.

Like the pages of the answers these are ratios of two times of our own, so the smaller the better.
"""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median

from flask.testing import FlaskClient
from sqlalchemy import insert, text

import consult
from bench.load import LoadFailed
from bench.sites import postgresql_site, sqlite_site
from consult.accounts.models import Role, SessionKind, Staff, StaffState
from consult.accounts.operations import add_staff, begin_session
from consult.consultations.models_groups import Asked, GroupRule
from consult.consultations.operations_groups import add_group, list_again
from consult.core import db as core_db
from consult.core import ids
from consult.core.db import bound, writing
from consult.jobs.queue import queue
from consult.stakeholders.keys import double_key, terms_of
from consult.stakeholders.models import Basis, Stakeholder, StakeholderKind, StakeholderTerm

FEW, MANY = 1_000, 50_000  # entries
RARE = 20  # entries of what is rare, in either registry
TIMES = 21  # looks at each page, in turn with the other
STEP = 1_000
LIST = "/staff/stakeholders/"
# Every entry is a "Network ..."; half are "Northern ...", the others "Southern ...", and few of either are what the last words say.
SEARCHES = (
    LIST,
    f"{LIST}?words=network",
    f"{LIST}?words=network+northern",
    f"{LIST}?words=northern+harbour",  # both common, together rare
    f"{LIST}?words=beekeepers",
    f"{LIST}?words=nobody",
    f"{LIST}?group=women",
    f"{LIST}?group=older_persons",  # rare
    f"{LIST}?group=women&words=harbour",
    f"{LIST}?group=children&category=academia",  # both common, together rare
    f"{LIST}?category=academia&channel=post",
)


Site = tuple[core_db.Database, FlaskClient]


def registry_search(_hello: str, folder: Path) -> float:
    """How much longer the slowest kind of search takes with fifty times the entries: of each the median of pairs, in turn."""
    with _filled(folder / "few", FEW) as few, _filled(folder / "many", MANY) as many:
        return max(_ratios(few, many, SEARCHES).values())


def smart_group_page(_hello: str, folder: Path) -> float:
    """The same for pages of saved groups: a common rule, a rare one, one that asks who took part, and the second page."""
    with _filled(folder / "few", FEW) as few, _filled(folder / "many", MANY) as many:
        return max(_ratios(few, many, _groups(few, many)).values())


def registry_search_postgresql(_hello: str, folder: Path) -> float:
    """The searches on PostgreSQL."""
    with _filled(folder / "few", FEW, postgresql=True) as few, _filled(folder / "many", MANY, postgresql=True) as many:
        return max(_ratios(few, many, SEARCHES).values())


def smart_group_page_postgresql(_hello: str, folder: Path) -> float:
    """The pages of saved groups on PostgreSQL."""
    with _filled(folder / "few", FEW, postgresql=True) as few, _filled(folder / "many", MANY, postgresql=True) as many:
        return max(_ratios(few, many, _groups(few, many)).values())


def _groups(*sites: Site) -> tuple[str, ...]:
    """Save the groups in each registry, list them as the worker does, and give their pages: the same in all."""
    rules = (
        GroupRule(groups=("women",)),
        GroupRule(languages=("en",), groups=("older_persons",)),
        GroupRule(never_took_part_in=Asked(last=3)),
    )
    pages = [f"/staff/groups/group{number}/" for number in range(len(rules))]
    for site in sites:
        core_db.bind(site[0])
        now = datetime.now(UTC)
        with writing() as db:
            by = db.query(Staff).one()
            for number, rule in enumerate(rules):
                made = add_group(db, f"Group {number}", rule, by=by, now=now)
                made.ref = f"group{number}"
                list_again(db, made, owner=by.actor, next_url="/", now=now)
        queue().work_off()
    return (*pages, f"{pages[0]}?after=050000~1")


def _ratios(few: Site, many: Site, pages: tuple[str, ...]) -> dict[str, float]:
    for page in pages:
        _seconds(few, page), _seconds(many, page)
    return {page: median([_seconds(many, page) / _seconds(few, page) for _ in range(TIMES)]) for page in pages}


@contextmanager
def _filled(folder: Path, many: int, *, postgresql: bool = False) -> Iterator[Site]:
    folder.mkdir()
    now = datetime.now(UTC)
    with (postgresql_site if postgresql else sqlite_site)(folder) as site:
        logging.getLogger().setLevel(logging.WARNING)
        with writing() as db:
            dalia = add_staff(
                db, name="Dalia", email="dalia@x.example", language="en", roles=[Role.SECRETARIAT], by=None, now=now
            )
            dalia.state = StaffState.ACTIVE
        fill_registry(many, now=now)
        yield core_db.bound(), _signed_in(consult.create_app(site).test_client(), dalia, now=now)


def fill_registry(many: int, *, now: datetime) -> None:
    """So many entries, every tenth of the rare kinds until there are twenty. Written in bulk: the operations would take minutes."""
    for begin in range(0, many, STEP):
        rows = [_row(number, many, now) for number in range(begin, min(begin + STEP, many))]
        with writing() as db:
            keys = db.scalars(insert(Stakeholder).returning(Stakeholder.id, sort_by_parameter_order=True), rows).all()
            db.execute(insert(StakeholderTerm), [
                {"stakeholder_id": key, "term": term, "name_key": row["name_key"]}
                for key, row in zip(keys, rows, strict=True)
                for term in terms_of(str(row["name"]), str(row["email"]), [one for one in str(row["groups"]).split(",") if one])
            ])  # fmt: skip
    _settle()


def _settle() -> None:
    """Let the database do what one in use has done by itself long ago.

    Of PostgreSQL it would otherwise begin in the midst of what is measured; and a new cluster makes a new file of its log in every
    thirtieth transaction, where one that made a checkpoint takes those it has.
    """
    if bound().is_sqlite:
        with writing() as db:
            db.execute(text("ANALYZE"))
        return
    with bound().glances.connect() as connection:
        connection.execute(text("VACUUM ANALYZE"))
        connection.execute(text("CHECKPOINT"))


def _row(number: int, many: int, now: datetime) -> dict[str, object]:
    north, is_rare = number % 2 == 0, number % (many // RARE) == 1
    # alphabetical order has nothing to do with the order of arrival
    place = f"{number * 7919 % 100_003:06d}"
    name = f"{place} Network {'Northern' if north else 'Southern'} {'Beekeepers' if is_rare else ''}"
    name += " Harbour" if not north or number % (many // RARE) == 2 else " Valley"
    groups = ["women" if number % 3 else "children", *(["older_persons"] if is_rare else [])]
    category = "academia" if number % 3 and number % 5 == 0 else "cso"
    if number % (many // RARE) == 3:
        category = "academia"
    address = f"n{number}@org.example"
    return {
        "ref": ids.random_code(), "kind": StakeholderKind.ORGANISATION, "name": name, "name_key": name.casefold(),
        "double_key": double_key(name), "category": category, "groups": f",{','.join(sorted(groups))},",
        "region": "", "language": "ar" if number % 4 else "en", "also_languages": "",
        "channel": "post" if is_rare else "email", "email": address, "email_key": address,
        "postal_address": "Street 1" if is_rare else "", "phone": "", "phone_key": "", "access_needs": "",
        "basis": Basis.CONSENT, "left_at": None, "note": "", "merged_into": None, "merged_at": None,
        "created_at": now, "updated_at": now,
    }  # fmt: skip


def _signed_in(client: FlaskClient, dalia: Staff, *, now: datetime) -> FlaskClient:
    with writing() as db:
        secret = begin_session(db, SessionKind.STAFF, dalia.actor, now=now, lasts=timedelta(days=1))
    with client.session_transaction() as session:
        session["_user_id"] = secret
    return client


def _seconds(site: Site, page: str) -> float:
    database, client = site
    core_db.bind(database)
    began = time.perf_counter()
    status = client.get(page).status_code
    taken = time.perf_counter() - began
    if status != 200:
        raise LoadFailed(f"{page} answers {status}")
    return taken
