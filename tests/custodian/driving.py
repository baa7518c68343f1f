"""An officer at the custodian file: presses what the page says, in the page's own language, and picks up what it saves."""

import json
import re
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, expect

from tests.support.server import ROOT

PASSPHRASE = "lamp ferry otter window moss trumpet"


def texts(language: str) -> dict[str, str]:
    found: dict[str, str] = json.loads((ROOT / "custodian" / "src" / f"texts.{language}.json").read_text("utf-8"))
    return found


class AtTheDesk:
    """One page, its language and a folder for the files it saves."""

    def __init__(self, page: Page, folder: Path, language: str = "en") -> None:
        self.page, self.folder, self.language = page, folder, language
        self.texts = texts(language)

    def says(self, key: str, **values: Any) -> str:
        return re.sub(r"\{(\w+)\}", lambda found: str(values[found[1]]), self.texts[key])

    def press(self, key: str, **values: Any) -> None:
        self.page.get_by_role("button", name=self.says(key, **values), exact=True).first.click()

    def at(self, key: str, **values: Any) -> None:
        """Waits until the page of this title is there."""
        expect(self.page.locator("h1")).to_have_text(self.says(key, **values), timeout=60_000)

    def fill(self, field: str, text: str) -> None:
        self.page.locator(f"#{field}").fill(text)

    def pick(self, name: str, value: str) -> None:
        self.page.locator(f"input[name={name}][value={value}]").check()

    def give(self, field: str, *contents: str) -> None:
        """Files into a file field."""
        paths = []
        for at, content in enumerate(contents):
            path = self.folder / f"{field}-{at}"
            path.write_text(content, "utf-8")
            paths.append(path)
        self.page.locator(f"#{field}").set_input_files(paths)

    def save(self, key: str) -> str:
        """The text of the file that a button saves; it then lies in the folder under its own name."""
        with self.page.expect_download() as waiting:
            self.press(key)
        path = self.folder / waiting.value.suggested_filename
        waiting.value.save_as(path)
        return path.read_text("utf-8")

    def refused(self, key: str, **values: Any) -> None:
        """Waits for a complaint that says this."""
        expect(self.page.locator(".errors")).to_contain_text(self.says(key, **values))

    def digits(self) -> str:
        """The digits shown in groups on this page."""
        return " ".join(self.page.locator(".code span").all_inner_texts())

    # --- the ways through the pages ---

    def make_keys(self, name: str = "Ana Tui", institution: str = "Ombudsman of Maravel") -> tuple[str, str, str]:
        """New keys. Returns key file, card, fingerprint; the desk is then open."""
        self.press("start.make")
        self.fill("name-field", name)
        self.fill("institution", institution)
        self.pick("ministry", "no")
        self.press("go_on")
        self.fill("passphrase", PASSPHRASE)
        self.fill("again", PASSPHRASE)
        self.press("pass.make")
        self.at("made.title")
        made = self.save("made.key_save"), self.save("made.card_save"), self.digits()
        self.press("made.done")
        self.at("menu.title")
        return made

    def open_keys(self, key_file: str, passphrase: str = PASSPHRASE) -> None:
        self.press("start.open")
        self.give("key-file", key_file)
        self.press("go_on")
        self.at("unlock.title")
        self.fill("passphrase", passphrase)
        self.press("unlock.open")
        self.at("menu.title")

    def choose_desk_file(self, text: str) -> None:
        self.press("menu.desk_open")
        self.give("desk-file", text)
        self.press("go_on")

    def open_desk(self, text: str, title: str) -> None:
        """A desk file down to its list of comments."""
        self.choose_desk_file(text)
        expect(self.page.locator("h1")).to_have_text(title, timeout=60_000)

    def open_item(self, words: str) -> None:
        """The page of the comment whose beginning holds these words."""
        self.page.locator(".rows > li", has_text=words).locator("button").first.click()
        expect(self.page.locator("blockquote").first).to_be_visible()

    def decide(self, words: str, choice: str, *, public: str | None = None) -> None:
        """Decides on one comment and returns to the list."""
        self.open_item(words)
        if public is not None:
            self.fill("public-text", public)
        self.pick("choice", choice)
        self.press("item.list")

    def fact(self, key: str) -> str:
        """What stands beside a term."""
        term = self.page.locator("dt", has_text=re.compile(f"^{re.escape(self.says(key))}$"))
        return str(term.locator("xpath=following-sibling::dd[1]").inner_text())
