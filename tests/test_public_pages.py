"""What every public page says of itself and weighs: languages, alternates, nothing from elsewhere, no more than a slow line takes."""

import pytest
from lxml import html

from consult.core import clock, i18n
from consult.core.i18n import KNOWN
from tests.support import pages
from tests.support.pages import DRAFT_MAX, LOADS, PUBLIC, weight
from tests.support.world import NOON
from tests.test_access import ids_of, path_of, rules_of

DRAFT = {"drafts_public.read_draft", "drafts_public.read_version"}  # of `upr`, which is written in English only
# Pages of one person: no other language of them is for search engines.
PERSONAL = {
    "consultations_public.show_door", "lists_public.show_confirmation", "mailings_public.show_leaving",
    "mailings_public.show_leave_link",
    "rounds_public.sent_comment", "requests_public.show_confirmation",
    "fresh_public.ask_to_move", "fresh_public.show_move", "privacy_public.take_own", "privacy_public.forget_entry",
    "own_public.show_opening", "briefing_public.show_seat_link",
}  # fmt: skip


@pytest.fixture
def filled(world):
    pages.fill(world)
    with clock.at(NOON):
        yield world


def public_paths(world, language="en", but=frozenset()):
    rules = {rule.endpoint: rule for rule in rules_of(world) if "GET" in rule.methods}
    found = {
        name: path_of(world, rules[name], {**ids_of(world, name), "lang": language}) for name in sorted(PUBLIC - but)
    }
    if "rounds_public.sent_comment" in found:
        found["rounds_public.sent_comment"] = f"/{language}/consultations/upr/sent/{world.ids['upr']['own']}/"
    return found


def test_every_public_page_loads_its_stylesheet_and_nothing_else(filled):
    client = filled.browser("visitor")
    for path in public_paths(filled).values():
        answer = client.get(path)
        tree = html.fromstring(answer.data)
        loaded = [one.get("href") or one.tag for one in tree.xpath(LOADS)]

        assert answer.status_code == 200, path
        assert len(loaded) == 1, path
        assert loaded[0].startswith("/static/consult.css?"), path
        assert tree.xpath("//*[@style] | //style | //*[starts-with(name(@*), 'on')]") == [], path
        assert [a for a in tree.xpath("//@src | //@action | //@srcset") if "//" in a] == [], path


def test_links_to_elsewhere_are_none_but_those_in_a_text_and_to_safe_without_a_referrer(filled):
    client = filled.browser("visitor")
    settings = filled.app.extensions["consult settings"]
    to_safe = 0
    for path in public_paths(filled).values():
        links = html.fromstring(client.get(path).data).xpath("//*[@href]")
        away = [a for a in links if "//" in a.get("href") and not a.get("href").startswith(settings.base_url)]
        safe = [a for a in away if a.get("href").startswith((settings.safe_url, "http://localhost:8001/"))]
        to_safe += len(safe)

        assert [a.get("href") for a in away if a not in safe] == [], path
        assert {a.get("rel") for a in safe} <= {"noreferrer"}, path
    assert to_safe


def test_a_draft_of_160_paragraphs_is_light_with_a_link_to_comment_on_each(filled):
    from bench.drafts import the_draft
    from tests.support.world import open_round, upload

    upload(filled, "other", the_draft())
    open_round(filled, "other", now=NOON, closes_at=NOON.replace(month=4))

    page = filled.browser("visitor").get("/en/consultations/other/draft/")

    assert page.text.count("/comment/") == 161
    assert weight(page.data) <= DRAFT_MAX


def alternates(tree):
    return {link.get("hreflang"): link.get("href") for link in tree.xpath("//link[@rel='alternate'][@hreflang]")}


def test_each_page_names_itself_in_every_language_in_which_it_exists(filled):
    client = filled.browser("visitor")
    base = filled.app.extensions["consult settings"].base_url
    for name, path in public_paths(filled, but=PERSONAL).items():
        own = alternates(html.fromstring(client.get(path).data))
        languages = {"en", "ar"} if "/consultations/upr/" in path else {"en", "ar", "zh"}
        if name in DRAFT:
            assert own == {}, path
            continue

        assert own["x-default"] == base + ("/" if name == "site_public.home" else path), path
        assert set(own) == languages | {"x-default"}, path
        for code in languages:
            assert own[code] == f"{base}/{code}/{path[4:]}", path
            assert alternates(html.fromstring(client.get(own[code].removeprefix(base)).data)) == own, path


