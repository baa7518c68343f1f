"""Consult: consultation and stakeholder engagement for national mechanisms. Wiring only."""

import logging
from typing import TYPE_CHECKING

from flask import Blueprint, Flask
from flask.typing import ResponseReturnValue

from consult.core import db, files, i18n
from consult.core.identity import Identity, use_identity
from consult.core.settings import Settings
from consult.core.texts import Texts

if TYPE_CHECKING:
    from consult.safe.settings import SafeSettings

__version__ = "0.1.0"


def start(settings: Settings) -> db.Database:
    """Put an installation in use in this process: languages, database, files, journal key, queue. Returns the database."""
    from consult import worker
    from consult.accounts import codes
    from consult.audit import operations as journal
    from consult.consultations import doors
    from consult.core import days
    from consult.core.ids import derive_key
    from consult.custody import sides
    from consult.mail import keys as mail_keys
    from consult.mailings import list_links
    from consult.privacy.terms import use_terms
    from consult.safe_desk import jobs as exchange
    from consult.stakeholders import phones
    from consult.vocabularies import own_groups
    from consult.vocabularies import tables as vocabularies

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s", datefmt="%H:%M")
    for chatty in ("huey", "alembic"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    i18n.configure(settings.language_records(), settings.catalogue_folders())
    use_identity(Identity(Texts(settings.site_name)))
    database = db.Database(settings.database_url)
    db.bind(database)
    files.use_store(files.Files(settings.files_url))
    journal.use_key(derive_key(settings.secret_key, "journal"))
    doors.use_key(derive_key(settings.secret_key, "doors"))
    mail_keys.use_key(derive_key(settings.secret_key, "mail"))
    list_links.use_key(derive_key(settings.secret_key, "lists"))
    codes.use_key(derive_key(settings.secret_key, "second factor"))
    vocabularies.use_regions(settings.regions_file)
    days.use_zone(settings.time_zone)
    phones.use_country(settings.country)
    vocabularies.use_groups(own_groups.read_groups(settings.groups_file, settings.languages))
    vocabularies.use_person_groups(settings.person_groups)
    sides.use_here(settings)
    sides.use_safe(sides.begin(settings))
    exchange.use_address(settings.base_url)
    use_terms(settings)
    worker.new_queue(settings)
    return database


def create_app(settings: Settings) -> Flask:
    """The main application. The lists of blueprints are the table of contents."""
    from consult.accounts import guards
    from consult.accounts.rules import Act
    from consult.core.http import new_app
    from consult.custody import views_public as custody_public
    from consult.custody import views_roll as roll_staff
    from consult.custody import views_sealed as sealed_staff
    from consult.custody import views_staff as custody_staff
    from consult.mail import views_staff as mail_staff
    from consult.mailings import views_sending as mailings_staff
    from consult.privacy import views_erasing as erasing_staff
    from consult.privacy import views_links as links_staff
    from consult.safe_desk import views_staff as safe_desk_staff
    from consult.site import identity, links

    app = new_app(settings, __name__)
    guards.set_up(app, settings.session_hours)
    links.set_up(app)
    identity.set_up(app, settings)
    for blueprint in (*_public_pages(), *_desk_pages(), *_registry_pages()):
        app.register_blueprint(blueprint)
    app.register_blueprint(mailings_staff.bp, name=mailings_staff.NEWS, url_prefix=mailings_staff.OF_A_LIST)  # of lists
    _own_pages(app)
    officers = (custody_public.bp, custody_staff.bp, roll_staff.bp, sealed_staff.bp, erasing_staff.bp, links_staff.bp)
    for blueprint in officers:
        app.register_blueprint(blueprint)
    if settings.takes_nameless:
        app.register_blueprint(safe_desk_staff.bp)
    if settings.is_demo:
        from consult.demo.views_public import walk_through_pages

        app.register_blueprint(walk_through_pages(settings))
    if settings.captures_mail:
        app.register_blueprint(mail_staff.mailbox_pages(settings, guards.needs(Act.READ_MAILBOX)))
    _health(app)
    return app


def _public_pages() -> tuple[Blueprint, ...]:
    from consult.consultations import views_codes, views_fresh, views_proposals, views_requests
    from consult.consultations import views_public as consultations_public
    from consult.drafts import views_public as drafts_public
    from consult.mailings import (
        views_leave_links as mailings_public,  # its pages, those of views_public and of views_lists_language
    )
    from consult.mailings import views_lists as lists_public
    from consult.privacy import views_asked, views_asking_protection, views_erasing, views_own
    from consult.reports import views_mine as rounds_mine
    from consult.reports import views_paragraph as reports_public
    from consult.rounds import views_briefing
    from consult.site import views_calendar, views_public
    from consult.stakeholders import views_directory

    return (
        views_public.bp,
        views_calendar.bp,
        views_directory.bp,
        consultations_public.bp,
        views_codes.bp,
        views_requests.bp,
        views_proposals.bp,  # its page, and those of views_declared, views_consent and views_entry
        views_fresh.bp,
        views_own.bp,
        views_asked.bp,
        views_asking_protection.bp,
        views_erasing.own_bp,
        mailings_public.bp,
        lists_public.bp,
        views_briefing.own_bp,
        drafts_public.bp,
        rounds_mine.bp,
        reports_public.bp,
    )


def _own_pages(app: Flask) -> None:
    """The pages of one's own entry once more, for whoever opened it by a mailed link, without a consultation."""
    from consult.consultations import views_proposals
    from consult.consultations.views_entry import OF_NO_CONSULTATION, OPENED
    from consult.privacy import views_asking_protection as protection

    app.register_blueprint(views_proposals.bp, name=OPENED, url_prefix=OF_NO_CONSULTATION)
    app.register_blueprint(protection.bp, name=protection.OPENED, url_prefix=f"{OF_NO_CONSULTATION}/protection")


def _desk_pages() -> tuple[Blueprint, ...]:
    from consult.accounts import views_passkeys, views_second_factor
    from consult.accounts import views_staff as accounts_staff
    from consult.consultations import views_missing
    from consult.consultations import views_staff as consultations_staff
    from consult.drafts import views_staff as drafts_staff
    from consult.jobs import views_staff as jobs_staff
    from consult.mailings import views_letters, views_speaking, views_suppressions
    from consult.mailings import views_lists_staff as lists_staff
    from consult.mailings import (
        views_recipients as mailings_staff,  # its pages, those of views_sending and of views_staff
    )
    from consult.reports import views_letters as answer_letters
    from consult.reports import views_staff as reports_staff
    from consult.responses import views_staff as responses_staff
    from consult.rounds import views_entered
    from consult.rounds import views_staff as rounds_staff
    from consult.site import views_set_up, views_staff

    return (
        views_staff.bp,
        views_set_up.bp,
        accounts_staff.bp,
        views_second_factor.bp,
        views_passkeys.bp,
        consultations_staff.bp,
        views_missing.bp,
        mailings_staff.bp,
        views_letters.bp,
        views_speaking.bp,
        lists_staff.bp,
        views_suppressions.bp,
        drafts_staff.bp,
        rounds_staff.bp,
        views_entered.bp,
        responses_staff.bp,
        reports_staff.bp,
        answer_letters.bp,
        jobs_staff.bp,
    )


def _registry_pages() -> tuple[Blueprint, ...]:
    from consult.consultations import views_missing
    from consult.mailings import views_deliveries, views_removing, views_telling
    from consult.mailings import (
        views_succession as seats_staff,  # its pages, those of views_composition and views_seats
    )
    from consult.privacy import views_on_behalf, views_protecting
    from consult.reports import views_parting  # its page, and those of views_merging
    from consult.rounds import views_briefing  # its staff page, and those of views_registry
    from consult.stakeholders import views_contacts, views_export, views_paper
    from consult.stakeholders import views_import as stakeholders_staff  # its pages and those of views_staff

    return (
        stakeholders_staff.bp,
        views_contacts.bp,
        views_paper.bp,
        seats_staff.bp,
        views_parting.bp,
        views_export.bp,
        views_briefing.bp,
        views_protecting.bp,
        views_on_behalf.bp,
        views_deliveries.bp,
        views_removing.bp,  # its page, and those of views_groups
        views_missing.standing_bp,
        views_telling.bp,  # its page, and those of views_requests_staff
    )


def create_safe_app(settings: "SafeSettings", *, listener: str) -> Flask:
    """Safe, the application for comments without a name. `listener` is "onion" or "clearnet": which of its two doors this is.

    It shares with main the package `core` and nothing else.
    """
    from consult.safe import views_comment, views_public, views_return
    from consult.safe.web import new_safe_app

    i18n.configure(settings.language_records(), settings.catalogue_folders())
    app = new_safe_app(settings, listener=listener)
    for blueprint in (views_public.bp, views_return.bp, views_comment.bp):
        app.register_blueprint(blueprint)
    return app


def _health(app: Flask) -> None:
    @app.get("/healthz")
    def healthz() -> ResponseReturnValue:
        """The process answers."""
        return "ok\n", 200, {"Content-Type": "text/plain"}

    @app.get("/readyz")
    def readyz() -> ResponseReturnValue:
        """The process can reach its database: 200, or the 503 page."""
        from sqlalchemy import text

        with db.reading() as session:
            session.execute(text("SELECT 1"))
        return "ready\n", 200, {"Content-Type": "text/plain"}
