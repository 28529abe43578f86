from __future__ import annotations

import pytest

from tests.router.builders import mail
from tracking.mail import Address
from tracking.router.keys import exact_keys, job_key, requisitions
from tracking.router.senders import platforms, sender_platform, tenant_slug

UUID = "0f8fad5b-d9cb-469f-a165-70867728950e"


@pytest.mark.parametrize(
    ("url", "key"),
    [
        ("https://boards.greenhouse.io/acme/jobs/4012345", "job:greenhouse:4012345"),
        ("https://acme.example/careers?gh_jid=4012345", "job:greenhouse:4012345"),
        (f"https://jobs.lever.co/acme/{UUID}/apply", f"job:lever:{UUID}"),
        (f"https://jobs.ashbyhq.com/acme/{UUID}", f"job:ashby:{UUID}"),
        ("https://acme.wd5.myworkdayjobs.com/en-US/x/job/Oslo/Data-Analyst_JR-1042", "job:workday:jr-1042"),
        ("https://www.linkedin.com/comm/jobs/view/3877120045?trk=x", "job:linkedin:3877120045"),
        ("https://greenhouse.io.evil.test/jobs/4012345", None),
        ("https://acme.example/jobs/12", None),
        ("https://[broken", None),
        ("", None),
    ],
)
def test_job_key(url: str, key: str | None) -> None:
    assert job_key(url) == key


@pytest.mark.parametrize(
    ("subject", "found"),
    [
        ("Your application to R-20418 Analyst", ("R-20418",)),
        ("Job ID: 117432 received", ("117432",)),
        ("Kennziffer 63/2026-11", ("63/2026-11",)),
        ("Reference number VS-2291", ("VS-2291",)),
        ("Application for 2026", ()),
        ("Interview on 12 May at 10:30", ()),
    ],
)
def test_requisitions(subject: str, found: tuple[str, ...]) -> None:
    assert requisitions(mail("body", subject=subject)) == found


def test_exact_keys_name_thread_messages_and_calendar() -> None:
    ics = "BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:abc@x\nEND:VEVENT\nEND:VCALENDAR"
    headers = "In-Reply-To: <b@x>\r\nReferences: <a@x> <b@x>\r\n"
    keys = exact_keys(mail("see https://boards.greenhouse.io/acme/jobs/4012345", headers=headers, ics=ics))
    assert keys == (
        "thread:t1", "message:<one@example.org>", "message:<b@x>", "message:<a@x>", "uid:abc@x",
        "job:greenhouse:4012345",
    )  # fmt: skip


def test_reply_address_of_one_application() -> None:
    sender = "Acme <acme+email+7ah2@talent.icims.com>"
    assert "reply:acme+email+7ah2@talent.icims.com" in exact_keys(mail("hi", sender=sender))
    assert not [
        key for key in exact_keys(mail("hi", sender="A <a+email+7@evil.test>")) if key.startswith("reply")
    ]


@pytest.mark.parametrize(
    ("address", "key", "tenant"),
    [
        ("no-reply@us.greenhouse-mail.io", "greenhouse", ""),
        ("acme@myworkday.com", "workday", "acme"),
        ("jo@acme.teamtailor-mail.com", "teamtailor", "acme"),
        ("jobs@greenhouse-mail.io.evil.test", None, ""),
        ("jobs@mygreenhouse-mail.io", None, ""),
        ("someone@google.com", None, ""),
        ("calendar-notification@google.com", "gcalendar", ""),
    ],
)
def test_sender_platform(address: str, key: str | None, tenant: str) -> None:
    found = sender_platform(Address("", address))
    assert (found.key if found else None) == key
    assert tenant_slug(Address("", address)) == tenant


def test_alert_addresses_send_only_alerts() -> None:
    alerts = Address("", "jobalerts-noreply@linkedin.com")
    receipts = Address("", "jobs-noreply@linkedin.com")
    found = sender_platform(alerts)
    assert found is not None
    assert found.sends_only_alerts(alerts)
    assert not found.sends_only_alerts(receipts)


def test_the_table_is_whole() -> None:
    keys = [platform.key for platform in platforms()]
    assert len(keys) == len(set(keys)) > 60
    assert {platform.kind for platform in platforms()} == {"ats", "assessment", "scheduling", "jobboard"}
