"""What axe cannot see of a page, tried by hand: small screens, wide spacing, the keyboard."""

from playwright.sync_api import Page

from tests.support.browser import axe

LOOKS = [(1280, "en", False), (360, "ar", True)]  # width, language, dark
SPACED = """() => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync('* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important }'
        + ' p { margin-block-end: 2em !important }');
    document.adoptedStyleSheets = [sheet];
}"""
CUT = """() => [...document.querySelectorAll('main *, header *')].filter(one => {
    const style = getComputedStyle(one);
    return style.overflowX !== 'visible' && one.clientWidth > 1 && one.scrollWidth > one.clientWidth + 1
        && !one.matches('.scroll, textarea, input, select, .contents');
}).map(one => one.outerHTML.slice(0, 120))"""
SIDEWAYS = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
STOPS = """() => {
    const all = [...document.querySelectorAll('a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex="0"]')];
    const seen = all.filter(one => one.checkVisibility() && !one.disabled);
    const first = (one) => {
        const group = seen.filter(other => other.type === 'radio' && other.name === one.name && other.form === one.form);
        return (group.find(other => other.checked) || group[0]) === one;
    };
    window.stops = seen.filter(one => one.type !== 'radio' || first(one));
    return window.stops.length;
}"""
HERE = """() => {
    const one = document.activeElement, box = one.getClientRects()[0], style = getComputedStyle(one);
    const middle = document.elementFromPoint(Math.max(1, box.x + Math.min(box.width, 40) / 2), box.y + Math.min(box.height, 20) / 2);
    return {
        at: window.stops.indexOf(one),
        marked: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2,
        shown: box.width > 0 && box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth
            && (!middle || one.contains(middle) || middle.contains(one) || one.type === 'file'),
        what: one.outerHTML.slice(0, 120),
    };
}"""


def wrong_on(page: Page, path: str) -> list[tuple[object, ...]]:
    """What axe and the hand find wrong with the page that is shown."""
    found: list[tuple[object, ...]] = [(path, problem["rule"], problem["where"][:2]) for problem in axe(page)]
    found += [(path, "scrolls sideways", "")] if page.evaluate(SIDEWAYS) else []
    before = page.viewport_size
    page.set_viewport_size({"width": 320, "height": 256})  # also what is left of 1280 by 1024 at 400 per cent
    found += [(path, "scrolls sideways at 320", "")] if page.evaluate(SIDEWAYS) else []
    page.evaluate(SPACED)
    found += [(path, "scrolls sideways with wide spacing", "")] if page.evaluate(SIDEWAYS) else []
    found += [(path, "is cut off with wide spacing", one) for one in page.evaluate(CUT)]
    page.set_viewport_size(before)
    page.evaluate("document.adoptedStyleSheets = []")
    return found


def walked_by_keyboard(page: Page, path: str) -> list[tuple[object, ...]]:
    """What is wrong where someone goes through a page by Tab: every control once, in the order of the page, the focus to be seen."""
    count = page.evaluate(STOPS)
    page.evaluate("document.activeElement.blur(); getSelection().removeAllRanges(); scrollTo(0, 0)")
    found: list[tuple[object, ...]] = []
    for expected in range(count):
        page.keyboard.press("Tab")
        here = page.evaluate(HERE)
        if (here["at"], here["marked"], here["shown"]) != (expected, True, True):
            found.append((path, "Tab", expected, here))
    return found[:3]
