"""Quick Commands: everything that can be done or gone to, found by typing a few letters."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from django.contrib.auth.decorators import login_required
from django.db.models import F, Q
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.fragments import Request, show
from accounts.models import Theme, User
from applications.models import Application
from applications.status import Status
from billing.entitlements import entitlements
from tracking.context import Header
from tracking.models import Mailbox
from tracking.views.filters import words
from tracking.views.queue import Filters, Queue

FOUND = 6  # applications offered for what was typed
RECENT = 4
RECENT_COOKIE = "recent"  # written by the page: codes of commands, nothing else


@dataclass(frozen=True)
class Command:
    """One line: a link to `path`, or a form sent there, or with `opens` a dialog of the page."""

    code: str
    label: str
    icon: str
    path: str
    words: str = ""  # what else it is found by
    detail: str = ""
    is_form: bool = False
    name: str = ""  # of the form's button, and what it says
    value: str = ""
    change: tuple[Status, Status] | None = None
    opens: str = ""

    def fits(self, wanted: Iterable[str]) -> bool:
        """Whether each of the `wanted` beginnings begins one of its words.

        What it would act on is none of them: who types a company's name looks for the company.
        """
        own = f"{self.label} {self.words}".casefold().split()
        return all(any(word.startswith(each) for word in own) for each in wanted)


@dataclass
class Group:
    title: str
    commands: list[Command] = field(default_factory=list)


@login_required
@require_safe
def commands(request: Request) -> HttpResponse:
    """The commands that fit what was typed, the user's recent ones first while nothing is."""
    q = words(request.GET.get("q", ""))
    recent = request.COOKIES.get(RECENT_COOKIE, "").split(".")
    context = {"q": q, "groups": groups(request.user, q, recent)}
    return show(request, "commands.html", context, {"command-results": "results"})


def groups(user: User, q: str, recent: list[str]) -> list[Group]:
    """What fits `q`, in groups without empty ones; `recent` are codes, the latest first."""
    wanted = q.casefold().split()
    lists = {_("Do"): _actions(user), _("Go to"): _places(), _("Settings"): _settings(user)}
    all_groups = [Group(title, found) for title, found in lists.items()]
    if not wanted:
        return _recent_first(all_groups, recent)
    fitting = [Group(each.title, [c for c in each.commands if c.fits(wanted)]) for each in all_groups]
    fitting.append(Group(_("Applications"), _applications(user, wanted)))
    return [each for each in fitting if each.commands]


def _recent_first(all_groups: list[Group], recent: list[str]) -> list[Group]:
    known = {command.code: command for group in all_groups for command in group.commands}
    latest = [known[code] for code in dict.fromkeys(recent) if code in known][:RECENT]
    rest = [Group(each.title, [c for c in each.commands if c not in latest]) for each in all_groups]
    return [each for each in [Group(_("Recent"), latest), *rest] if each.commands]


def _actions(user: User) -> list[Command]:
    header = Header(user)
    found = [_sync(user, header)]
    found += _next_to_decide(user) if header.counts["review"] else []
    found += [_skipped(each) for each in header.mailboxes if each.is_pulled and each.last_success_at]
    found.append(_go("add", _("Add an application"), "plus", "application-add", "new create job"))
    found.append(_go("connect", _("Connect a mailbox"), "plug", "integrations", "gmail outlook imap upload"))
    if header.unread:
        found.append(_post("read", _("Mark all notifications read"), "check", "notifications-read", "bell"))
    return found


def _sync(user: User, header: Header) -> Command:
    """Sync Mail, or the way to a plan and a mailbox with which there is something to sync."""
    label, icon, words = _("Sync Mail"), "refresh-cw", "refresh check new all mailboxes"
    if not entitlements(user).mail_sync:
        way = _go("sync", label, icon, "settings-plan", words)
        return replace(way, detail=_("Comes with Premium and Platinum"))
    if not any(each.is_pulled for each in header.mailboxes):
        way = _go("sync", label, icon, "integrations", words, "#connect")
        return replace(way, detail=_("Connect a mailbox first"))
    return _post("sync", label, icon, "sync-all", words)


def _skipped(mailbox: Mailbox) -> Command:
    """The live look at what was left out of a mailbox."""
    path = reverse("mailbox-skipped", args=[mailbox.pk])
    words = "ignored missing left out pull in"
    return Command(f"skipped-{str(mailbox.pk)[:8]}", _("Skipped mail"), "eye-off", path, words, mailbox.name)