def test_pages_of_one_person_of_staff_and_of_refusals_have_no_other_languages_for_search_engines(filled):
    personal = [public_paths(filled)[name] for name in PERSONAL]
    asked = [("visitor", path) for path in [*personal, "/en/nowhere/"]]
    asked += [("participant", "/en/consultations/upr/my-comments/"), ("secretariat", "/staff/")]

    for who, path in asked:
        assert alternates(html.fromstring(filled.browser(who).get(path).data)) == {}, path


def test_the_links_to_other_languages_keep_the_page_also_after_a_form_and_with_what_was_asked(filled):
    client = filled.browser("visitor")
    for path in [*public_paths(filled).values(), "/en/consultations/other/draft/3/changes/?from=1"]:
        links = {
            a.get("hreflang"): a.get("href")
            for a in html.fromstring(client.get(path).data).xpath("//header//a[@hreflang]")
        }

        assert links == {code: f"/{code}/{path[4:]}" for code in ("ar", "zh")}, path
    other = client.get("/en/consultations/other/draft/3/changes/?version=9&x=1")
    assert "version=9" not in other.text  # caches keep this page for everybody
    sent = client.post("/en/consultations/upr/comment/1/", data={})
    tree = html.fromstring(sent.data)

    assert sent.status_code == 422
    assert tree.xpath("//header//a[@hreflang='ar']/@href") == ["/ar/consultations/upr/comment/1/"]
    assert html.fromstring(client.get("/en/nowhere/").data).xpath("//header//a[@hreflang='ar']/@href") == ["/ar/"]


def test_each_page_says_what_it_is_to_those_who_share_it(filled):
    client = filled.browser("visitor")
    for path in public_paths(filled, but=PERSONAL).values():
        tree = html.fromstring(client.get(path).data)
        told = {one.get("property"): one.get("content") for one in tree.xpath("//meta[starts-with(@property, 'og:')]")}

        assert set(told) == {"og:type", "og:site_name", "og:title", "og:locale", "og:description"}, path
        assert all(words.strip() and "<" not in words for words in told.values()), path
        assert tree.xpath("//title")[0].text.startswith(told["og:title"]), path


LETTERS = {"ar": ("؀", "ۿ"), "zh": ("一", "鿿")}  # first and last of their script


def foreign_words(tree, language):
    """Texts in the letters of another language than the nearest `lang` says."""
    found = []
    for node in tree.xpath("//body//text()"):
        near = node.getparent().xpath("(ancestor-or-self::*[@lang])[last()]/@lang")
        said = (near or [language])[0]
        for code, (first, last) in LETTERS.items():
            if code != said and any(first <= letter <= last for letter in node) and not _is_free(node.getparent()):
                found.append((said, node.strip()[:60]))
    return found


def _is_free(element):
    """Names of people and things, and what somebody typed, where nobody knows the language."""
    return bool(
        element.xpath(
            "ancestor-or-self::bdi | ancestor-or-self::*[@dir='auto'] | ancestor-or-self::label | ancestor-or-self::option"
        )
    )


@pytest.mark.parametrize("language", ["en", "ar", "zh"])
def test_a_passage_in_another_language_says_so(filled, language):
    pages.speak(filled, language)
    found = []
    for who, path in pages.visits(filled, language):
        tree = html.fromstring(filled.browser(who).get(path).data)
        found += [(path, *one) for one in foreign_words(tree, language)]
        for one in tree.xpath("//*[@lang]"):
            code = one.get("lang")
            if one.tag != "html" and KNOWN.get(code) and KNOWN[code].direction != i18n.direction_of(language):
                has = one.get("dir") or one.tag == "bdi" or one.xpath("ancestor::*[@dir][1]")
                found += [] if has else [(path, "no dir", code, one.text_content()[:40])]

    assert found == [], "\n".join(map(str, found))
