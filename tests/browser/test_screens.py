"""Narrow and wide screens, light and dark: every main page fits, and the inbox works in one column."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import NARROW, WIDE
from tests.browser.scenes import everything, queue, reload
from tests.factories import ApiTokenFactory, NotificationFactory, SyncRunFactory
from tracking.models import Message

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PUBLIC = {
    "home": "/",
    "sign-in": "/accounts/login/",
    "sign-up": "/accounts/signup/",
    "password-reset": "/accounts/password/reset/",
}
OWN = {
    "dashboard": "/dashboard/",
    "inbox": "/inbox/",
    "inbox-mail": "/inbox/?m={careful}",
    "orphans": "/inbox/?tab=orphans",
    "decided": "/inbox/?tab=decided",
    "nothing-found": "/inbox/?q=zzz",
    "bulk": "/inbox/bulk/?action=approve&select={careful}&select={waiting}",
    "runs": "/inbox/runs/",
    "board": "/applications/",
    "list": "/applications/?view=list",
    "archived": "/applications/?view=list&archived=1",
    "add": "/applications/add/",
    "application": "/applications/{application}/",
    "edit": "/applications/{application}/edit/",
    "thread": "/threads/{thread}/",
    "notifications": "/notifications/",
    "profile": "/settings/profile/",
    "security": "/settings/security/",
    "integrations": "/settings/integrations/",
    "disconnect": "/settings/integrations/{mailbox}/disconnect/",
    "plan": "/settings/plan/",
    "tokens": "/settings/tokens/",
    "data": "/settings/data/",
    "address": "/accounts/email/",
    "two-factor": "/accounts/2fa/",
    "not-found": "/nothing/",
}
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


@pytest.fixture
def addresses(user):
    """Every main page, of somebody with something of all there is."""
    application = everything(user)
    thread = Message.objects.get(application=application).thread
    rows = {
        "application": application,
        "thread": thread,
        "mailbox": thread.mailbox,
        "careful": Message.objects.exclude(warning="").get(),
        "waiting": Message.objects.in_review().filter(warning="").first(),
    }
    SyncRunFactory(mailbox=thread.mailbox)
    SyncRunFactory(mailbox=thread.mailbox, state="failed", error="rate_limited")
    NotificationFactory(user=user, text="A piece of news of some length " * 8)
    ApiTokenFactory(user=user, name="The script on the laptop in the study upstairs")
    ids = {name: row.pk for name, row in rows.items()}
    return {name: path.format(**ids) for name, path in OWN.items()}


@pytest.mark.parametrize("size", [NARROW, WIDE], ids=["narrow", "wide"])
def test_every_page_fits_in_light_and_dark(user, addresses, open_browser, faults, picture, size):
    faults.expect("status of 404")
    anybody, owner = open_browser(viewport=size), open_browser(user, viewport=size)
    pages = [(anybody, PUBLIC), (owner, addresses)]
    wrong = []
    for page, paths in pages:
        for name, path in paths.items():
            page.emulate_media(color_scheme="light")
            page.goto(path)
            light = page.evaluate(LOOKS)
            if page.viewport_size == NARROW:
                picture(page, f"narrow-{name}")
            page.emulate_media(color_scheme="dark")
            dark = page.evaluate(LOOKS)
            if page.viewport_size == WIDE:
                picture(page, f"dark-{name}")
            if light["wider"] > 0 or dark["wider"] > 0:
                wrong.append(f"{name} is {light['wider']} pixels too wide: {light['beyond']}")
            if light["tabIsCut"]:
                wrong.append(f"{name}: the open tab is out of sight")
            if light["brightness"] < 200 or dark["brightness"] > 60:
                wrong.append(f"{name}: {light['background']} in light, {dark['background']} in dark")
    assert not wrong, "\n".join(wrong)


def test_one_column_from_the_list_to_the_mail_and_back(user, open_browser, picture):
    (first, second, *_) = queue(user, 3)
    page = open_browser(user, viewport=NARROW, has_touch=True, is_mobile=True)
    page.goto("/inbox/")
    expect(page.locator(f"#row-{first.pk}")).to_be_visible()
    expect(page.locator("#detail")).to_be_hidden()

    page.locator(f"#row-{first.pk}").tap()
    expect(page.locator("#detail h2")).to_be_visible()
    expect(page.locator(".queue")).to_be_hidden()
    page.locator("#approve").tap()
    expect(page.locator("#detail h2")).to_have_text(second.subject)
    expect(page.locator(".toast")).to_contain_text("Applied → Interviewing")
    picture(page, "narrow-approved")
    reload(first)
    assert first.state == Message.State.LINKED

    page.get_by_role("link", name="Back to the list").tap()
    expect(page.locator(f"#row-{second.pk}")).to_be_visible()
    expect(page.locator("#detail")).to_be_hidden()
    expect(page.locator(f"#row-{first.pk}")).to_have_count(0)
    expect(page).to_have_url(re.compile(r"/inbox/\?tab=review$"))
    page.go_back()
    expect(page.locator("#detail h2")).to_be_visible()


def test_the_menus_of_the_header_work_on_a_narrow_screen(user, open_browser, picture):
    NotificationFactory(user=user)
    page = open_browser(user, viewport=NARROW, has_touch=True, is_mobile=True)
    page.goto("/dashboard/")
    page.locator(".bell summary").tap()
    news = page.locator(".bell .menu-panel")
    expect(news).to_be_visible()
    picture(page, "narrow-bell")
    box = news.bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= NARROW["width"]
    page.locator(".account summary").tap()
    expect(news).to_be_hidden()
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Sign out")).to_be_hidden()
    page.get_by_role("link", name="Inbox").first.tap()
    expect(page).to_have_url(re.compile("/inbox/$"))
