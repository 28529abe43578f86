"""Pages of a list, newest first, by a cursor that is signed and good for one list of one user only."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.core import signing

from accounts.models import User
from tracking.api.errors import ApiError
from tracking.api.schemas import Paging


def page(rows: Any, by: str, user: User, name: str, paging: Paging) -> tuple[list[Any], str | None]:
    """The page of `rows` that `paging` asks for, and the cursor of the next one (None on the last).

    `by` is the datetime field that orders them, ties broken by id, so that a row which comes or goes
    in the meantime neither repeats nor hides another. Raises ApiError where the cursor was not made
    for the list `name` of `user`.
    """
    salt = f"api.cursor:{name}:{user.pk}"
    if paging.cursor is not None:
        at, pk = _open(paging.cursor, salt)
        rows = rows.filter(**{f"{by}__lte": at}).exclude(**{by: at, "pk__gte": pk})
    found = list(rows.order_by(f"-{by}", "-pk")[: paging.limit + 1])
    shown = found[: paging.limit]
    if len(found) == len(shown):
        return shown, None
    last = shown[-1]
    return shown, signing.dumps([getattr(last, by).isoformat(), str(last.pk)], salt=salt)


def _open(cursor: str, salt: str) -> tuple[datetime, str]:
    try:
        at, pk = signing.loads(cursor, salt=salt)
    except signing.BadSignature:
        fields = {"cursor": "Use `next` of the page before, unchanged."}
        raise ApiError(422, "invalid", "This cursor does not belong to this list.", fields) from None
    return datetime.fromisoformat(at), pk
