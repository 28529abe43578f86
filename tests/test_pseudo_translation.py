"""Pages in a made-up language that puts ⟦ ⟧ around every text it translates: the rest was forgotten."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from typing import Any
from zoneinfo import available_timezones

import pytest
from django.apps import apps
from django.test import Client
from django.utils import timezone, translation
from django.utils.safestring import SafeData, mark_safe

from accounts.models import User
from billing.models import Subscription
from tests.browser.pages import EMPTY, OWN, PUBLIC, addresses, fill, ids_of
from tests.factories import UserFactory
from tests.readers import Text, texts_of
from tests.test_translation import ALLOWED, LETTER
from tracking.models import Mailbox
from tracking.providers.imap.servers import SERVERS
from tracking.views import examples

pytestmark = pytest.mark.django_db

PLACEHOLDER = re.compile(r"%%|%\(\w+\)[sd]|%[sd]|\{\w*\}")
# What people wrote or received, by model: it is shown in the language it is in.
WRITTEN = {
    "accounts.User": ("email", "name"),
    "accounts.ApiToken": ("name",),
    "accounts.Notification": ("text",),  # in the language of who is told, at the time
    "applications.Application": ("company", "title", "location", "requisition", "notes"),
    "applications.Event": ("text",),  # so is the line that a mail leaves on the timeline
    "applications.Task": ("text",),
    "applications.Import": ("filename", "header", "rows"),
    "accounts.Grant": ("address",),
    "tracking.Message": (
        *("sender_name", "sender_address", "subject", "company", "title", "recruiter", "requisition"),
        *("warning", "next_steps", "attachments"),
    ),
}
ZONES = available_timezones()
MAIL = "mail-text"  # the class that mail itself is shown in
NAMES = {"Google", "Microsoft", "Gmail", "Outlook", "IMAP", "STARTTLS", *(each.name for each in SERVERS)}
ADDRESS = re.compile(r"\S*(@|://|/|\w\.\w)\S*")  # of a host, a page, a file
MARKS = " \t\xa0\u202f·,;:.!?…–—→↑↓“”\"'()<>+#%&=/-"
BETWEEN = re.compile(r"[·,;:()<>]")


@pytest.fixture
def pseudo(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have every text that is translated come out in ⟦ ⟧; what is put into it stays outside of them."""
    for name, chosen in {
        "gettext": lambda text: text,
        "pgettext": lambda _context, text: text,
        "ngettext": lambda one, many, number: one if number == 1 else many,
        "npgettext": lambda _context, one, many, number: one if number == 1 else many,
    }.items():
        monkeypatch.setattr(translation._trans, name, lambda *given, chosen=chosen: bracketed(chosen(*given)))


def bracketed(text: Any) -> str:
    """`text` in ⟦ ⟧, but for the places of what is put into it."""
    if not str(text).strip():
        return str(text)
    marked = PLACEHOLDER.sub(lambda found: found[0] if found[0] == "%%" else f"⟧{found[0]}⟦", str(text))
    return mark_safe(f"⟦{marked}⟧") if isinstance(text, SafeData) else f"⟦{marked}⟧"


def outside(texts: Iterable[Text]) -> Iterator[tuple[Text, str]]:
    """Each text with what of it stands outside of brackets, which need not close in the text they open in."""
    depth = 0
    for text in texts:
        inner, left = (0 if text.is_attribute else depth), []
        for letter in text.words:
            inner += (letter == "⟦") - (letter == "⟧")
            is_bracket = letter in "⟦⟧"
            left.append("\n" if is_bracket else letter if inner == 0 else "")
        depth = depth if text.is_attribute else inner
        yield from ((text, piece.strip(MARKS)) for piece in "".join(left).split("\n"))


def untranslated(html: str, known: set[str]) -> list[str]:
    """The texts outside of brackets that nobody wrote, received or is called, with what holds them."""
    found = outside(texts_of(html, MAIL))
    return [f"{words!r} in {text.holder}" for text, words in found if not is_known(words, known)]


def is_known(words: str, known: set[str]) -> bool:
    """Whether `words` stand in `known`, whole, cut short, or one after the other; or need no translation."""
    if len(words) < 2 or not LETTER.search(words) or ADDRESS.fullmatch(words):
        return True
    words = " ".join(words.split())
    if words in known or any(each.startswith(words) for each in known if len(words) > 15):
        return True
    pieces = [piece.strip(MARKS) for piece in BETWEEN.split(words)]
    return len(pieces) > 1 and all(is_known(piece, known) for piece in pieces)


def written() -> set[str]:
    """Everything that is in the database because somebody wrote or received it, and names of the world."""
    models = ((apps.get_model(model).objects, fields) for model, fields in WRITTEN.items())
    rows = [row for objects, fields in models for row in objects.values_list(*fields)]
    known = spoken([*rows, *made_up()])
    # Of the sample and of files, the address is a name that we gave.
    known |= {box.address for box in Mailbox.objects.all() if box.is_pulled}
    initials = {name[:1] for name in known}
    first_names = {name.split()[0] for name in User.objects.values_list("name", flat=True)}
    return known | initials | first_names | NAMES | ALLOWED | ZONES


def made_up() -> list[object]:
    """The mail and the applications that public pages show."""
    shots = examples.shots(timezone.now())
    cards = [card for _, column in shots["board"] for card in column]
    return [list(vars(each).values()) for each in (shots["message"], shots["row"].application, *cards)]


def spoken(values: object) -> set[str]:
    """The texts in `values`, and what they consist of, as pages show them."""
    texts = [" ".join(text.split()).strip(MARKS) for text in strings(values)]
    return {piece.strip(MARKS) for text in texts for piece in [text, *BETWEEN.split(text)]}


def strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield from value.split("\n")
    elif isinstance(value, dict):
        yield from strings(list(value.values()))
    elif isinstance(value, (list, tuple)):
        for each in value:
            yield from strings(each)


def forgotten(client: Client, paths: Iterable[str]) -> list[str]:
    """What the pages at `paths` show untranslated."""
    return [each for path in paths for each in left_on(path, client.get(path, follow=True))]


def left_on(path: str, response: Any, sent: object = ()) -> list[str]:
    """What one page, which answers what was `sent`, shows untranslated."""
    html, look = response.content.decode(), response.context.get("look")
    assert "⟦" in html, path
    live = (
        spoken([asdict(line.head) for line in look.lines]) if look else set()
    )  # read in the mailbox, not kept
    return [f"{path}: {each}" for each in dict.fromkeys(untranslated(html, written() | live | spoken(sent)))]


def complain(found: list[str]) -> str:
    """What to do about it."""
    return "Mark these with gettext (gettext_lazy in a module), or add to WRITTEN:\n" + "\n".join(found)


@pytest.mark.parametrize("plan", ["platinum", "free"])
def test_pages_of_somebody_who_has_all_there_is(client_of, pseudo, plan):
    user = UserFactory(plan="platinum")
    fill(user)
    Subscription.objects.filter(user=user).update(plan_code=plan)
    found = forgotten(client_of(user), [addresses(user)[name] for name in OWN])
    assert not found, complain(found)


def test_pages_of_somebody_new(client_of, pseudo, user):
    found = forgotten(client_of(user), EMPTY.values())
    assert not found, complain(found)


def test_public_pages(db, pseudo):
    found = forgotten(Client(), PUBLIC.values())
    assert not found, complain(found)


DONE = [
    ("/inbox/{careful}/approve/", {}),
    ("/inbox/{waiting}/ignore/", {}),
    ("/inbox/{waiting}/create/", {"company": "", "title": "Editor"}),
    ("/inbox/bulk/", {"action": "ignore", "select": "{waiting}"}),
    ("/applications/add/", {}),
    (
        "/applications/add/",
        {"company": "Ostrava Games", "title": "Senior Quality Assurance Engineer, Platforms"},
    ),
    ("/applications/{application}/status/", {"status": "offer_extended"}),
    ("/applications/{application}/status/", {"status": "nonsense"}),
    ("/applications/{application}/archive/", {}),
    ("/applications/{application}/edit/", {"company": "", "title": "Editor", "applied_on": "2999-01-01"}),
    ("/applications/{application}/note/", {"text": ""}),
    ("/applications/{application}/notes/", {"notes": "Call them", "seen": "something else"}),
    ("/applications/{application}/tasks/", {"text": "", "due_on": "soon"}),
    ("/applications/{application}/remind/", {"day": "2000-01-01"}),
    ("/applications/import/", {}),
    ("/applications/import/{file}/", {"column-0": "", "column-1": ""}),
    ("/applications/import/{file}/run/", {}),
    ("/messages/{linked}/unmatch/", {}),
    ("/settings/integrations/upload/", {}),
    ("/settings/integrations/imap/", {"address": "sam@outlook.com", "password": "secret"}),
    ("/settings/integrations/{mailbox}/pause/", {}),
    ("/settings/integrations/{mailbox}/sync/", {}),
    ("/settings/integrations/{mailbox}/disconnect/", {}),
    ("/settings/profile/", {"name": "", "timezone": "Nowhere"}),
    ("/settings/tokens/", {"name": ""}),
    ("/settings/data/delete/", {"password": "wrong"}),
    ("/onboarding/dismiss/", {}),
    ("/accounts/login/", {"login": "", "password": ""}),
]


# What another plan has to say.
REFUSED = [
    ("/inbox/{waiting}/create/", {"company": "Quillstone", "title": "Editor"}),
    ("/applications/add/", {"company": "Quillstone", "title": "Editor", "status": "applied"}),
    ("/applications/import/{file}/run/", {}),
    ("/applications/{application}/followed-up/", {}),
    ("/settings/integrations/upload/", {}),
]


@pytest.mark.parametrize(
    ("plan", "path", "data"),
    [*(("platinum", *each) for each in DONE), *(("free", *each) for each in REFUSED)],
)
def test_what_is_said_to_whoever_does_something(client_of, pseudo, plan, path, data):
    user = UserFactory(plan="platinum")
    fill(user)
    Subscription.objects.filter(user=user).update(plan_code=plan)
    ids = ids_of(user)
    sent = {name: value.format(**ids) for name, value in data.items()}
    response = client_of(user).post(path.format(**ids), sent, follow=True)
    assert response.status_code in {200, 422}
    found = left_on(path, response, sent)
    assert not found, complain(found)


class TestTheMeasureItself:
    @pytest.mark.parametrize(
        ("html", "found"),
        [
            ("<p>⟦Hello⟧</p>", []),
            ("<p>Hello</p>", ["'Hello' in p"]),
            ("<p>⟦Hello ⟧Sam Taylor⟦, go <a href='there'>on</a>.⟧</p>", []),
            ("<p>⟦Hello ⟧somebody⟦.⟧</p>", ["'somebody' in p"]),
            ("<a class='b' title='Go on'>⟦Go⟧</a>", ["'Go on' in a.b[title]"]),
            ("<p>3 ⟦mails⟧ · 5 %</p><kbd>Ctrl</kbd>", []),
            ("<p>Sam Taylor · sam@example.org</p>", []),
        ],
    )
    def test_it_finds_what_was_forgotten(self, html, found):
        assert untranslated(html, {"Sam Taylor"}) == found

    def test_what_is_put_in_stays_outside(self):
        assert bracketed("%(count)s mails, 5 %%") == "⟦⟧%(count)s⟦ mails, 5 %%⟧"
