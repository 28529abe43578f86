from __future__ import annotations

from uuid import UUID

from allauth.mfa.utils import is_mfa_enabled
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import registry
from accounts.forms import DeleteForm, ProfileForm, TokenForm, timezones
from accounts.models import ApiToken, Notification
from accounts.notifications import mark_read
from accounts.requests import UserRequest, back

PAGE = 50


@login_required
@require_safe
def notifications(request: UserRequest) -> HttpResponse:
    """All news, newest first."""
    rows = Notification.objects.of(request.user)
    context = {
        "page": Paginator(rows, PAGE).get_page(request.GET.get("page")),
        "unread": rows.unread().exists(),
    }
    return render(request, "notifications.html", context)


@login_required
@require_safe
def open_notification(request: UserRequest, pk: UUID) -> HttpResponse:
    """Go where the news leads; it counts as read from then on."""
    news = get_object_or_404(Notification.objects.of(request.user), pk=pk)
    mark_read(request.user, timezone.now(), news.key)
    ours = url_has_allowed_host_and_scheme(news.path, allowed_hosts=None)
    return redirect(news.path if ours else "notifications")


@login_required
@require_POST
def read_one(request: UserRequest, pk: UUID) -> HttpResponse:
    news = get_object_or_404(Notification.objects.of(request.user), pk=pk)
    mark_read(request.user, timezone.now(), news.key)
    return back(request, "notifications")


@login_required
@require_POST
def read_all(request: UserRequest) -> HttpResponse:
    mark_read(request.user, timezone.now())
    return back(request, "notifications")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def profile(request: UserRequest) -> HttpResponse:
    """Name, time zone, keyboard shortcuts."""
    form = ProfileForm(request.POST or None, instance=request.user)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, "Saved.")
        return redirect("settings-profile")
    context = {"form": form, "timezones": timezones()}
    return render(request, "settings/profile.html", context, status=422 if form.is_bound else 200)


@login_required
@require_safe
def security(request: UserRequest) -> HttpResponse:
    """The ways to sign in, and where each is changed."""
    context = {"two_factor": is_mfa_enabled(request.user), "has_password": request.user.has_usable_password()}
    return render(request, "settings/security.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def tokens(request: UserRequest) -> HttpResponse:
    """The tokens for the API. A new one's secret is on the answer to its form, and nowhere else ever."""
    form, secret = TokenForm(request.POST or None), ""
    if request.method == "POST" and form.is_valid():
        _, secret = ApiToken.issue(request.user, form.cleaned_data["name"])
        form = TokenForm()
    rows = ApiToken.objects.of(request.user).order_by("-created_at")
    context = {"form": form, "secret": secret, "tokens": rows}
    return render(request, "settings/tokens.html", context, status=422 if form.is_bound else 200)


@login_required
@require_POST
def revoke_token(request: UserRequest, pk: UUID) -> HttpResponse:
    token = get_object_or_404(ApiToken.objects.of(request.user), pk=pk)
    token.delete()
    messages.success(request, f"{token.name} no longer opens anything.")
    return redirect("settings-tokens")


@login_required
@require_safe
def data(request: UserRequest) -> HttpResponse:
    """Take everything along, or delete everything."""
    return render(request, "settings/data.html", {"form": DeleteForm(request.user)})


@login_required
@require_safe
def export(request: UserRequest) -> HttpResponse:
    """Everything kept about the user, as one JSON file."""
    now = timezone.now()
    response = JsonResponse(
        {"exported_at": now} | registry.export(request.user), json_dumps_params={"indent": 1}
    )
    response["Content-Disposition"] = f'attachment; filename="heardback-{now:%Y-%m-%d}.json"'
    return response


@sensitive_post_parameters("password")
@login_required
@require_POST
def delete(request: UserRequest) -> HttpResponse:
    """Delete the account and all that is in it, once its owner has proved to be there."""
    form = DeleteForm(request.user, request.POST)
    if not form.is_valid():
        return render(request, "settings/data.html", {"form": form}, status=422)
    registry.delete(request.user)
    logout(request)
    messages.success(request, "Your account and everything in it is deleted.")
    return redirect("home")
