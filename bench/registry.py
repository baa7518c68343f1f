"""The table of measurements: a name, what it should reach, and how it is taken."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bench import campaigns, comments, custodian, drafts, imports, safe, stakeholders, triage


@dataclass(frozen=True)
class Bench:
    """One measurement. `measure` gets the hello side's address and a folder of its own, and returns the ratio to hello.

    `reach` is the least good ratio, or the name of another measurement whose ratio in the same run it should reach.
    """

    name: str
    reach: float | str
    measure: Callable[[str, Path], float]
    is_most: bool = False  # `reach` is the greatest good ratio instead
    is_seconds: bool = False  # `measure` returns seconds instead, which are counted as on the design's machine


BENCHES: tuple[Bench, ...] = (
    Bench("reading_page", 0.35, drafts.reading_page),
    Bench("reading_page_postgresql", 0.22, drafts.reading_page_postgresql),
    Bench("conditional_request", "reading_page", drafts.conditional_request),
    Bench("comment_accepted", 0.03, comments.comment_accepted),
    Bench("paragraph_page", 0.25, comments.paragraph_page),
    Bench("triage_page", 1.5, triage.triage_page, is_most=True),
    Bench("registry_search", 1.5, stakeholders.registry_search, is_most=True),
    Bench("smart_group_page", 1.5, stakeholders.smart_group_page, is_most=True),
    Bench("campaign_sent", 1.5, campaigns.campaign_sent),
    Bench("campaign_expanded", 10, campaigns.campaign_expanded, is_most=True, is_seconds=True),
    Bench("campaign_expanded_postgresql", 10, campaigns.campaign_expanded_postgresql, is_most=True, is_seconds=True),
    Bench("import_50000", 60, imports.import_50000, is_most=True, is_seconds=True),
    Bench("registry_search_postgresql", 1.5, stakeholders.registry_search_postgresql, is_most=True),
    Bench("smart_group_page_postgresql", 1.5, stakeholders.smart_group_page_postgresql, is_most=True),
    Bench("custodian_opens_1000", 20.0, custodian.custodian_opens_1000, is_most=True),
    Bench("submission_accepted", 0.03, safe.submission_accepted),
    Bench("release_5000", 60, safe.release_5000, is_most=True, is_seconds=True),
)
