"""Gmail's watch on the inbox: new mail is told to a topic of Pub/Sub, which pushes it to us."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from django.conf import settings

from tracking.providers.budgets import Budget
from tracking.providers.calling import Calls, Refusal, Token
from tracking.providers.gmail.errors import read_refusal
from tracking.providers.pushing import Answer, Caller, Promise, PushError, expect, not_understood

WATCH_UNITS, STOP_UNITS = 100, 50
LONGEST = timedelta(days=8)  # Gmail says seven


class GmailWatch:
    """The watch of one account. An account has one at most in a project, so asking again replaces it."""

    resource = "INBOX"
    renew_after = timedelta(days=1)

    def __init__(self, token: Token, clock: Callable[[], datetime], budget: Budget | None = None) -> None:
        self._caller = Caller(settings.GMAIL_API_BASE_URL, Calls(token, clock, budget), read_refusal, clock)
        self._clock = clock

    def begin(self, client_state: str, is_known: Callable[[str], bool]) -> Promise:
        """Watch from now on. A watch with another topic would be in the way, so it is stopped first."""
        self.end("")
        wanted = {
            "topicName": settings.GMAIL_PUBSUB_TOPIC,
            "labelIds": [self.resource],
            "labelFilterBehavior": "INCLUDE",
        }
        answer = expect(self._caller.call("POST", "/gmail/v1/users/me/watch", wanted, units=WATCH_UNITS))
        return Promise("", self._expiry(answer))

    def extend(self, external_id: str) -> Promise:
        return self.begin("", lambda external_id: False)

    def end(self, external_id: str) -> None:
        answer = self._caller.call("POST", "/gmail/v1/users/me/stop", units=STOP_UNITS, quick=True)
        if isinstance(answer, Refusal) and answer.meaning != "missing":
            raise PushError("push_refused")

    def _expiry(self, answer: Answer) -> datetime:
        try:
            expires_at = datetime.fromtimestamp(int(answer["expiration"]) / 1000, UTC)  # milliseconds
        except (KeyError, ValueError, TypeError, OverflowError):
            raise not_understood() from None
        return min(expires_at, self._clock() + LONGEST)
