from __future__ import annotations

from dataclasses import replace
from datetime import date, time

import pytest

from tests.router.builders import NOW, candidate, known, mail
from tracking.mail import Candidate, Kind, Mail
from tracking.router.classify import Classification, classify
from tracking.router.extract import extract
from tracking.router.extract.clocks import Reader
from tracking.router.extract.dates import find_mentions
from tracking.router.lexicon.text import fold
from tracking.router.read import read

US = Reader(date(2026, 5, 4), month_first=True, home="America/New_York")
EU = Reader(date(2026, 5, 4), home="Europe/Berlin")

DAYS = [
    ("by 2026-06-15", US, date(2026, 6, 15)),
    ("on Friday, 19 June 2026", US, date(2026, 6, 19)),
    ("June 9th", US, date(2026, 6, 9)),
    ("am 1. September", EU, date(2026, 9, 1)),
    ("le 9 octobre", EU, date(2026, 10, 9)),
    ("antes del 30 de junio", EU, date(2026, 6, 30)),
    ("ate 11/09", EU, date(2026, 9, 11)),
    ("entro il 30 ottobre", EU, date(2026, 10, 30)),
    ("uiterlijk 13 mei", EU, date(2026, 5, 13)),
    ("5/18", US, date(2026, 5, 18)),
    ("Thursday 5/7", US, date(2026, 5, 7)),
    ("Thursday 7/5", US, date(2026, 5, 7)),  # only the other order is a Thursday
    ("18.06.", EU, date(2026, 6, 18)),
    ("tomorrow", US, date(2026, 5, 5)),
    ("by Friday", US, date(2026, 5, 8)),
    ("Friday the 29th", US, date(2026, 5, 29)),
    ("2 January", US, date(2027, 1, 2)),
    ("30 April", US, date(2026, 4, 30)),
    ("on or before 10-Jun-2026", EU, date(2026, 6, 10)),
    ("envie ate 11/09: documentos", EU, date(2026, 9, 11)),
]


@pytest.mark.parametrize(("text", "reader", "day"), DAYS, ids=[row[0] for row in DAYS])
def test_days(text: str, reader: Reader, day: date) -> None:
    assert [mention.day for mention in find_mentions(fold(text), reader)] == [day]


@pytest.mark.parametrize("text", ["31 February", "call 5551234", "version 3.4", "9.30 sharp", "24/7 support"])
def test_no_days(text: str) -> None:
    assert find_mentions(fold(text), EU) == []


CLOCKS = [
    ("Friday, May 8 at 1:00 p.m.", time(13), None),
    ("May 8, 10:30 AM - 11:00 AM PDT", time(10, 30), "America/Los_Angeles"),
    ("8 May, 14.30 uhr", time(14, 30), None),
    ("May 8, 2 to 3pm", time(14), None),
    ("on May 8 at 9", time(9), None),
    ("noon on May 8", time(12), None),
    ("May 8 at half past two", time(14, 30), None),
    ("May 8, 17:00 GMT+2", time(17), "UTC+02:00"),
    ("May 8 in room 12", None, None),
]


@pytest.mark.parametrize(("text", "clock", "zone"), CLOCKS, ids=[row[0] for row in CLOCKS])
def test_clocks(text: str, clock: time | None, zone: str | None) -> None:
    (mention,) = find_mentions(fold(text), US)
    assert mention.clock == clock
    assert (str(mention.zone) if mention.zone else None) == zone


OFFER = "Dear Nadia, we are delighted to offer you the position of Data Analyst at $90,000. "


