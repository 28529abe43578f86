from __future__ import annotations

from uuid import UUID

from allauth.mfa.utils import is_mfa_enabled
from allauth.socialaccount.adapter import get_adapter as get_social_adapter
from allauth.socialaccount.models import SocialAccount, SocialApp
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.core.exceptions import BadRequest
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import letters, preferences, registry
from accounts.forms import DeleteForm, PreferencesForm, ProfileForm, ThemeForm, TokenForm, timezones
from accounts.fragments import Request, show
from accounts.models import ApiToken, Notification, User
from accounts.notifications import mark_read
from accounts.requests import UserRequest, back
from accounts.themes import remember_theme

PAGE = 50


@login_required
@require_safe
def notifications(request: Request) -> HttpResponse:
    """News, newest first: all of it, what is unread, or one kind."""
    rows = Notification.objects.of(request.user).in_bell()
    kind, only_unread = request.GET.get("kind", ""), "unread" in request.GET
    shown = rows.filter(kind=kind) if kind in Notification.Kind.values else rows
    context = {
        "page": Paginator(shown.unread() if only_unread else shown, PAGE).get_page(request.GET.get("page")),
        "unread": rows.unread().count(),
        "kinds": Notification.Kind.choices,
        "kind": kind if kind in Notification.Kind.values else "",
        "only_unread": only_unread,
    }
    return show(request, "notifications.html", context, {"news": "news"})


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
def notification_settings(request: UserRequest) -> HttpResponse:
    """Where to hear of which kind of news."""
    form = PreferencesForm(preferences.preferences(request.user), request.POST or None)
    if request.method == "POST" and form.is_valid():
        preferences.prefer(request.user, form.chosen())
        messages.success(request, _("Saved."))
        return redirect("settings-notifications")
    context = {
        "form": form,
        "at_once": preferences.may_hear_at_once(request.user),
        "may_write": letters.may_write_to(request.user),
        "morning": preferences.MORNING,
    }
    return render(request, "settings/notifications.html", context, status=422 if form.is_bound else 200)


@csrf_exempt  # mail programs post here (RFC 8058); the signed token says for whom
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest) -> HttpResponse:
    """Stop the e-mails with news for whom the link was made. Opening it asks; only a POST does it."""
    user = letters.user_of(request.GET.get("token", ""))
    if user is None:
        raise Http404
    if request.method == "POST":
        preferences.stop_mail(user)
    return render(request, "unsubscribe.html", {"done": request.method == "POST"})


@require_POST
def theme(request: HttpRequest) -> HttpResponse:
    """Light, dark, or as the system: kept for the user, and in this browser for when nobody is signed in."""
    form = ThemeForm(request.POST)
    if not form.is_valid():
        raise BadRequest("theme")
    chosen = form.cleaned_data["theme"]
    if request.user.is_authenticated:
        User.objects.filter(pk=request.user.pk).update(theme=chosen)
    return remember_theme(back(request, "home"), chosen)


@login_required
@require_safe
def shortcuts(request: Request) -> HttpResponse:
    """What each key does."""
    return show(request, "shortcuts.html", {}, {"shortcuts-help": "help"})


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def profile(request: UserRequest) -> HttpResponse:
    """Name, time zone, keyboard shortcuts."""
    form = ProfileForm(request.POST or None, instance=request.user)
    if request.method == "POST" and form.is_valid():
        user = form.save()
        messages.success(request, _("Saved."))
        return remember_theme(redirect("settings-profile"), user.theme)
    context = {"form": form, "timezones": timezones()}
    return render(request, "settings/profile.html", context, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def sign_in_with(request: HttpRequest, provider: str) -> HttpResponse:
    """Go to Google or Microsoft to sign in there, where the operator has set that up.

    A page leads there, not a redirect: the content security policy lets no form lead elsewhere. What is
    asked for is not the address's to say, so that no link can make of it a question for more, such as mail.
    """
    try:
        way = get_social_adapter().get_provider(request, provider)
    except SocialApp.DoesNotExist:
        raise Http404 from None
    if {"scope", "auth_params"} & request.GET.keys():
        raise BadRequest("scope")
    context = {"provider": way, "process": request.GET.get("process", "")}
    if request.method != "POST":
        return render(request, "socialaccount/login.html", context)
    answer: HttpResponse = way.redirect_from_request(request)
    if not isinstance(answer, HttpResponseRedirect):
        return answer
    return render(request, "socialaccount/leaving.html", context | {"there": answer.url})


@login_required
@require_safe
def security(request: UserRequest) -> HttpResponse:
    """The ways to sign in, and where each is changed."""
    linked = SocialAccount.objects.filter(user=request.user)  # can be removed when no client is set any more
    context = {
        "two_factor": is_mfa_enabled(request.user),
        "has_password": request.user.has_usable_password(),
        "elsewhere": get_social_adapter().list_providers(request) or linked.exists(),
    }
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
    messages.success(request, _("%(name)s no longer opens anything.") % {"name": token.name})
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
    messages.success(request, _("Your account and everything in it is deleted."))
    return redirect("home")
