"""A real browser (Debian's chromium through Playwright) and axe-core in its pages."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Locator, Page, sync_playwright

from tests.support.tools import require

ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking"]
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
TIMEOUT = 15_000  # milliseconds
# Rules that must have been asked, whatever they found: axe leaves target-size out unless its tag is named.
ASKED = {
    "target-size", "color-contrast", "label", "link-name", "link-in-text-block", "html-has-lang", "valid-lang", "bypass", "region",
    "heading-order", "page-has-heading-one", "landmark-unique", "autocomplete-valid", "scrollable-region-focusable", "td-headers-attr",
}  # fmt: skip


def _of_the_whole_page(look: Callable[..., Any]) -> Callable[..., Any]:
    """A click is over when the next page begins; a look that does not wait would then see the half of it that has come."""

    @wraps(look)
    def looking(self: Page | Locator, *arguments: Any, **options: Any) -> Any:
        (self.page if isinstance(self, Locator) else self).wait_for_load_state("domcontentloaded")
        return look(self, *arguments, **options)

    return looking


for owner, looks in ((Page, ("content",)), (Locator, ("all", "count", "inner_text", "is_visible"))):
    for name in looks:
        setattr(owner, name, _of_the_whole_page(getattr(owner, name)))


@contextmanager
def running_browser() -> Iterator[Browser]:
    """Chromium without a window."""
    program = require("chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def visitor(
    browser: Browser, *, javascript: bool = True, width: int = 1280, language: str = "en", dark: bool = False
) -> Iterator[BrowserContext]:
    """A fresh visitor, with no cookie; whatever the pages load from another machine fails the test."""
    context = browser.new_context(
        java_script_enabled=javascript,
        viewport={"width": width, "height": 800},
        locale=language,
        color_scheme="dark" if dark else "light",
        accept_downloads=True,
    )
    context.set_default_timeout(TIMEOUT)
    elsewhere: list[str] = []
    context.on("request", lambda request: elsewhere.append(request.url) if _is_elsewhere(request.url) else None)
    try:
        yield context
    finally:
        context.close()
    assert elsewhere == [], "a page loaded something from elsewhere"


def _is_elsewhere(address: str) -> bool:
    here = ("http://127.0.0.1:", "http://localhost:", "http://localhost/", "data:", "blob:", "about:")
    return not address.startswith(here)


def axe(page: Page) -> list[dict[str, Any]]:
    """What axe-core finds on a page, each as rule, what is wrong and where. The page's context needs JavaScript.

    Run through the debugging protocol, not as a script of the page, so that the page's own strict policy stays in force.
    """
    with open(require("axe"), encoding="utf-8") as source:
        page.evaluate(source.read())
    result: dict[str, Any] = page.evaluate(
        """tags => axe.run(document, {
            runOnly: {type: 'tag', values: tags},
            resultTypes: ['violations'], selectors: false,  // of what is right, nobody asks where it stands
        }).then(result => ({
            violations: result.violations,
            asked: ['passes', 'violations', 'incomplete', 'inapplicable'].flatMap(kind => result[kind].map(one => one.id)),
        }))""",
        TAGS,
    )
    assert ASKED - set(result["asked"]) == set(), "axe did not ask everything"
    return [
        {"rule": one["id"], "help": one["help"], "where": [node["html"][:200] for node in one["nodes"]]}
        for one in result["violations"]
    ]
