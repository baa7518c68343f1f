"""An officer at the custodian file: presses what the page says, in the page's own language, and picks up what it saves."""

import json
import re
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, expect

from tests.support.firefox import Firefox
from tests.support.server import ROOT

PASSPHRASE = "lamp ferry otter window moss trumpet"


def texts(language: str) -> dict[str, str]:
    found: dict[str, str] = json.loads((ROOT / "custodian" / "src" / f"texts.{language}.json").read_text("utf-8"))
    return found


class Ways:
    """The ways through the pages, over what a driver can do: press, fill, pick, give, save, shows, texts, value."""

    language: str
    texts: dict[str, str]

    def says(self, key: str, /, **values: Any) -> str:
        return re.sub(r"\{(\w+)\}", lambda found: str(values[found[1]]), self.texts[key])

    def at(self, key: str, /, **values: Any) -> None:
        """Waits until the page of this title is there."""
        self.shows("h1", self.says(key, **values))

    def refused(self, key: str, /, **values: Any) -> None:
        """Waits for a complaint that says this."""
        self.shows(".errors", self.says(key, **values))

    def digits(self) -> str:
        """The digits shown in groups on this page."""
        return " ".join(self.words(".code span"))

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

    def compare_card(self, at: int, fingerprint: str) -> None:
        """The fingerprint of one of the cards, typed from paper, and found the same."""
        self.fill(f"paper-{at}", fingerprint)
        self.press("cards.compare")
        self.shows(".tag.accepted", self.says("cards.same"))

    def choose_desk_file(self, text: str) -> None:
        self.press("menu.desk_open")
        self.give("desk-file", text)
        self.press("go_on")

    def open_desk(self, text: str, title: str) -> None:
        """A desk file down to its list of comments."""
        self.choose_desk_file(text)
        self.shows("h1", title)

    def open_item(self, words: str) -> None:
        """The page of the comment whose beginning holds these words."""
        self.press_row(words)
        self.at("paragraph", ref="47")

    def decide(self, words: str, choice: str, *, public: str | None = None) -> None:
        """Decides on one comment and returns to the list."""
        self.open_item(words)
        if public is not None:
            self.fill("public-text", public)
        self.pick("choice", choice)
        self.press("item.list")


class AtTheDesk(Ways):
    """A page of Chromium, its language and a folder for the files it saves."""

    def __init__(self, page: Page, folder: Path, language: str = "en") -> None:
        self.page, self.folder, self.language = page, folder, language
        self.texts = texts(language)

    def press(self, key: str, /, **values: Any) -> None:
        self.page.get_by_role("button", name=self.says(key, **values), exact=True).first.click()

    def press_row(self, words: str) -> None:
        self.page.locator(".rows > li", has_text=words).locator("button").first.click()

    def fill(self, field: str, text: str) -> None:
        self.page.locator(f"#{field}").fill(text)

    def pick(self, name: str, value: str) -> None:
        self.page.locator(f'input[name="{name}"][value="{value}"]').check()

    def give(self, field: str, *contents: str) -> None:
        """Files into a file field."""
        self.page.locator(f"#{field}").set_input_files(written(self.folder, field, contents))

    def save(self, key: str) -> str:
        """The text of the file that a button saves; it then lies in the folder under its own name."""
        with self.page.expect_download() as waiting:
            self.press(key)
        path = self.folder / waiting.value.suggested_filename
        waiting.value.save_as(path)
        return path.read_text("utf-8")

    def shows(self, css: str, text: str) -> None:
        """Waits until the last of these elements holds this text."""
        expect(self.page.locator(css).last).to_contain_text(text, timeout=60_000)

    def words(self, css: str) -> list[str]:
        """What these elements say now."""
        return self.page.locator(css).all_inner_texts()

    def value(self, field: str) -> str:
        return self.page.locator(f"#{field}").input_value()

    def ids(self, css: str) -> list[str]:
        """The ids of these elements."""
        return [str(each.get_attribute("id")) for each in self.page.locator(css).all()]

    def open_desk_again(self, text: str, title: str) -> None:
        """Another desk file of the same consultation; unfinished work, where some lies here, is gone on with."""
        self.at("menu.title")
        self.choose_desk_file(text)
        either = self.page.locator(
            "h1", has_text=re.compile(f"^({re.escape(title)}|{re.escape(self.says('saved.title'))})$")
        )
        expect(either).to_be_visible(timeout=60_000)
        if self.page.locator("h1").inner_text() == self.says("saved.title"):
            self.press("saved.go_on")

    def fact(self, key: str) -> str:
        """What stands beside a term."""
        term = self.page.locator("dt", has_text=re.compile(f"^{re.escape(self.says(key))}$"))
        return str(term.locator("xpath=following-sibling::dd[1]").inner_text())


class AtFirefox(Ways):
    """The same in Firefox."""

    def __init__(self, firefox: Firefox, folder: Path, language: str = "en") -> None:
        self.firefox, self.folder, self.language = firefox, folder, language
        self.texts = texts(language)

    def press(self, key: str, /, **values: Any) -> None:
        self.firefox.click(f"//button[normalize-space(.)={json.dumps(self.says(key, **values), ensure_ascii=False)}]")

    def press_row(self, words: str) -> None:
        self.firefox.click(f"//ul[@class='rows']/li[contains(., {json.dumps(words)})]//button")

    def fill(self, field: str, text: str) -> None:
        self.firefox.type(f"//*[@id='{field}']", text)

    def pick(self, name: str, value: str) -> None:
        self.firefox.click(f"//input[@name='{name}'][@value='{value}']")

    def give(self, field: str, *contents: str) -> None:
        paths = "\n".join(map(str, written(self.folder, field, contents)))
        self.firefox.type(f"//*[@id='{field}']", paths, clear=False)

    def save(self, key: str) -> str:
        before = set(self.folder.iterdir())
        self.press(key)
        fresh = self.firefox.until(
            lambda: [path for path in set(self.folder.iterdir()) - before if is_whole(path)], key
        )
        return str(fresh[0].read_text("utf-8"))

    def shows(self, css: str, text: str) -> None:
        self.firefox.until(lambda: text in (self.words(css) or [""])[-1], f"{css}: {text}")

    def words(self, css: str) -> list[str]:
        found: list[str] = self.firefox.script(
            "return [...document.querySelectorAll(arguments[0])].map(e => e.innerText)", css
        )
        return found

    def value(self, field: str) -> str:
        return str(self.firefox.script("return document.getElementById(arguments[0]).value", field))

    def ids(self, css: str) -> list[str]:
        found: list[str] = self.firefox.script(
            "return [...document.querySelectorAll(arguments[0])].map(e => e.id)", css
        )
        return found

    def fact(self, key: str) -> str:
        found = dict(zip(self.words("dl.facts dt"), self.words("dl.facts dd"), strict=True))
        return found[self.says(key)]


def written(folder: Path, field: str, contents: tuple[str, ...]) -> list[Path]:
    """The contents as files to be chosen."""
    paths = [folder / f"{field}-{at}" for at in range(len(contents))]
    for path, content in zip(paths, contents, strict=True):
        path.write_text(content, "utf-8")
    return paths


def is_whole(path: Path) -> bool:
    """Whether a download has ended: Firefox writes beside it until then."""
    return path.suffix != ".part" and path.stat().st_size > 0 and not path.with_name(path.name + ".part").exists()