def _next_to_decide(user: User) -> list[Command]:
    """Approving is offered only where it is told what it does, and never a mail to be careful about."""
    row = next(iter(Queue(user, Filters(), None, size=1).rows), None)
    if row is None:
        return []
    review = Command("review", _("Review the next e-mail"), "inbox", row.path, "decide open inbox")
    if row.application is None or row.before is None or row.after is None or not row.preselected:
        return [review]
    path = reverse("inbox-approve", args=[row.message.pk])
    named = Command("approve", _("Approve next"), "check", path, "link", str(row.application), is_form=True)
    return [replace(named, change=(row.before, row.after)), review]


def _places() -> list[Command]:
    return [
        _go("dashboard", _("Dashboard"), "layout-dashboard", "dashboard", "home start overview"),
        _go("inbox", _("Tracking Inbox"), "inbox", "inbox", "review decide mail"),
        _go("orphans", _("Orphans"), "inbox", "inbox", "inbox unmatched mail", "?tab=orphans"),
        _go("decided", _("Decided"), "undo-2", "inbox", "inbox undo history", "?tab=decided"),
        _go("reminders", _("Reminders"), "clock", "reminders", "follow up tasks due"),
        _go("analytics", _("Analytics"), "chart-column", "analytics", "funnel response rate statistics"),
        _go("board", _("Board"), "columns-3", "applications", "applications kanban", "?view=board"),
        _go("table", _("Applications"), "briefcase", "applications", "list table", "?view=list"),
        _go("import", _("Import applications"), "upload", "application-import", "csv spreadsheet file"),
        _go("runs", _("Sync history"), "history", "runs", "runs log syncs"),
        _go("notifications", _("Notifications"), "bell", "notifications", "news bell unread"),
        _go("start", _("First steps"), "list-checks", "onboarding", "onboarding help checklist sample begin"),
    ]


def _settings(user: User) -> list[Command]:
    return [
        _go("profile", _("Profile"), "user", "settings-profile", "name time zone settings"),
        _go(
            "news", _("Notification settings"), "bell", "settings-notifications", "e-mail digest preferences"
        ),
        _go("integrations", _("Integrations"), "plug", "integrations", "mailboxes settings disconnect"),
        _go("security", _("Security"), "shield-check", "settings-security", "password two-factor passkey"),
        _go("plan", _("Plan"), "list-checks", "settings-plan", "price billing upgrade limits"),
        _go("tokens", _("API tokens"), "key", "settings-tokens", "program script"),
        _go("data", _("Your data"), "download", "settings-data", "export delete account privacy"),
        *[_theme(theme) for theme in Theme],
        *_shortcuts(user),
        _go("privacy", _("Privacy"), "lock", "privacy", "policy"),
        replace(_post("out", _("Sign out"), "log-out", "account_logout", "leave"), name="next", value="/"),
    ]


def _applications(user: User, wanted: list[str]) -> list[Command]:
    rows = Application.objects.of(user)
    for word in wanted:
        rows = rows.filter(Q(company__icontains=word) | Q(title__icontains=word))
    return [
        Command("", each.title, "briefcase", each.get_absolute_url(), detail=each.company)
        for each in rows.order_by(F("archived_at").desc(nulls_first=True), "-last_activity_at")[:FOUND]
    ]


_THEME_ICONS = {Theme.SYSTEM: "monitor", Theme.LIGHT: "sun", Theme.DARK: "moon"}


def _shortcuts(user: User) -> list[Command]:
    help = _go("keys", _("Keyboard shortcuts"), "keyboard", "shortcuts", "help keys")
    return [replace(help, opens="shortcuts")] if user.shortcuts_enabled else []


def _go(code: str, label: str, icon: str, route: str, words: str = "", query: str = "") -> Command:
    return Command(code, label, icon, reverse(route) + query, words)


def _post(code: str, label: str, icon: str, route: str, words: str = "") -> Command:
    return Command(code, label, icon, reverse(route), words, is_form=True)


def _theme(theme: Theme) -> Command:
    label, words = _("Colors: %(theme)s") % {"theme": theme.label.lower()}, "theme mode appearance"
    path, icon = reverse("theme"), _THEME_ICONS[theme]
    return Command(f"theme-{theme}", label, icon, path, words, is_form=True, name="theme", value=str(theme))
