"""Uploading files of mail: what is read, and what the page says about files that hold none."""

from __future__ import annotations

import io
import re
import zipfile

import pytest
from playwright.sync_api import expect

from tests.browser.scenes import application, look_again
from tests.tracking.mails import confirmation, everyday
from tests.workers import wait_for
from tracking.models import Message, SyncRun, Upload, UploadChunk

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def mbox(*mails) -> bytes:
    return b"".join(b"From x@y Mon Nov 02 09:00:00 2026\n" + raw.content + b"\n" for raw in mails)


def zipped(name: str, content: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(name, content)
    return file.getvalue()


def send(page, name, content):
    page.get_by_label("File", exact=True).set_input_files(
        {"name": name, "mimeType": "application/octet-stream", "buffer": content}
    )
    page.get_by_role("button", name="Upload").click()


@pytest.mark.slow
def test_an_mbox_is_read_by_a_worker(user, open_browser, start_worker, picture):
    application(user, "Lumen Health")
    page = open_browser(user)
    page.goto("/settings/integrations/")
    send(page, "Takeout.mbox", mbox(confirmation(1), everyday(2), confirmation(3, title="Data Lead")))
    expect(page.locator(".toast")).to_contain_text("Takeout.mbox is being read")
    expect(page.locator("#mailboxes")).to_contain_text(re.compile(r"Takeout\.mbox .*waiting"))
    start_worker()
    wait_for(SyncRun.objects.filter(state="completed").exists)
    look_again(page)
    expect(page.locator("#mailboxes")).to_contain_text(re.compile(r"Takeout\.mbox .*read"))
    expect(page.locator("#mailboxes")).to_contain_text("2 e-mails about your applications")
    expect(page.locator("#live-inbox")).to_have_text("2 waiting")
    assert SyncRun.objects.get().ignored == 1
    assert not UploadChunk.objects.exists()
    picture(page, "upload-read")


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("letter.eml", b"MZ\x90\x00\x03" + bytes(2000), "The file holds no mail."),
        ("pictures.zip", zipped("lake.jpg", b"\xff\xd8"), "There is no .mbox or .eml in the .zip."),
        ("broken.zip", b"PK\x03\x04 and nothing more", "The .zip is damaged."),
        ("nothing.mbox", b"", "The file is empty."),
    ],
)
def test_a_file_without_mail_is_told_in_clear_words(user, open_browser, faults, name, content, words):
    faults.expect("status of 422")
    page = open_browser(user)
    page.goto("/settings/integrations/")
    send(page, name, content)
    expect(page.get_by_role("alert")).to_contain_text(words)
    expect(page.get_by_role("alert")).to_contain_text(re.compile("Choose|Download it again"))
    assert not Upload.objects.exists()
    assert not Message.objects.exists()
