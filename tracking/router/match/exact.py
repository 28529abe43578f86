"""Exact keys: what ties a mail to one application without weighing, if the sender may be believed.

A key is only as good as who presents it: anybody can write a References header or quote a public job
link. So a key counts as exact only from an authenticated sender who has to do with the application.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from tracking.mail import Known, Mail, Reading
from tracking.router import keys
from tracking.router.domains import is_free_mail, registrable
from tracking.router.match.fits import domain_fits
from tracking.router.match.prepared import Index
from tracking.router.match.sender import Origin

_OF_THE_CONVERSATION = ("thread", "message")
_OF_A_POSTING = ("job", "req")
_NUMBER = re.compile(r"(?<!\d)\d{4,}(?!\d)")
_SCANNED = 20_000  # characters of the body looked at for numbers


@dataclass(frozen=True)
class Hit:
    """One key that points at a candidate. `kind` is thread, message, uid, job, req or reply."""

    place: int
    kind: str
    key: str
    trusted: bool


def hits(reading: Reading, mail: Mail, known: Known, among: Index, origin: Origin) -> list[Hit]:
    """Every exact key of `mail` that points at a candidate, believed or not."""
    found = dict.fromkeys(_pointers(mail, known, among))
    if mail.sent:
        found = dict.fromkeys(pointer for pointer in found if pointer[1] in _OF_THE_CONVERSATION)
    return [
        Hit(place, kind, key, _trusted(place, kind, mail, known, among, origin)) for place, kind, key in found
    ]


def _pointers(mail: Mail, known: Known, among: Index) -> Iterator[tuple[int, str, str]]:
    own = keys.exact_keys(mail)
    for key in own:
        linked = among.by_id.get(known.links.get(key, ""))
        if linked is not None:
            yield linked.place, key.partition(":")[0], key
    for key in own:
        for place in among.by_job_key.get(key, ()):
            yield place, "job", key
    numbers = {*_NUMBER.findall(mail.subject), *_NUMBER.findall(mail.text[:_SCANNED])}
    for number in sorted(numbers & among.by_number.keys()):
        for place in among.by_number[number]:
            yield place, "req", f"req:{number}"


def lasting_keys(mail: Mail) -> tuple[str, ...]:
    """The keys that later mail about the same application may carry: what to keep when a mail is linked.

    Numbers and job links are kept only where there is one of them; a digest has many.
    """
    found = keys.exact_keys(mail)
    by_kind = Counter(key.partition(":")[0] for key in found)
    return tuple(
        key
        for key in found
        if key.partition(":")[0] not in _OF_A_POSTING or by_kind[key.partition(":")[0]] == 1
    )


def _trusted(place: int, kind: str, mail: Mail, known: Known, among: Index, origin: Origin) -> bool:
    if mail.sent:
        return True
    if mail.auth == "fail":
        return False
    if origin.address in known.correspondents:
        return True
    if mail.auth != "pass":
        return False
    if origin.on_platform:
        return True
    if origin.domain and _corresponds(origin.domain, known):
        return True
    return bool(origin.domain) and domain_fits(origin.domain, among).get(place, 0.0) >= 0.8


def _corresponds(domain: str, known: Known) -> bool:
    hosts = {address.rpartition("@")[2] for address in known.correspondents}
    return any(registrable(host) == domain and not is_free_mail(host) for host in hosts)
