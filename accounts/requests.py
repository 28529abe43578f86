"""Helpers that the views of every floor share."""

from __future__ import annotations

from django.db.models import Model
from django.http import HttpRequest, HttpResponseRedirect
from django.shortcuts import resolve_url
from django.utils.http import url_has_allowed_host_and_scheme

from accounts.models import User


class UserRequest(HttpRequest):
    """A request of somebody signed in, as views behind `login_required` get it."""

    user: User


def back(request: HttpRequest, fallback: Model | str) -> HttpResponseRedirect:
    """Redirect to the page the form named as `next` if it is one of ours, else to `fallback`."""
    wanted = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    return HttpResponseRedirect(wanted if safe else resolve_url(fallback))
