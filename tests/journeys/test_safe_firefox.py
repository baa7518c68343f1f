"""A comment without a name in Firefox as Tor Browser's safest level leaves it: no JavaScript, no SVG, no fonts from the web."""

import pytest

from consult.core import crypto
from tests.journeys.test_safe import ask_back, safe_site  # noqa: F401
from tests.support.firefox import running_firefox

SAFEST = {
    "javascript.enabled": False,
    "svg.disabled": True,
    "gfx.downloadable_fonts.enabled": False,
    "gfx.font_rendering.graphite.enabled": False,
    "mathml.disabled": True,
    "media.peerconnection.enabled": False,
    "webgl.disabled": True,
}


class Page:
    """What somebody sees and presses."""

    def __init__(self, firefox, address):
        self.firefox, self.address = firefox, address

    def go(self, path):
        self.firefox.ask("WebDriver:Navigate", url=f"{self.address}{path}")

    def press(self, words):
        """Press, and wait until the page is another: a click may be over before the next page has begun."""
        before = self.firefox.find("/html")
        self.firefox.click(f"//*[self::a or self::button][normalize-space(.)='{words}']")
        self.firefox.until(lambda: self.firefox.find("/html") != before, f"the page after {words}")

    def says(self, words, where="//main"):
        self.firefox.until(lambda: words in self.firefox.text(where), words)

    def write(self, words, control="textarea"):
        self.firefox.type(f"(//main//{control})[1]", words)

    def heading(self, words):
        self.firefox.until(lambda: self.firefox.text("//h1") == words, words)

    def code(self):
        return "".join(self.firefox.text("//*[@class='code']").split())


@pytest.mark.browser
def test_a_whole_visit_in_firefox_without_javascript_svg_or_fonts(safe_site, tmp_path):  # noqa: F811
    trial, address = safe_site
    with running_firefox(tmp_path, preferences=SAFEST, loopback=True) as firefox:
        page = Page(firefox, address)
        page.go("/en/upr/")
        page.press("I have read this, continue")
        page.press("Comment on paragraph 2")
        page.write("My cousin Anlo Ferrit saw it on 12 January.")
        page.press("Check before you send")
        assert firefox.text("(//mark)[1]") == "My cousin Anlo Ferrit"
        code = page.code()
        page.press("I have written it down, send")
        page.heading("We have your comment")
        assert page.code() == code

        ask_back(trial, code, "Was it so in other weeks?")
        page.press("Return with your code")
        page.write(code[:-1], "input[@id='code']")
        page.press("Continue")
        page.heading("There is a mistake in the code")
        page.go("/en/return/")
        page.write(crypto.grouped(code), "input[@id='code']")
        page.press("Continue")
        page.says("Was it so in other weeks?")
        page.write("Yes, twice.")
        page.press("Send my reply")
        page.heading("We have your reply")
        page.press("Back to my comment")
        page.press("Withdraw my comment")
        page.heading("Withdraw your comment?")
        page.press("Withdraw my comment")
        page.heading("Your comment is withdrawn")
        page.press("Leave this site now")
        firefox.find(f"//a[@href='{trial.settings.leave_to}']")  # waits for it
        assert firefox.ask("WebDriver:GetCookies") in ([], {"value": []})