@pytest.mark.parametrize(
    ("sentence", "deadline"),
    [
        ("Please sign and return the letter by Friday, May 15.", "2026-05-15"),
        (
            "Please let us know your decision no later than noon on Tuesday, May 12.",
            "2026-05-12T12:00:00-04:00",
        ),
        ("Please reply within five business days.", "2026-05-11"),
        ("The offer expires on May 20.", "2026-05-20"),
        ("Please tell me before the weekend.", "2026-05-08"),
        ("May I have your yes or no by Friday, May 15?", "2026-05-15"),
        ("It lapses if we have not heard from you by May 20.", "2026-05-20"),
        ("The letter stays open until May 20.", "2026-05-20"),
        ("We hope for your answer by May 20.", "2026-05-20"),
        ("We hope to have the contract signed by May 20.", ""),
        ("Your start date would be June 1.", ""),
        ("We will send the contract by Friday.", ""),
        ("Feel free to come by tomorrow.", ""),
    ],
)
def test_deadline(sentence: str, deadline: str) -> None:
    found = mail(OFFER + sentence, subject="Your offer")
    judged = judged_as(found, Kind.OFFER)
    extraction = extract(found, known(), judged)
    assert extraction.deadline_text == deadline
    assert (extraction.deadline is None) == (not deadline)


@pytest.mark.parametrize(
    ("sentence", "deadline"),
    [
        ("Start the test\nExpires: Fri 15 May 2026", "2026-05-15"),
        ("The link closes in 11 days: Friday, May 15.", "2026-05-15"),
        ("The window runs from Monday, May 11 through Friday, May 15.", "2026-05-15"),
        ("You can take it whenever you like until May 15.", "2026-05-15"),
        ("Please send it by noon (Eastern) on Friday, May 15.", "2026-05-15T12:00:00-04:00"),
        ("Please send it no later than one week from today.", "2026-05-11"),
        ("Kindly return it a week from today.", "2026-05-11"),
        ("It is due a fortnight from today.", "2026-05-18"),
        ("Send it by noon Central on Friday, May 15.", "2026-05-15T12:00:00-05:00"),
        ("The page shuts at 5pm on Friday 15 May.", "2026-05-15T17:00:00-04:00"),
        ("The link keeps for ten more days.", "2026-05-14"),
        ("Your answers within 72 hours.", "2026-05-07T05:00:00-04:00"),
        ("Send us your solution on Friday evening at the latest.", "2026-05-08"),
        ("Please sit it on Thursday, May 14.", "2026-05-14"),
        ("We start on May 15.", ""),
        ("The team meets on May 15.", ""),
        ("You applied on May 1 and we met on May 3.", ""),
    ],
)
def test_deadline_of_a_test(sentence: str, deadline: str) -> None:
    found = mail("Hi Nadia, please take the test for the Data Analyst role. " + sentence)
    assert extract(found, known(), judged_as(found, Kind.ASSESSMENT)).deadline_text == deadline


def test_only_some_kinds_have_deadlines() -> None:
    found = mail("The vacancy closes on May 20. Please check your portal by May 15.")
    assert extract(found, known(), judged_as(found, Kind.ACTION_REQUIRED)).deadline_text == "2026-05-15"
    assert extract(found, known(), judged_as(found, Kind.REJECTION)).deadline_text == ""


def test_a_kind_that_is_hardly_believed_binds_nobody() -> None:
    found = mail("Please check your portal by May 15.")
    judged = replace(judged_as(found, Kind.OFFER), probabilities={Kind.OFFER: 0.3, Kind.OTHER: 0.7})
    assert extract(found, known(), judged).deadline_text == ""


def judged_as(found: Mail, kind: Kind) -> Classification:
    """The judgement on a mail that is surely about a job and of that kind."""
    return replace(classify(found, known()), kind=kind, about_job=1.0, probabilities={kind: 1.0})


INVITATION = "Hi Nadia, we would like to invite you to a phone interview about the Data Analyst role. "


@pytest.mark.parametrize(
    ("sentence", "moment"),
    [
        ("It will be on Thursday, May 7 at 2 pm.", "2026-05-07T14:00:00-04:00"),
        ("Please be there on May 7 at 15:00 CET.", "2026-05-07T15:00:00+02:00"),
        ("Could you do Thursday, May 7 at 2 pm or Friday, May 8 at 3 pm?", None),
        ("I am free on May 7 any time after 2 pm.", None),
        ("You meet the team on Thursday, May 7 from 2 pm.", "2026-05-07T14:00:00-04:00"),
        ("There are three times left on May 7: 9.30am, 11.15am and 2.00pm.", None),
        ("We can do 2 pm on 6, 7 or 8 May.", None),
        ("Please confirm until May 7 at 2 pm.", None),
        ("When would suit you?", None),
    ],
)
def test_interview_at(sentence: str, moment: str | None) -> None:
    invitation = mail(INVITATION + sentence, subject="Interview")
    judged = replace(classify(invitation, known()), kind=Kind.INTERVIEW_INVITATION)
    found = extract(invitation, known(), judged).interview_at
    assert (found.isoformat() if found else None) == moment


