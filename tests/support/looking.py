"""Looking closely at the pages of a journey: axe needs JavaScript, and the journeys go without it."""

from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, Page, Route

from tests.support.browser import axe, visitor
from tests.support.hands import SIDEWAYS


class Looker:
    """A second browser that is shown each page as it stands in the first, refusals included."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.seen: list[str] = []
        self.wrong: list[tuple[object, ...]] = []

    def look(self, page: Page) -> None:
        """Note what axe finds, and whether the page is wider than the screen."""
        body, address = page.content(), page.url.partition("#")[0]

        def answer(route: Route) -> None:
            route.fulfill(body=body, content_type="text/html; charset=utf-8")

        self.page.route(address, answer)
        self.page.goto(address)
        self.page.unroute(address, answer)
        path = "/" + address.split("/", 3)[3]
        self.seen.append(path)
        self.wrong += [(path, one["rule"], one["where"][:2]) for one in axe(self.page)]
        self.wrong += [(path, "scrolls sideways")] if self.page.evaluate(SIDEWAYS) else []


@contextmanager
def looking(browser: Browser, *, width: int, language: str) -> Iterator[Looker]:
    """Whoever looks; at the end nothing must be wrong with any page, and there must have been pages."""
    with visitor(browser, width=width, language=language) as context:
        looker = Looker(context.new_page())
        yield looker
    assert looker.seen
    assert looker.wrong == [], looker.wrong
