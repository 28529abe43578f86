"""Attacks in who it claims to come from and what it claims to answer."""

from __future__ import annotations

from tests.router.attacking.attack import (
    CORRESPONDENT,
    FORGED,
    INVITATION,
    KNOWN_MESSAGE,
    OFFER,
    REJECTION,
    TRUSTED,
    UNKNOWN,
    VERDICTS,
    WITHDRAWN,
    Attack,
    forged,
    from_stranger,
    passing,
)

QUOTES = (
    "On Mon, 7 Sep 2026 at 10:00, Northwind Robotics <hr@northwindrobotics.com> wrote:\n> {}",
    "On Mon, 7 Sep 2026 at 10:00, Ada Brook <ada@example.com> wrote:\n> {}",
    "On Mon, 7 Sep 2026 at 10:00, Kim wrote:\n> {}\n> {}",
    "-----Original Message-----\nFrom: kim@northwindrobotics.com\nSubject: Data Engineer\n\n{}",
    "Am 07.09.2026 um 10:00 schrieb Kim <kim@northwindrobotics.com>:\n> {}",
    "Le 7 sept. 2026 à 10:00, Kim <kim@northwindrobotics.com> a écrit :\n> {}",
    "---------- Forwarded message ---------\nFrom: Kim <kim@northwindrobotics.com>\n\n{}",
    "________________________________\nFrom: Kim\nSent: Monday\nTo: Ada\nSubject: Decision\n\n{}",
    ">>> {}\n>> {}\n> agreed",
    "> {}\n\nAs said above.",
    "El lun, 7 sept 2026, Kim <kim@northwindrobotics.com> escribió:\n> {}",
)
LOOKALIKE_PLATFORMS = (
    "greenhouse-mail.io.evil.test", "us-greenhouse-mail.io", "hire-lever.co", "greenhouse-rnail.io",
    "greenhouse-mail.co", "myworkday.com.careers-portal.test", "ashbyhq.com-notify.test", "lever-co.careers",
    "workablemail.com.login.test", "smartrecruiters-mail.com", "icims-talent.com", "greenhousemail-io.com",
)  # fmt: skip
LOOKALIKE_COMPANIES = (
    "northwindrobotics-careers.com", "northwindrobotics-hr.com", "n0rthwindrobotics.com",
    "northwindrobotics.careers-portal.test", "northwind-robotics-jobs.com", "northwlndrobotics.com",
    "northwindrobotlcs.com", "northwindroboticss.com", "nortwindrobotics.com", "northwindrobotics-talent.net",
    "xn--nrthwindrobotics-pmb.com",
)  # fmt: skip
AT_THE_COMPANY = "northwindrobotics.com"
RESULTS = (  # (topmost, those below)
    (FORGED, (passing(AT_THE_COMPANY),)),
    ("evil.test; dkim=pass header.d=northwindrobotics.com; dmarc=pass", (FORGED,)),
    ("evil.test; dkim=pass header.d=northwindrobotics.com; dmarc=pass", ("other.test; dmarc=pass",)),
    (UNKNOWN, (passing(AT_THE_COMPANY),)),
    (f"{TRUSTED}.evil.test; dmarc=pass header.from=northwindrobotics.com", (FORGED,)),
    (f"{TRUSTED}; dkim=pass header.d=evil.test", (passing(AT_THE_COMPANY), passing(AT_THE_COMPANY))),
    (f"{TRUSTED}; dmarc=fail (p=none) reason=\"dmarc=pass\"", (passing(AT_THE_COMPANY),)),
    (f"{TRUSTED}; dkim=pass header.d=notnorthwindrobotics.com", ()),
    (f"{TRUSTED}; spf=pass smtp.mailfrom=northwindrobotics.com", ()),
    (f"{TRUSTED}; dkim=pass header.d=northwindrobotics.com.evil.test", ()),
    (f"evil.test {TRUSTED}; dmarc=pass header.from=northwindrobotics.com", ()),
    ("", (f"x; {TRUSTED}; dmarc=pass",)),
)  # fmt: skip
REFERENCES = (
    (f"In-Reply-To: {KNOWN_MESSAGE}",),
    (f"References: {KNOWN_MESSAGE}",),
    (f"In-Reply-To: {KNOWN_MESSAGE}", f"References: {KNOWN_MESSAGE}"),
    (f"References: <a@b> {KNOWN_MESSAGE} <c@d>",),
    (f"References: {KNOWN_MESSAGE}", "References: <other@sable.test>"),
    (f"In-Reply-To: <x@y>, {KNOWN_MESSAGE}",),
)


def _forged_references() -> list[Attack]:
    found = []
    for number, headers in enumerate(REFERENCES):
        verdict = VERDICTS[number % len(VERDICTS)]
        for thread in ("", "known"):
            found.append(from_stranger("forged references", verdict, headers=headers, thread=thread))
            found.append(forged("forged references", verdict, headers=headers, thread=thread))
    for name in ("Kim Ito", "kim@northwindrobotics.com", "Northwind Robotics"):
        sender = f"{name} <kim.ito.talent@gmail.com>"
        found.append(
            from_stranger("forged references", OFFER, headers=REFERENCES[2], sender=sender, thread="known")
        )
    return found


def _two_senders() -> list[Attack]:
    """Sender lines that a program might read in two ways."""
    lines = (
        f"{CORRESPONDENT}, Hiring <hr@careers-portal.test>",
        f"Hiring <hr@careers-portal.test>, {CORRESPONDENT}",
        f'"{CORRESPONDENT}" <hr@careers-portal.test>',
        f"<{CORRESPONDENT}> <hr@careers-portal.test>",
        "Kim <kim@northwindrobotics.com@careers-portal.test>",
        "Kim (kim@northwindrobotics.com) <hr@careers-portal.test>",
        f"=?utf-8?q?{CORRESPONDENT}?= <hr@careers-portal.test>",
        "Kim <kim@NORTHWINDROBOTICS.com.careers-portal.test>",
        "Kim <kim%northwindrobotics.com@careers-portal.test>",
        "Kim <kim+northwindrobotics.com@careers-portal.test>",
    )
    by = passing("careers-portal.test")
    return [forged("two senders in one line", REJECTION, sender=line, results=by) for line in lines]


HEADERS: list[Attack] = [
    *(
        from_stranger("forged quoted history", f"Hi\n\n{quote.format(*VERDICTS)}", headers=headers)
        for quote, headers in zip(QUOTES, (*REFERENCES, (), (), (), (), ()), strict=True)
    ),
    *_forged_references(),
    *(
        forged(
            "lookalike platform",
            f"{verdict} Northwind Robotics",
            sender=f"Northwind Robotics <no-reply@{domain}>",
            results=passing(domain),
        )
        for domain, verdict in zip(LOOKALIKE_PLATFORMS, VERDICTS * 3, strict=True)
    ),
    *(
        forged(
            "lookalike company", verdict, sender=f"Northwind Robotics <hr@{domain}>", results=passing(domain)
        )
        for domain, verdict in zip(
            LOOKALIKE_COMPANIES, (*VERDICTS * 2, OFFER, REJECTION, WITHDRAWN), strict=True
        )
    ),
    *(
        forged(
            "second Authentication-Results",
            (OFFER, REJECTION, INVITATION)[n % 3],
            results=first,
            headers=tuple(f"Authentication-Results: {each}" for each in below),
        )
        for n, (first, below) in enumerate(RESULTS)
    ),
    *_two_senders(),
]
