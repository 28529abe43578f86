"""The employer where a mail names none: what it is by the conversation, or by earlier mail of the sender."""

from __future__ import annotations

import re

from tracking.mail import Known, Mail
from tracking.router.context import Context, name_tokens
from tracking.router.senders import sender_platform


def bare_name(company: str) -> str:
    """A tracked name without what its user put in brackets."""
    return re.sub(r"\s*\([^)]*\)", "", company).strip() or company


def of_earlier_mail(mail: Mail, known: Known, context: Context) -> str | None:
    """The company that this conversation, or all earlier mail of this sender, is about; None if unsure."""
    if context.linked is not None:
        return context.linked.company
    if mail.auth != "pass" or sender_platform(mail.sender):
        return None
    counts = known.recall("sender", mail.sender.email.lower())
    about = {each.company for each in known.candidates if _holds(counts.get(each.id, (0.0, 0.0)))}
    return about.pop() if len(about) == 1 else None


def initials_in(mail: Mail, company: str) -> str:
    """The initials of a company where the mail calls it so; "" where it does not."""
    short = "".join(word[0] for word in name_tokens(company)).upper()
    said = re.search(
        rf"\b{re.escape(short)}\b", f"{mail.subject}\n{mail.text[:4000]}\n{mail.signature[:400]}"
    )
    return short if len(short) > 1 and said else ""


def is_worded(stem: str, company: str) -> bool:
    """Whether a domain holds a word of a company's name, so that it is the company's own form of it."""
    return any(len(word) > 2 and word in stem for word in name_tokens(company))


def leading_in(stem: str, company: str) -> str:
    """The leading words of a name that a domain starts with; "" where they are less than half of it."""
    joined, found = "", []
    for word in bare_name(company).split():
        letters = "".join(name_tokens(word))
        if letters and not stem.replace("and", "").startswith(joined + letters):
            break
        joined += letters
        found.append(word)
    return " ".join(found).rstrip(" &") if 2 * len(joined) >= max(8, len(stem)) else ""


def _holds(count: tuple[float, float]) -> bool:
    agreed, taken_off = count
    return agreed > taken_off
