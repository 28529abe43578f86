"""Delta queries: rounds of pages that end in a link from which the next round goes on."""

from __future__ import annotations

import base64
import json
from dataclasses import asdict, dataclass, replace
from typing import Any

from tests.standins.outlook.mailboxes import KEPT_GENERATIONS, MailAccount
from tests.standins.outlook.odata import Filter, GraphError, only, selection
from tests.standins.serving import Parameters

INITIAL = {"changeType", "$select", "$filter", "$orderby", "$top"}


@dataclass(frozen=True)
class Token:
    """All that a link of changes stands for. `done` are messages of the first round behind it."""

    folder: str
    position: int  # in the log; what came later is told in the next round
    generation: int
    given: int = 0
    done: int = -1  # -1: the first round is over
    until: int = 0  # of the log, in a later round
    change: str = ""
    filter: str = ""
    select: str = ""

    def dump(self) -> str:
        return base64.urlsafe_b64encode(json.dumps(asdict(self)).encode()).decode()

    @classmethod
    def load(cls, text: str) -> Token:
        try:
            return cls(**json.loads(base64.urlsafe_b64decode(text)))
        except (ValueError, TypeError):
            raise GraphError(400, "SyncStateInvalid", "The sync state is invalid.") from None


def begin(account: MailAccount, folder: str, query: Parameters) -> Token:
    """The state of the first page of the first round."""
    given = only(query, INITIAL)
    conditions = Filter.parse(given.get("$filter", "")).conditions
    if len(conditions) > 1 or any(name not in {"ge", "gt"} for name, _ in conditions):
        raise GraphError(400, "ErrorInvalidUrlQueryFilter", "Only receivedDateTime ge or gt is supported.")
    if given.get("changeType", "created") not in {"created", "updated", "deleted"}:
        raise GraphError(400, "BadRequest", "Unknown changeType.")
    selection(given)
    account.forgotten.discard(folder)
    return Token(
        folder=folder,
        position=len(account.log),
        generation=_next(account, folder),
        done=0,
        change=given.get("changeType", ""),
        filter=given.get("$filter", ""),
        select=given.get("$select", ""),
    )


def resume(account: MailAccount, folder: str, text: str) -> Token:
    token = Token.load(text)
    newest = account.generation.get(folder, 0)
    if folder in account.forgotten or token.folder != folder or token.generation <= newest - KEPT_GENERATIONS:
        message = f"The sync state generation is not found; generation={token.generation};[highest={newest}]."
        raise GraphError(410, "SyncStateNotFound", message)
    return token


def page(account: MailAccount, token: Token, size: int, base: str, immutable: bool) -> dict[str, Any]:
    """One page of a round, and the link behind it."""
    room = account.longest_filtered - token.given if token.filter else size
    size = min(size, room)
    if token.done >= 0:
        values, following, more = _first_round(account, token, size, immutable)
    else:
        values, following, more = _later_round(account, token, size, immutable)
    following = replace(following, given=token.given + len(values), generation=_next(account, token.folder))
    kind, name = ("nextLink", "$skiptoken") if more and size else ("deltaLink", "$deltatoken")
    address = f"{base}/me/mailFolders('{token.folder}')/messages/delta?{name}={following.dump()}"
    return {
        "@odata.context": f"{base}/$metadata#Collection(message)",
        f"@odata.{kind}": address,
        "value": values,
    }


def _first_round(
    account: MailAccount, token: Token, size: int, immutable: bool
) -> tuple[list[dict[str, Any]], Token, bool]:
    """The messages that are there, in no order that anybody promised."""
    test = Filter.parse(token.filter)
    found = [each for each in account.within(token.folder) if test(each.received_at)][::-1]
    names = selection({"$select": token.select} if token.select else {})
    values = [each.shown(names, immutable, False) for each in found[token.done : token.done + size]]
    done = token.done + len(values)
    more = done < len(found)
    return values, replace(token, done=done if more else -1), more


def _later_round(
    account: MailAccount, token: Token, size: int, immutable: bool
) -> tuple[list[dict[str, Any]], Token, bool]:
    """What happened in the folder since, up to when the round began."""
    until = token.until or len(account.log)
    names = selection({"$select": token.select} if token.select else {})
    test, values, position = Filter.parse(token.filter), [], token.position
    for number, folder, identifier, kind in account.log[token.position : until]:
        if len(values) >= size:
            break
        position = number
        stored = account.messages.get(identifier)
        if folder != token.folder or (token.change and kind != token.change):
            continue
        if kind == "deleted":
            values.append({"id": identifier, "@removed": {"reason": "deleted"}})
        elif stored is not None and stored.folder == folder and test(stored.received_at):
            values.append(stored.shown(names, immutable, False))
    else:
        position = until
    more = position < until
    return values, replace(token, position=position, until=until if more else 0), more


def _next(account: MailAccount, folder: str) -> int:
    account.generation[folder] = account.generation.get(folder, 0) + 1
    return account.generation[folder]
