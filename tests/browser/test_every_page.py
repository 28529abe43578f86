"""Every page, narrow and wide, light and dark: it fits, follows the theme, and axe-core finds nothing."""

from __future__ import annotations

from pathlib import Path

import axe_playwright_python
import pytest

from tests.browser.conftest import NARROW, WIDE
from tests.browser.pages import EMPTY, PUBLIC, addresses, fill, use_up

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text()
FINDINGS = """async () => {
    const moving = document.getAnimations().filter((each) => each.effect.getTiming().iterations !== Infinity);
    await Promise.allSettled(moving.map((each) => each.finished));
    const found = await axe.run(document, {resultTypes: ["violations"]});
    return found.violations.map((each) => `${each.id}: ${each.nodes.map((node) => node.target).join(" | ")}`);
}"""
LOOKS = """() => {
    const background = getComputedStyle(document.body).backgroundColor;
    const canvas = document.createElement("canvas").getContext("2d");
    canvas.fillStyle = background;
    canvas.fillRect(0, 0, 1, 1);
    const [r, g, b] = canvas.getImageData(0, 0, 1, 1).data;
    const wider = document.documentElement.scrollWidth - innerWidth;
    const beyond = [...document.querySelectorAll("main *")]
        .filter((each) => each.getBoundingClientRect().right > innerWidth + 1)
        .map((each) => each.outerHTML.slice(0, 90));
    const tab = document.querySelector(".tabs [aria-current]");
    const tabIsCut = tab !== null && tab.getBoundingClientRect().right > innerWidth;
    const brightness = (r + g + b) / 3;
    return {wider, tabIsCut, beyond: wider > 0 ? beyond.slice(0, 5) : [], brightness, background};
}"""


def complaints(page, theme):
    """What is wrong with the page that is open."""
    looks = page.evaluate(LOOKS)
    if looks["wider"] > 0:
        yield f"{looks['wider']} pixels too wide: {looks['beyond']}"
    if looks["tabIsCut"]:
        yield "the open tab is out of sight"
    if not (looks["brightness"] > 200 if theme == "light" else looks["brightness"] < 60):
        yield f"its background is {looks['background']}"
    page.evaluate(AXE)
    yield from page.evaluate(FINDINGS)


def pages_of(who, user):
    if who == "visitor":
        return None, PUBLIC
    if who == "newcomer":
        return user, EMPTY
    if who == "at the limit":
        return user, use_up(user)
    fill(user)
    return user, addresses(user)


@pytest.mark.parametrize("size", [NARROW, WIDE], ids=["narrow", "wide"])
@pytest.mark.parametrize("who", ["visitor", "newcomer", "at the limit", "owner"])
def test_nothing_is_wrong_with_any_page(user, open_browser, faults, who, size):
    faults.expect("status of 404")
    owner, paths = pages_of(who, user)
    wrong = []
    for theme in ("light", "dark"):
        page = open_browser(owner, viewport=size, color_scheme=theme)
        for name, path in paths.items():
            page.goto(path)
            wrong += [f"{name} in {theme}: {each}" for each in complaints(page, theme)]
    assert not wrong, "\n".join(wrong)
