"""A spreadsheet comes along, is looked at, taken in, and taken back; with scripts and without."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from applications.models import Application
from tests.browser.conftest import NARROW
from tests.browser.scenes import application, noon_zone

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SHEET = """Employer;Position;Stage;Date applied;Town
Lumen Health;Data Analyst;Phone screen;12.03.2026;Oslo
Kestrel Energy and Grid Services Limited;Senior Quality Assurance Engineer, Platforms;Lost;02.03.2026;
Quillstone;Editor;Applied;sometime;Leeds
Bluefin Analytics;Analyst;Applied;01.03.2026;Remote
"""


def choose(page, content=SHEET):
    page.goto("/applications/")
    page.goto("/applications/import/")
    file = {"name": "my jobs.csv", "mimeType": "text/csv", "buffer": content.encode()}
    page.get_by_label("CSV file").set_input_files(file)
    page.get_by_role("button", name="Upload and look at it").click()
    expect(page.get_by_role("heading", name="my jobs.csv")).to_be_visible()


@pytest.mark.parametrize("scripts", [True, False], ids=["with-scripts", "without"])
def test_from_a_spreadsheet_to_the_board_and_back(user, open_browser, picture, scripts):
    application(user, "Bluefin Analytics", "Analyst")
    page = open_browser(user, java_script_enabled=scripts)
    choose(page)
    preview = page.locator(".preview-table")
    expect(preview).to_contain_text("stands for none of ours yet")
    expect(preview).to_contain_text("is no date we can read")
    expect(preview).to_contain_text("Tracked already")
    expect(page.get_by_role("button", name="Add 1 application", exact=True)).to_be_visible()
    picture(page, f"import-preview-{'scripts' if scripts else 'plain'}")

    page.get_by_label("Lost", exact=True).focus()
    page.get_by_label("Lost", exact=True).select_option("Rejected")
    if not scripts:
        page.get_by_role("button", name="Update the preview").click()
    expect(page.get_by_role("button", name="Add 2 applications")).to_be_visible()
    if scripts:
        expect(page.get_by_label("Lost", exact=True)).to_be_focused()
    page.get_by_role("button", name="Add 2 applications").click()
    expect(page.get_by_role("heading", name="2 applications added")).to_be_visible()
    expect(page.locator("main")).to_contain_text("Left out: 1 tracked already, 1 cannot be read.")
    picture(page, f"imported-{'scripts' if scripts else 'plain'}")
    assert Application.objects.of(user).count() == 3

    page.get_by_role("button", name="Take the import back").click()
    expect(page.get_by_role("heading", name="Import taken back")).to_be_visible()
    assert Application.objects.of(user).get().company == "Bluefin Analytics"


def test_columns_that_nobody_could_guess(user, open_browser, faults):
    faults.expect("status of 422")
    page = open_browser(user)
    choose(page, "A,B\nEditor,Quillstone\n")
    expect(page.locator("#preview")).to_contain_text("No row can be added as it stands.")
    page.get_by_label("A Editor").select_option("Job title")
    expect(page.get_by_role("alert")).to_contain_text("Choose the column that holds “Company”.")
    page.get_by_label("B Quillstone").select_option("Company")
    page.get_by_role("button", name="Add 1 application").click()
    expect(page).to_have_url(re.compile("/applications/import/.+/$"))
    assert Application.objects.of(user).get().title == "Editor"


def test_on_a_narrow_screen(user, open_browser, picture):
    page = open_browser(user, viewport=NARROW, has_touch=True, is_mobile=True)
    choose(page)
    picture(page, "narrow-import-preview")
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]


def test_reminders_with_and_without_scripts(user, open_browser, picture):
    user.timezone = noon_zone()
    user.save()
    job = application(user, "Lumen Health", at=timezone.now() - timedelta(days=30))
    for scripts in (True, False):
        Application.objects.update(remind_on=None, followed_up_at=None)
        page = open_browser(user, java_script_enabled=scripts)
        page.goto("/reminders/")
        expect(page.locator(f"#follow-{job.pk}")).to_contain_text("Nothing heard for 30 days")
        page.get_by_role("button", name="Snooze a week").click()
        expect(page.locator(".toast")).to_contain_text("you are reminded on")
        expect(page.get_by_role("heading", name="Later")).to_be_visible()
        page.get_by_text("Remind me on…").click()
        page.get_by_label("Day").fill((timezone.now() + timedelta(days=30)).strftime("%Y-%m-%d"))
        page.get_by_role("button", name="Set").click()
        expect(page.locator(".toast").last).to_contain_text("you are reminded on")
    picture(page, "reminders-later")
