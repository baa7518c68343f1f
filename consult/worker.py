"""The worker: the table of all jobs, the sweeps that find what was left lying, and the process that runs them."""

import logging
import signal
import threading
from collections.abc import Callable
from types import FrameType

from sqlalchemy.orm import Session

from consult.accounts import mails as accounts_mails
from consult.accounts.operations import sweep_accounts
from consult.consultations import mails_entry, mails_requests
from consult.consultations.codes import sweep_code_tries
from consult.consultations.jobs_groups import list_group
from consult.consultations.jobs_taking import take_over
from consult.consultations.operations_groups import LIST as LIST_GROUP
from consult.consultations.operations_groups import sweep_groups
from consult.consultations.operations_requests import sweep_requests
from consult.consultations.operations_taking import TAKE_OVER
from consult.core import clock
from consult.core.db import bound, writing
from consult.core.memory import keep_loaded
from consult.core.settings import Settings
from consult.custody import mails as custody_mails
from consult.custody.halves import sweep_halves
from consult.custody.waking import EXCHANGE
from consult.drafts import jobs as drafts_jobs
from consult.drafts.operations import sweep_files
from consult.jobs import operations as tasks
from consult.jobs.queue import Job, Queue, use_queue
from consult.mail import jobs as mail_jobs
from consult.mail import mails as mail_mails
from consult.mail.delivery import Post, post, use_post
from consult.mail.messages import MailTemplate
from consult.mail.operations import sweep_mails
from consult.mail.operations_captured import sweep_captured
from consult.mail.operations_halts import sweep_halts
from consult.mail.operations_pace import sweep_pace
from consult.mail.operations_suppressions import sweep_suppressions
from consult.mail.waking import DELIVER, HALTED, RELEASE
from consult.mailings import jobs as mailings_jobs
from consult.mailings import jobs_letters, mails_leave_links, mails_lists, mails_succession
from consult.mailings import mails as mailings_mails
from consult.mailings.fetching import FETCH, fetch_quietly, sweep_fetching
from consult.mailings.operations_announcements import QUEUE as QUEUE_ANNOUNCEMENT
from consult.mailings.operations_announcements import sweep_announcements
from consult.mailings.operations_approval import PREPARE, sweep_preparing
from consult.mailings.operations_leave_links import sweep_leave_links
from consult.mailings.operations_leaving import sweep_leave_digests
from consult.mailings.operations_outreach import MAKE as MAKE_LETTERS
from consult.mailings.operations_queueing import QUEUE as QUEUE_CAMPAIGN
from consult.mailings.operations_queueing import sweep_campaigns
from consult.mailings.operations_sending import SETTLE, pause_halted, sweep_settling
from consult.mailings.operations_subscriptions import sweep_subscriptions
from consult.mailings.operations_succession import sweep_seats
from consult.privacy import asking_protection, jobs_own, jobs_protecting, mails_asked, mails_on_behalf
from consult.privacy import jobs as privacy_jobs
from consult.privacy.operations import RETENTION, sweep_retention
from consult.privacy.operations_asking import ANSWER as ANSWER_ASK
from consult.privacy.operations_asking import sweep_asks
from consult.privacy.operations_protecting import FINISH as FINISH_PROTECTING
from consult.reports import jobs as reports_jobs
from consult.reports import jobs_letters as reports_jobs_letters
from consult.reports import mails as reports_mails
from consult.reports.operations import PUBLISH
from consult.reports.operations_freezing import sweep_frozen
from consult.reports.operations_letters import MAKE as MAKE_ANSWER_LETTERS
from consult.reports.operations_telling import TELL, sweep_telling
from consult.responses import mails as responses_mails
from consult.rounds import mails as rounds_mails
from consult.rounds.operations_drafts import sweep_comment_drafts
from consult.safe_desk import jobs as safe_desk_jobs
from consult.safe_desk import mails as safe_desk_mails
from consult.safe_desk.operations_results import TAKE
from consult.site.identity import refresh_quietly
from consult.stakeholders import jobs as stakeholders_jobs
from consult.stakeholders.jobs_names import compare_names
from consult.stakeholders.operations_comparing import COMPARE as COMPARE_NAMES
from consult.stakeholders.operations_comparing import sweep_comparing
from consult.stakeholders.operations_import import sweep_imports

log = logging.getLogger("consult.worker")

