"""Every page there is: what axe, the screenshots and the budgets go through. A new page needs a line here."""

from __future__ import annotations

from datetime import date
from typing import Any

from allauth.account.models import EmailAddress
from django.utils import timezone

from applications import importing
from applications.models import Application, Import
from billing.models import Subscription
from tests.browser.scenes import everything
from tests.factories import (
    ApiTokenFactory,
    ApplicationFactory,
    ImportFactory,
    NotificationFactory,
    SyncRunFactory,
    TaskFactory,
)
from tracking.models import Mailbox, Message

# What anybody may see.
PUBLIC = {
    "home": "/",
    "pricing": "/pricing/",
    "privacy": "/privacy/",
    "terms": "/terms/",
    "sign-in": "/accounts/login/",
    "sign-up": "/accounts/signup/",
    "password-reset": "/accounts/password/reset/",
}
# What somebody sees who has something of all there is; {…} stands for the id of a row of theirs.
OWN = {
    "dashboard": "/dashboard/",
    "inbox": "/inbox/",
    "inbox-mail": "/inbox/?m={careful}",
    "inbox-picker": "/inbox/?m={waiting}&find=a",
    "orphans": "/inbox/?tab=orphans",
    "decided": "/inbox/?tab=decided",
    "nothing-found": "/inbox/?q=zzz",
    "bulk": "/inbox/bulk/?action=approve&select={careful}&select={waiting}",
    "runs": "/inbox/runs/",
    "board": "/applications/",
    "list": "/applications/?view=list",
    "cards": "/applications/?view=cards",
    "archived": "/applications/?view=list&archived=1",
    "add": "/applications/add/",
    "import": "/applications/import/",
    "import-preview": "/applications/import/{file}/",
    "reminders": "/reminders/",
    "application": "/applications/{application}/",
    "emails": "/applications/{application}/?tab=emails",
    "notes": "/applications/{application}/?tab=notes",
    "tasks": "/applications/{application}/?tab=tasks",
    "task": "/tasks/{task}/",
    "insights": "/applications/{application}/?tab=insights",
    "edit": "/applications/{application}/edit/",
    "analytics": "/analytics/",
    "analytics-all": "/analytics/?period=all",
    "thread": "/threads/{thread}/",
    "notifications": "/notifications/",
    "commands": "/commands/",
    "shortcuts": "/shortcuts/",
    "first-steps": "/onboarding/",
    "profile": "/settings/profile/",
    "notification-settings": "/settings/notifications/",
    "security": "/settings/security/",
    "integrations": "/settings/integrations/",
    "imap": "/settings/integrations/imap/?address=sam@icloud.com",
    "disconnect": "/settings/integrations/{mailbox}/disconnect/",
    "skipped": "/settings/integrations/{mailbox}/skipped/?days=30",
    "plan": "/settings/plan/",
    "tokens": "/settings/tokens/",
    "data": "/settings/data/",
    "address": "/accounts/email/",
    "two-factor": "/accounts/2fa/",
    "totp": "/accounts/2fa/totp/activate/",
    "keys": "/accounts/2fa/webauthn/",
    "sign-in-elsewhere": "/accounts/3rdparty/",
    "password": "/accounts/password/change/",
    "sign-out": "/accounts/logout/",
    "not-found": "/nothing/",
}
# What is different for somebody who has nothing yet.
EMPTY = {
    "dashboard": "/dashboard/",
    "inbox": "/inbox/",
    "orphans": "/inbox/?tab=orphans",
    "decided": "/inbox/?tab=decided",
    "runs": "/inbox/runs/",
    "analytics": "/analytics/",
    "board": "/applications/",
    "list": "/applications/?view=list",
    "import": "/applications/import/",
    "reminders": "/reminders/",
    "notifications": "/notifications/",
    "first-steps": "/onboarding/",
    "integrations": "/settings/integrations/",
    "plan": "/settings/plan/",
    "tokens": "/settings/tokens/",
}

# What is different at the limit of the Free plan.
AT_LIMIT = {
    "add": "/applications/add/",
    "board": "/applications/",
    "import": "/applications/import/",
    "import-preview": "/applications/import/{file}/",
}


def use_up(user: Any) -> dict[str, str]:
    """Bring `user` to the limit of Free, with a file full of problems; give the pages of AT_LIMIT."""
    Subscription.objects.filter(user=user).delete()
    ApplicationFactory.create_batch(5, user=user, at=timezone.now())
    lines = "".join(f"Company {number},Editor,Lost,soon\n" for number in range(12))
    content = f"Company,Job title,Status,Applied on\n{lines}Quillstone,Editor,Applied,\n".encode()
    file = importing.receive(user, "applications.csv", content, timezone.now())
    return {name: path.format(file=file.pk) for name, path in AT_LIMIT.items()}


def fill(user: Any) -> None:
    """Give `user` something of all that pages can show."""
    linked = everything(user)
    mailbox = linked.messages.get().mailbox
    SyncRunFactory(mailbox=mailbox)
    SyncRunFactory(mailbox=mailbox, state="failed", error="rate_limited")
    NotificationFactory(user=user, text="A piece of news of some length " * 6 + "and" * 30)
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    TaskFactory(application=linked, text="Send the references of both of the last employers")
    TaskFactory(application=linked, text="Call back", due_on=date(2026, 3, 2))
    ImportFactory(user=user)
    ApiTokenFactory(user=user, name="The script on the laptop in the study upstairs")


def ids_of(user: Any) -> dict[str, Any]:
    """The ids of the user's rows, by what stands for each in an address."""
    messages = Message.objects.of(user)
    linked = messages.exclude(application=None).filter(state="linked").latest("received_at")
    waiting = messages.in_review().filter(warning="").first()
    rows: dict[str, Any] = {
        "application": Application.objects.get(pk=linked.application_id),
        "thread": linked.thread,
        "task": linked.application.tasks.first(),
        "file": Import.objects.of(user).latest("created_at"),
        "mailbox": Mailbox.objects.of(user).latest("created_at"),
        "careful": messages.pending().exclude(warning="").first() or waiting,
        "waiting": waiting,
        "linked": linked,
    }
    return {name: row.pk for name, row in rows.items()}


def addresses(user: Any) -> dict[str, str]:
    """The pages of OWN with the ids of the user's rows."""
    ids = ids_of(user)
    return {name: path.format(**ids) for name, path in OWN.items()}