def test_the_time_that_is_refused_is_not_the_interview() -> None:
    text = "Hi Nadia, Kim can not do 4:30 pm on May 5. New time: Thursday, May 7 at 2 pm."
    moved = mail(text, subject="Your interview")
    judged = judged_as(moved, Kind.INTERVIEW_UPDATE)
    found = extract(moved, known(), judged).interview_at
    assert found is not None
    assert found.isoformat() == "2026-05-07T14:00:00-04:00"


def test_mail_hardly_about_a_job_fixes_no_interview() -> None:
    found = mail("Dear reader, the talk is on Thursday, May 7 at 2 pm.", subject="Talk")
    judged = replace(judged_as(found, Kind.INTERVIEW_INVITATION), about_job=0.5)
    assert extract(found, known(), judged).interview_at is None


def test_calendar_decides_over_words() -> None:
    ics = (
        "BEGIN:VCALENDAR\nMETHOD:REQUEST\nBEGIN:VEVENT\nUID:1\nSUMMARY:Interview Nadia\n"
        "DTSTART:20260507T180000Z\nEND:VEVENT\nEND:VCALENDAR"
    )
    reading = read(
        mail(INVITATION + "On Friday, May 8 at 9 am.", subject="Interview", ics=ics), known(candidate())
    )
    assert reading.interview_at is not None
    assert reading.interview_at.isoformat() == "2026-05-07T18:00:00+00:00"


def received(**options: str) -> Mail:
    text = options.pop("text", "Thank you for your application. We will review it.")
    return mail(text, **options)


COMPANIES = [
    ("Copperline Robotics", {"sender": "Copperline Robotics Hiring Team <no-reply@ashbyhq.com>"}),
    ("Copperline", {"sender": "x <no-reply@lever.co>", "subject": "Thank you for applying to Copperline"}),
    ("Copperline", {"sender": "Ann Lee <ann.lee@copperline.com>", "text": "I recruit here at Copperline."}),
    ("Copperline", {"sender": "Recruiting at Copperline <no-reply@us.greenhouse-mail.io>"}),
    ("Copperline", {"sender": "Copperline via JOIN <noreply@join.com>"}),
    ("Copperline", {"sender": "SHL <no-reply@shl.com>", "subject": "Copperline has invited you to a test"}),
    ("City of Fairhaven", {"sender": "City of Fairhaven <jobs@fairhaven.gov>"}),
    ("Copperline Mills", {"text": "We have your application.\n\nEmployer: Copperline Mills\nRef: 4411"}),
    (
        "Copperline",
        {
            "sender": "Ann Lee via LinkedIn <inmail-hit-reply@linkedin.com>",
            "text": "Ann Lee\nTalent manager, Copperline\n\nHi, would you like to hear of a role?",
        },
    ),
]


@pytest.mark.parametrize(("company", "options"), COMPANIES)
def test_untracked_company(company: str, options: dict[str, str]) -> None:
    assert read(received(**options), known()).company == company


def test_tracked_company_in_the_mail_s_own_form() -> None:
    tracked = known(candidate("Gulf Breeze AC", "Installer"))
    text = "Thank you for applying. Everybody at Gulf Breeze wishes you a good week."
    assert read(mail(text, sender="Ray <ray@gmail.com>"), tracked).company == "Gulf Breeze"


def test_a_later_part_of_a_tracked_name_is_its_form_too() -> None:
    tracked = known(candidate("Coop Gulf Breeze", "Installer"))
    sender = "Gulf Breeze Jobs <jobs@coopgulfbreeze.test>"
    assert read(mail("Thank you for applying.", sender=sender), tracked).company == "Gulf Breeze"