# Every job by name: what a queue message may ask for, and nothing else.
JOBS: dict[str, Job] = {
    DELIVER: mail_jobs.deliver_mails,
    RELEASE: mail_jobs.release_halted,
    HALTED: mailings_jobs.pause_halted,
    PREPARE: mailings_jobs.prepare_campaign,
    QUEUE_CAMPAIGN: mailings_jobs.queue_campaign,
    SETTLE: mailings_jobs.settle_mails,
    MAKE_LETTERS: jobs_letters.make_letters,
    FETCH: fetch_quietly,
    QUEUE_ANNOUNCEMENT: mailings_jobs.queue_announcement,
    PUBLISH: reports_jobs.publish_report,
    TELL: reports_jobs.tell_authors,
    MAKE_ANSWER_LETTERS: reports_jobs_letters.make_answer_letters,
    "drafts.read_upload": drafts_jobs.read_upload,
    "stakeholders.read_list": stakeholders_jobs.read_list,
    "stakeholders.apply_list": stakeholders_jobs.apply_list,
    stakeholders_jobs.EXPORT: stakeholders_jobs.export_registry,
    COMPARE_NAMES: compare_names,
    LIST_GROUP: list_group,
    TAKE_OVER: take_over,
    EXCHANGE: safe_desk_jobs.exchange_run,
    TAKE: safe_desk_jobs.take_result,
    RETENTION: privacy_jobs.keep_retention,
    ANSWER_ASK: jobs_own.answer_ask,
    FINISH_PROTECTING: jobs_protecting.finish_protecting,
}

TEMPLATES = (
    mail_mails.TEST,
    accounts_mails.ACCOUNT_CHANGED,
    mailings_mails.CAMPAIGN,
    mailings_mails.CAMPAIGN_TEST,
    mails_lists.LIST_TEST,
    mails_lists.CONFIRMATION,
    mails_lists.LIST_MAIL,
    mails_leave_links.LEAVE_LINK,
    mails_succession.SEAT_TAKEN_OVER,
    mails_succession.SEAT_BRIEFING,
    mails_entry.FRESH_LINK,
    mails_entry.ADDRESS_MOVED,
    mails_requests.CONFIRM_REQUEST,
    mails_requests.REQUEST_ACCEPTED,
    mails_requests.REQUEST_REFUSED,
    rounds_mails.PERSONAL_LINK,
    rounds_mails.ROUND_EXTENDED,
    responses_mails.COMMENTS_SCREENED,
    reports_mails.ANSWERS_PUBLISHED,
    custody_mails.OFFICERS_ASKED,
    asking_protection.PROTECTION_ASKED,
    mails_asked.OWN_LINKS,
    mails_on_behalf.FORGETTING_TOLD,
    safe_desk_mails.OFFICERS_DAY,
)

# Every mail that may go out. Its text stands in templates/mail/<name>.txt and .html.
MAILS: dict[str, MailTemplate] = {template.name: template for template in TEMPLATES}

# Each looks for rows that a dead worker left, or whose time has come, and wakes the job for them.
SWEEPS: list[Callable[..., int]] = [
    tasks.sweep_tasks,
    tasks.expire_tasks,
    sweep_leave_digests,
    sweep_mails,
    sweep_halts,
    sweep_pace,
    sweep_suppressions,
    sweep_accounts,
    sweep_requests,
    sweep_code_tries,
    sweep_files,
    sweep_preparing,
    sweep_campaigns,
    pause_halted,
    sweep_settling,
    sweep_announcements,
    sweep_fetching,
    sweep_subscriptions,
    sweep_leave_links,
    sweep_comment_drafts,
    sweep_imports,
    sweep_comparing,
    sweep_groups,
    sweep_seats,
    sweep_frozen,
    sweep_telling,
    sweep_halves,
    custody_mails.sweep_roll_mails,
    safe_desk_jobs.sweep_exchange,
    safe_desk_jobs.sweep_sealed_files,
    safe_desk_mails.sweep_officers_mail,
    sweep_captured,
    sweep_asks,
    sweep_retention,
]


def new_queue(settings: Settings) -> Queue:
    """The queue of this installation with all jobs, and its post office with all mails, in use from now on."""
    use_post(Post(settings, MAILS))
    queue = Queue(settings.queue_url, settings.data, JOBS)
    use_queue(queue)
    return queue


def sweep() -> None:
    """Run every sweep once, each in its own transaction; one that fails does not keep the others."""
    for look in SWEEPS:
        try:
            with writing() as db:
                _swept(db, look)
        except Exception:
            log.exception("sweep %s failed", look.__name__)


def _swept(db: Session, look: Callable[..., int]) -> None:
    found = look(db, now=clock.now())
    if found:
        log.info("sweep %s found %d", look.__name__, found)


def work(settings: Settings, queue: Queue) -> None:
    """Run jobs until told to stop by TERM or INT. Sweeps first: a killed worker may have left something."""
    stopping = threading.Event()
    keep_loaded()
    bound().make_room()

    def stop(_signal: int, _frame: FrameType | None) -> None:
        stopping.set()

    def sweeping() -> None:
        while not stopping.wait(settings.sweep_seconds):
            refresh_quietly(settings)
            sweep()

    refresh_quietly(settings)
    sweep()
    sweeper = threading.Thread(target=sweeping, name="sweep", daemon=True)
    sweeper.start()
    consumer = queue.huey.create_consumer(workers=2, periodic=False, initial_delay=0.1, max_delay=1.0)
    consumer.start()
    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    stopping.wait()
    post().stop()  # the mail in hand goes out, no further one is begun
    consumer.stop(graceful=True)
