"""Where providers tell of new mail. They are not signed in: each call proves itself, or has no effect."""

from __future__ import annotations

import logging

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from tracking import tasks
from tracking.models import Mailbox
from tracking.push import google_tokens, graph, pubsub
from tracking.push.channels import is_on

GMAIL_BYTES, OUTLOOK_BYTES = 64 * 1024, 1024 * 1024

log = logging.getLogger("heardback.push")


@csrf_exempt
@require_POST
def gmail(request: HttpRequest) -> HttpResponse:
    """A push of Pub/Sub: 204 once it is remembered, or where there is nothing to be done about it."""
    if not is_on(Mailbox.Provider.GMAIL):
        raise Http404
    if _length(request) > GMAIL_BYTES:
        return HttpResponse(status=413)
    try:
        google_tokens.verify(request.headers.get("Authorization", ""))
    except google_tokens.UnknownTokenError as error:
        log.warning("a push to Gmail's address was refused: %s", error)
        return HttpResponse(status=401)
    except google_tokens.StrangerError:
        log.warning("a push to Gmail's address was of another account")
        return HttpResponse(status=403)
    except google_tokens.KeysUnavailableError:
        return HttpResponse(status=503)
    tasks.queue_woken(pubsub.receive(request.body, timezone.now()))
    return HttpResponse(status=204)


@csrf_exempt
@require_POST
def outlook(request: HttpRequest) -> HttpResponse:
    """Notices of Graph: 202 once they are remembered. Before a subscription, it tries this address out."""
    if not is_on(Mailbox.Provider.OUTLOOK):
        raise Http404
    if "validationToken" in request.GET:
        echo = graph.echo_of(request.GET["validationToken"])
        return HttpResponse(echo, status=200 if echo else 400, content_type="text/plain; charset=utf-8")
    if _length(request) > OUTLOOK_BYTES:
        return HttpResponse(status=413)
    try:
        tasks.queue_woken(graph.receive(request.body, timezone.now()))
    except ValueError:
        return HttpResponse(status=400)
    return HttpResponse(status=202)


def _length(request: HttpRequest) -> int:
    """Bytes of the body as announced; without that there is none."""
    length = request.META.get("CONTENT_LENGTH") or "0"
    return int(length) if str(length).isdigit() else 0