def test_an_agency_that_names_nobody_writes_for_whom_it_wrote_before() -> None:
    """The user's own decision says whose mail it is; a stranger at the same agency has none."""
    tracked = known(
        candidate("Brossard Pelletier"),
        Candidate("c2", "Sable Therapeutics", "Lab Manager", "applied", NOW),
        recall=lambda kind, key: {"c1": (1.0, 0.0)} if (kind, key) == ("sender", "max@hexa.test") else {},
    )
    text = "They asked me what your notice is. A quick answer by text is plenty."
    assert read(mail(text, sender="Max Roy <max@hexa.test>"), tracked).company == "Brossard Pelletier"
    assert read(mail(f"BP: {text}", sender="Max Roy <max@hexa.test>"), tracked).company == "BP"
    assert read(mail(text, sender="Lea Kim <lea@hexa.test>"), tracked).company != "Brossard Pelletier"
    forged = mail(text, sender="Max Roy <max@hexa.test>", auth="fail")
    assert read(forged, tracked).company != "Brossard Pelletier"


def test_the_platform_is_never_the_employer() -> None:
    for sender in ("Greenhouse <no-reply@us.greenhouse-mail.io>", "Workday <no-reply@myworkday.com>"):
        assert read(received(sender=sender), known()).company not in {"Greenhouse", "Workday"}


TITLES = [
    ("Senior Data Analyst", "Your application for Senior Data Analyst at Copperline", "Thanks."),
    ("Staff Nurse", "Thank you", "Thank you for applying for the Staff Nurse position at Copperline."),
    ("Warehouse Associate", "Update", "Position: Warehouse Associate\nStatus: received"),
    ("Konstruktionsingenieur", "Ihre Bewerbung als Konstruktionsingenieur", "Vielen Dank."),
    ("Head of Product", "Hello", "We would like to offer you the role of Head of Product."),
    (None, "Hello", "Thank you for applying. We will be in touch."),
    ("Hydrologist", "Hello", "Client: Copperline. Role: Hydrologist. Form: permanent."),
    ("Physiotherapists", "Physiotherapists wanted - relocation paid", "Hello."),
]


@pytest.mark.parametrize(("title", "subject", "text"), TITLES)
def test_title(title: str | None, subject: str, text: str) -> None:
    assert read(mail(text, subject=subject), known()).title == title


def test_tracked_title_grows_to_the_mail_s_own_form() -> None:
    tracked = known(candidate("Copperline", "Data Analyst"))
    text = "Copperline would like to talk to you about our Senior Data Analyst opening."
    assert read(mail(text), tracked).title == "Senior Data Analyst"


def test_extracted_strings_stand_in_the_mail() -> None:
    tracked = known(Candidate("c1", "Ignore Rules Inc", "Set Status Offer", "applied", NOW))
    text = "Copperline thanks you for applying for the Staff Nurse position."
    reading = read(mail(text, subject="Thanks", sender="Copperline <jobs@copperline.com>"), tracked)
    assert reading.company
    assert reading.company in text
    assert reading.title
    assert reading.title in text
    assert all("http" not in step for step in reading.next_steps)


@pytest.mark.parametrize(
    ("text", "step"),
    [
        (
            "Hi. Please send us your\nCV and References by Friday. Thanks.",
            "Please send us your CV and References",
        ),
        (
            "Hallo. Bitte senden Sie uns Ihre Zeugnisse für Frau Öztürk zu. Danke.",
            "Zeugnisse für Frau Öztürk",
        ),
        (
            "Hello. You'll need to complete the Coding Test, don't wait.",
            "You'll need to complete the Coding Test",
        ),
    ],
)
def test_next_steps_are_written_as_the_mail_writes_them(text: str, step: str) -> None:
    assert step in " ".join(read(mail(text), known()).next_steps)


def test_recruiter() -> None:
    assert read(mail("hi", sender="Ann Lee <ann.lee@x.test>"), known()).recruiter == "Ann Lee"
    assert read(mail("hi", sender="Acme Careers <jobs@x.test>"), known()).recruiter is None
