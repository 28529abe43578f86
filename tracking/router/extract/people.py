"""Who writes for the employer."""

from __future__ import annotations

import re
from typing import Final

from tracking.mail import Mail
from tracking.router.extract.display_name import is_person

_VIA: Final = re.compile(r"\s*[(,|–-]?\s*(?:\bvia\b|\bat\b|@|\bfrom\b|über|through|\().*$", re.IGNORECASE)
_LINE: Final = re.compile(r"^[A-ZÀ-Ý][\w'’.-]+(?: [A-ZÀ-Ý][\w'’.-]*){1,3}$")


def recruiter_of(mail: Mail) -> str | None:
    """The person who signs: the display name where it is a person's, else a name among the last lines."""
    if mail.sent:
        return None
    bare = _VIA.sub("", mail.sender.name).strip()
    if bare and is_person(bare, mail.sender.email):
        return bare
    for line in f"{mail.text[-300:]}\n{mail.signature[:200]}".split("\n")[-8:]:
        name = line.strip(" ,")
        if _LINE.match(name) and is_person(name, mail.sender.email):
            return name
    return None
