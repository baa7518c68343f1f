"""The links that every page carries: the footer, always in the same order, and the staff's menu."""

from typing import Any

from flask import Flask, current_app, request, url_for
from flask_login import current_user

from consult.accounts.guards import is_allowed
from consult.accounts.rules import Act
from consult.core.i18n import _


def set_up(app: Flask) -> None:
    """Give the links to every page."""

    @app.context_processor
    def _links() -> dict[str, Any]:
        return {
            "footer_links": footer_links(),
            "staff_links": staff_links() if request.path.startswith("/staff/") else [],
        }


def footer_links() -> list[tuple[str, str]]:
    """Words and addresses. Source: WCAG 2.2, 3.2.6 (help in the same place)."""
    return [
        (_("Calendar"), url_for("calendar_public.show_calendar")),
        (_("How it works"), url_for("site_public.how_it_works")),
        (_("If you are threatened"), url_for("site_public.threatened")),
        (_("Privacy"), url_for("site_public.privacy")),
        (_("See or correct what we hold of you"), url_for("own_public.ask_page")),
        (_("Accessibility"), url_for("site_public.accessibility")),
        (_("Help"), url_for("site_public.help_page")),
    ]


def staff_links() -> list[tuple[str, str]]:
    """Words and addresses of what the signed-in person may use."""
    if not current_user.is_authenticated or not current_user.may_begin:
        return []
    links = [(_("Today"), url_for("site_staff.today"))]
    if is_allowed(Act.CREATE_CONSULTATION):
        links.append((_("New consultation"), url_for("consultations_staff.create_consultation")))
    if is_allowed(Act.MANAGE_STAKEHOLDERS):
        links.append((_("Stakeholders"), url_for("stakeholders_staff.list_stakeholders")))
    if is_allowed(Act.MANAGE_LISTS):
        links.append((_("Mailing lists"), url_for("lists_staff.list_lists")))
    if is_allowed(Act.READ_REQUESTS):
        page = "list_requests" if is_allowed(Act.MANAGE_STAKEHOLDERS) else "list_refusals"
        links.append((_("Requests to take part"), url_for(f"requests_staff.{page}")))
    if is_allowed(Act.MANAGE_STAFF):
        links.append((_("People and roles"), url_for("accounts_staff.list_people")))
    links += _officers_links()
    if is_allowed(Act.MANAGE_SITE):
        links.append((_("This site"), url_for("site_staff.show_site")))
    if "mail_staff" in current_app.blueprints and is_allowed(Act.READ_MAILBOX):
        links.append((_("Mailbox"), url_for("mail_staff.list_mails")))
    links.append((_("Your account"), url_for("accounts_staff.your_account")))
    return links


def _officers_links() -> list[tuple[str, str]]:
    pages = ((Act.READ_CUSTODY, _("Protection officers"), "custody_staff.show_custody"),
             (Act.HOLD_KEYS, _("Protected entries"), "sealed_staff.list_protected"),
             (Act.HOLD_KEYS, _("To hand over"), "deliveries_staff.list_deliveries"))  # fmt: skip
    return [(words, url_for(page)) for act, words, page in pages if is_allowed(act)]
