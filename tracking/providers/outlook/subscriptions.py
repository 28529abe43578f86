"""Microsoft Graph's subscription to the inbox: new mail is told to an address of ours."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

from django.conf import settings

from tracking.providers.budgets import Budget
from tracking.providers.calling import Calls, Refusal, Token
from tracking.providers.outlook.errors import read_refusal
from tracking.providers.pushing import Answer, Caller, Promise, PushError, expect, not_understood

# Mail may be subscribed to for 4,230 minutes; clocks differ. What is granted counts, not what was asked.
LONGEST = timedelta(minutes=4200)
SWEPT_PAGES = 20  # of subscriptions, looked through for what is left over


class GraphSubscriptions:
    """The subscription of one mailbox."""

    resource = "me/mailFolders('inbox')/messages"
    renew_after = LONGEST

    def __init__(self, token: Token, clock: Callable[[], datetime], budget: Budget | None = None) -> None:
        self._base = settings.GRAPH_BASE_URL.rstrip("/")
        self._caller = Caller(self._base, Calls(token, clock, budget), read_refusal, clock)
        self._clock = clock
        self._url = f"{settings.GRAPH_PUSH_BASE_URL.rstrip('/')}/push/outlook"

    def begin(self, client_state: str, is_known: Callable[[str], bool]) -> Promise:
        """Subscribe anew; what is left over of attempts that were cut off is deleted."""
        self._sweep(is_known)
        wanted = {
            "changeType": "created",
            "notificationUrl": self._url,
            "lifecycleNotificationUrl": self._url,
            "resource": self.resource,
            "expirationDateTime": _stamp(self._clock() + LONGEST),
            "clientState": client_state,
        }
        return _promise(expect(self._caller.call("POST", "/subscriptions", wanted)))

    def extend(self, external_id: str) -> Promise | None:
        longer = {"expirationDateTime": _stamp(self._clock() + LONGEST)}
        answer = self._caller.call("PATCH", _path(external_id), longer)
        if isinstance(answer, Refusal) and answer.meaning == "missing":
            return None
        return _promise(expect(answer))

    def end(self, external_id: str) -> None:
        answer = self._caller.call("DELETE", _path(external_id), quick=True)
        if isinstance(answer, Refusal) and answer.meaning != "missing":
            raise PushError("push_refused")

    def _sweep(self, is_known: Callable[[str], bool]) -> None:
        for each in list(self._all()):  # before any is ended, which could shift the pages
            if each.get("notificationUrl") == self._url and not is_known(str(each["id"])):
                self.end(str(each["id"]))

    def _all(self) -> Iterator[Answer]:
        path = "/subscriptions"
        for _ in range(SWEPT_PAGES):
            answer = expect(self._caller.call("GET", path))
            yield from answer.get("value", ())
            following = str(answer.get("@odata.nextLink", ""))
            if not following.startswith(f"{self._base}/"):  # of another place: the token is not for it
                return
            path = following.removeprefix(self._base)


def _promise(answer: Answer) -> Promise:
    try:
        expires_at = datetime.fromisoformat(str(answer["expirationDateTime"]))
        external_id = str(answer["id"])
    except (KeyError, ValueError):
        raise not_understood() from None
    if not external_id or len(external_id) > 128:
        raise not_understood()
    return Promise(external_id, expires_at if expires_at.tzinfo else expires_at.replace(tzinfo=UTC))


def _path(external_id: str) -> str:
    return f"/subscriptions/{quote(external_id, safe='')}"


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
