"""Connecting a mailbox with its address and a password."""

from __future__ import annotations

from django.utils import timezone
from ninja import Router

from tracking import connect_imap
from tracking.api import schemas
from tracking.api.auth import Request
from tracking.api.errors import ApiError, sentence
from tracking.api.runs import queue
from tracking.api.schemas import answers
from tracking.connect import Connected, RefusedError, require_mail_sync
from tracking.forms import ImapForm
from tracking.providers import ProviderError

router = Router(tags=["Connect"])


@router.post(
    "/providers/imap/connect",
    response=answers(schemas.ConnectedMailbox, 403, 422, 502, 503),
    summary="Connect over IMAP",
)
def connect(request: Request, data: schemas.ImapLogin) -> schemas.ConnectedMailbox:
    """Try the password once and, if the server takes it, keep it encrypted; the first sync begins."""
    require_mail_sync(request.auth)
    form = ImapForm(data.dict())
    if not form.is_valid():
        fields = {name: " ".join(map(str, problems)) for name, problems in form.errors.items()}
        raise ApiError(422, "invalid", "Some values are not valid.", fields)
    mailbox = _connected(request, form).mailbox
    queue(mailbox)
    return schemas.ConnectedMailbox(
        id=mailbox.pk, provider=mailbox.provider, address=mailbox.address, state=mailbox.state
    )


def _connected(request: Request, form: ImapForm) -> Connected:
    """What the caller can set right is theirs (422); what the server has to, is not."""
    try:
        return connect_imap.connect(request.auth, form.cleaned_data["address"], form.login(), timezone.now())
    except RefusedError as error:
        raise ApiError(429, "throttled", str(error)) from None
    except ProviderError as error:
        field = connect_imap.FIELDS.get(error.code)
        if field is None:
            raise
        words = sentence(error.code)
        raise ApiError(422, error.code, words, {field: words}) from None
