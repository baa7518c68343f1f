"""The look's own law: logical properties, nothing from elsewhere, no script or style inside a page, colours that can be read."""

import gzip
import re

import pytest

from tests.support.server import ROOT

CSS = (ROOT / "static" / "consult.css").read_text("utf-8") + (ROOT / "static" / "safe.css").read_text("utf-8")
RULES = re.sub(r"/\*.*?\*/", "", CSS, flags=re.DOTALL)
LETTERS = (ROOT / "templates" / "mailings" / "letters.css").read_text("utf-8")  # a file to print, and no page
TEMPLATES = [path for path in sorted((ROOT / "templates").rglob("*.html")) if path.parent.name != "mail"]

PHYSICAL = re.compile(
    r"(?<![\w-])((margin|padding|border|inset)-(left|right|top|bottom)|(min-|max-)?(width|height)|left|right|top|bottom|float"
    r"|scroll-(margin|padding)-(left|right|top|bottom))\s*:"
)
TEXT = 4.5  # contrast of text, WCAG 2.2, 1.4.3
BORDER = 3.0  # of the edge of a field, 1.4.11


def test_the_stylesheet_has_no_physical_property():
    without_queries = re.sub(r"@media[^{]*\{", "{", RULES)

    assert [found[0] for found in PHYSICAL.finditer(without_queries)] == []
    assert not re.search(r"text-align\s*:\s*(left|right)", RULES)


def test_the_guard_would_see_a_physical_property():
    assert PHYSICAL.search("a { margin-left: 1px }")
    assert not PHYSICAL.search("a { margin-inline-start: 1px; border-radius: 2px; line-height: 1 }")


def test_the_stylesheet_loads_nothing():
    for forbidden in ("url(", "@import", "@font-face", "expression(", "http:", "https:"):
        assert forbidden not in RULES.replace('[href^="http"]', "")


def test_the_stylesheet_weighs_at_most_10_kilobytes():
    assert len(gzip.compress(CSS.encode(), 9)) <= 10_000


def classes_used():
    """Every class that a template names, those put together by an expression left out."""
    found = set()
    for path in TEMPLATES:
        for value in re.findall(r'class="((?:[^"{]|\{\{.*?\}\}|\{%.*?%\})*)"', path.read_text("utf-8")):
            found.update(re.sub(r"\{%.*?%\}", " ", re.sub(r"\S*\{\{.*?\}\}\S*", " ", value)).split())
    return found


def test_every_class_of_a_template_has_a_rule():
    have = set(re.findall(r"\.([a-z][\w-]*)", RULES + LETTERS))

    assert classes_used() - have == set()


# The one script of the site, on the two pages of the staff that speak with passkeys, and the one picture: of an app's secret.
SCRIPT = '<script type="module" src="{{ asset("passkeys.js") }}"></script>'
OURS = {
    "accounts/pass_second_factor.html": (SCRIPT,),
    "accounts/add_passkey.html": (SCRIPT,),
    "accounts/add_authenticator.html": ('<img src="{{ url_for(".draw_authenticator") }}"',),
}


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT / "templates")))
def test_a_template_has_no_script_no_style_and_no_unclean_html(path):
    source = path.read_text("utf-8")
    for ours in OURS.get(str(path.relative_to(ROOT / "templates")), ()):
        assert ours in source
        source = source.replace(ours, "", 1)

    assert not re.search(r"<script|<style|<svg|\sstyle=|\son\w+=|javascript:|<iframe|<img", source)
    assert not re.search(r"\|\s*safe\b", source)
    assert "http://" not in source
    assert "https://" not in source


def tokens(theme):
    light = re.search(r"@layer colours \{\s*html \{(.*?)\n  \}", RULES, re.DOTALL)[1]
    dark = re.search(r"prefers-color-scheme: dark\) \{\s*html \{(.*?)\}", RULES, re.DOTALL)[1]
    found = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", light))
    return found | (dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", dark)) if theme == "dark" else {})


def luminance(colour):
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one, two):
    lighter, darker = sorted((luminance(one), luminance(two)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_can_be_read_on_its_ground(theme):
    colour = tokens(theme)
    pairs = [(text, ground) for text in ("ink", "muted", "link", "visited", "error") for ground in ("paper", "ground")]
    pairs += [("on-brand", "brand"), ("ink", "inserted"), ("ink", "deleted")]
    pairs += [(name, f"{name}-tint") for name in ("accepted", "inpart", "noted", "refused", "guarded", "waiting")]

    weak = [(one, two) for one, two in pairs if contrast(colour[one], colour[two]) < TEXT]

    assert weak == []
    assert contrast(colour["border"], colour["paper"]) >= BORDER
