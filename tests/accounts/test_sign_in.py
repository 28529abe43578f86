"""Sign-up, sign-in, sign-out, password reset, second factor: allauth with our pages."""

from __future__ import annotations

import re
import uuid
from io import StringIO
from unittest import mock

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.contrib.auth.hashers import MD5PasswordHasher
from django.core import mail
from django.core.management import call_command
from django.test import Client

from accounts import preferences
from accounts.models import User
from tests.factories import PASSWORD, UserFactory
from tracking.management.commands import create_demo

pytestmark = pytest.mark.django_db
LONG = "battery staple 42"
SIGN_UP, SIGN_IN = "/accounts/signup/", "/accounts/login/"


@pytest.fixture
def client():
    """A browser at an address of its own, so that rate limits of other tests do not reach it."""
    digits = uuid.uuid4().bytes
    return Client(REMOTE_ADDR=f"10.{digits[0]}.{digits[1]}.{digits[2]}")


@pytest.fixture
def email():
    return f"{uuid.uuid4().hex[:12]}@example.org"


@pytest.fixture
def person(email):
    return UserFactory(email=email)


def signs_in(client, email, password):
    return client.post(SIGN_IN, {"login": email, "password": password})


def is_signed_in(client):
    return client.get("/settings/profile/").status_code == 200


def text_of(response):
    return " ".join(response.content.decode().split())


class TestSignUp:
    def sent(self, email, **more):
        return {"email": email, "password1": LONG, "password2": LONG, **more}

    def test_it_works_and_leads_to_the_first_steps(self, client, email):
        response = client.post(SIGN_UP, self.sent(email, timezone="Europe/Oslo"))
        assert response["Location"] == "/onboarding/"
        user = User.objects.get()
        assert (user.email, user.timezone, user.is_staff) == (email, "Europe/Oslo", False)
        assert is_signed_in(client)

    def test_it_leads_where_one_wanted_to_go(self, client, email):
        assert client.post(SIGN_UP, self.sent(email, next="/inbox/"))["Location"] == "/inbox/"

    def test_but_not_to_another_site(self, client, email):
        response = client.post(SIGN_UP, self.sent(email, next="https://elsewhere.example/"))
        assert response["Location"] == "/onboarding/"

    def test_the_first_steps_are_for_the_first_time_only(self, client, email):
        client.post(SIGN_UP, self.sent(email))
        client.post("/accounts/logout/")
        assert signs_in(client, email, LONG)["Location"] == "/dashboard/"

    @pytest.mark.parametrize("guess", ["", "Mars/Olympus", "../../etc/passwd"])
    def test_without_a_real_zone_it_is_utc(self, client, email, guess):
        assert client.post(SIGN_UP, self.sent(email, timezone=guess)).status_code == 302
        assert User.objects.get().timezone == "UTC"

    def test_the_browser_is_asked_for_its_zone(self, client):
        content = client.get(SIGN_UP).content.decode()
        assert "data-browser-timezone" in content
        assert "js/timezone.js" in content

    @pytest.mark.parametrize(
        ("change", "words"),
        [
            ({"password2": "something else"}, "You must type the same password"),
            ({"password1": "short", "password2": "short"}, "This password is too short"),
            ({"email": "nobody"}, "Enter a valid email address"),
        ],
    )
    def test_it_refuses(self, client, email, change, words):
        response = client.post(SIGN_UP, self.sent(email) | change)
        assert words in text_of(response)
        assert not User.objects.exists()

    def test_an_address_has_one_account(self, client, person):
        response = client.post(SIGN_UP, self.sent(person.email.upper()))
        assert "There is an account with this address already." in text_of(response)
        assert User.objects.count() == 1
        assert not is_signed_in(client)

    def test_the_address_is_confirmed_by_a_link(self, client, email):
        client.post(SIGN_UP, self.sent(email))
        (message,) = mail.outbox
        assert (message.to, message.subject) == ([email], "Heardback: Confirm your e-mail address")
        path = re.search(r"https?://[^/]+(/accounts/confirm-email/\S+)", message.body)[1]
        content = text_of(client.get(path))
        assert email in content
        client.post(path)
        assert EmailAddress.objects.get().verified

    def test_a_link_that_is_none_says_so(self, client):
        assert "This link no longer works" in text_of(client.get("/accounts/confirm-email/nonsense/"))


class TestSignUpWhereLettersArrive:
    """With a mail server an address must be confirmed first, so that no answer tells who has an account."""

    @pytest.fixture(autouse=True)
    def mandatory(self, settings):
        settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"

    def sign_up(self, client, email):
        response = client.post(SIGN_UP, {"email": email, "password1": LONG, "password2": LONG})
        page = client.get(response["Location"])
        return response["Location"], text_of(page).replace(email, "…"), set(client.cookies)

    def test_a_known_and_an_unknown_address_get_the_same_answer(self, person):
        unknown = f"{uuid.uuid4().hex[:12]}@example.org"
        answers = [
            self.sign_up(Client(REMOTE_ADDR=f"10.9.9.{n}"), e) for n, e in enumerate([person.email, unknown])
        ]
        known_page, unknown_page = (re.sub(r'value="\w{64}"', "", page) for _, page, _ in answers)
        assert known_page == unknown_page
        assert "Look into your mail" in known_page
        assert answers[0][0] == answers[1][0] == "/accounts/confirm-email/"
        assert answers[0][2] == answers[1][2]

    def test_the_answer_takes_the_same_work(self, client, person, email):
        """The hash of a password is what takes time: one for either, by whatever hasher is set."""
        with mock.patch.object(MD5PasswordHasher, "encode", autospec=True, return_value="md5$a$b") as encode:
            self.sign_up(client, person.email)
            known = encode.call_count
            self.sign_up(Client(REMOTE_ADDR="10.9.9.9"), email)
        assert known == encode.call_count - known == 1

    def test_the_owner_gets_a_letter_and_nothing_changes(self, client, person):
        before = person.password
        self.sign_up(client, person.email.upper())
        (letter,) = mail.outbox
        assert (letter.to, letter.subject) == ([person.email], "Heardback: You have an account already")
        assert "/accounts/password/reset/" in letter.body
        person.refresh_from_db()
        assert (person.password, User.objects.count()) == (before, 1)
        assert not is_signed_in(client)

    def link(self):
        (letter,) = mail.outbox
        return re.search(r"https?://[^/]+(/accounts/confirm-email/\S+)", letter.body)[1]

    def test_the_link_lets_a_newcomer_in_to_the_first_steps(self, client, email):
        self.sign_up(client, email)
        assert not is_signed_in(client)
        assert client.post(self.link())["Location"] == "/onboarding/"
        assert is_signed_in(client)

    def test_in_another_browser_one_signs_in_first(self, client, email):
        self.sign_up(client, email)
        other = Client(REMOTE_ADDR="10.9.9.8")
        asked = other.post(self.link(), follow=True)
        assert asked.redirect_chain[-1][0] == "/accounts/login/?next=/onboarding/"
        assert not is_signed_in(other)

    def test_the_demo_account_gets_in_all_the_same(self, client, monkeypatch):
        monkeypatch.setenv("DEMO_PASSWORD", LONG)
        call_command("create_demo", verbosity=0, stdout=StringIO())
        assert signs_in(client, create_demo.EMAIL, LONG)["Location"] == "/dashboard/"

    def test_who_has_not_confirmed_cannot_sign_in(self, client, email):
        self.sign_up(client, email)
        assert signs_in(client, email, LONG)["Location"] == "/accounts/confirm-email/"
        assert not is_signed_in(client)


class TestSecurityNotices:
    def test_a_new_password_is_told_at_once_whatever_one_prefers(self, client, person):
        preferences.stop_mail(person)
        signs_in(client, person.email, PASSWORD)
        mail.outbox.clear()
        sent = {"oldpassword": PASSWORD, "password1": LONG, "password2": LONG}
        assert client.post("/accounts/password/change/", sent).status_code == 302
        (notice,) = mail.outbox
        assert notice.to == [person.email]
        assert notice.subject.startswith("Heardback: ")
        assert "password" in notice.body.lower()
        assert LONG not in notice.body


class TestSignIn:
    def test_it_works_and_leads_to_the_dashboard(self, client, person):
        assert signs_in(client, person.email, PASSWORD)["Location"] == "/dashboard/"
        assert is_signed_in(client)

    def test_the_case_of_the_address_does_not_matter(self, client, person):
        assert signs_in(client, person.email.upper(), PASSWORD).status_code == 302

    def test_it_leads_back_to_where_one_wanted_to_go(self, client, person):
        sent = {"login": person.email, "password": PASSWORD, "next": "/notifications/"}
        assert client.post(SIGN_IN, sent)["Location"] == "/notifications/"

    def test_a_wrong_password_is_refused(self, client, person):
        response = signs_in(client, person.email, "wrong")
        assert "not correct" in text_of(response)
        assert not is_signed_in(client)

    def test_a_closed_account_stays_out(self, client, person):
        person.is_active = False
        person.save()
        signs_in(client, person.email, PASSWORD)
        assert not is_signed_in(client)

    def test_guessing_is_stopped(self, client, person):
        for _ in range(10):
            signs_in(client, person.email, "wrong")
        assert "Too many failed" in text_of(signs_in(client, person.email, PASSWORD))
        assert not is_signed_in(client)

    def test_sign_out_takes_a_post(self, client, person):
        signs_in(client, person.email, PASSWORD)
        assert "Sign out?" in text_of(client.get("/accounts/logout/"))
        assert is_signed_in(client)
        assert client.post("/accounts/logout/")["Location"] == "/"
        assert not is_signed_in(client)

    def test_a_second_factor_is_asked_for(self, client, person):
        from allauth.mfa.adapter import get_adapter

        secret = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
        data = {"secret": get_adapter().encrypt(secret)}
        Authenticator.objects.create(user=person, type=Authenticator.Type.TOTP, data=data)
        response = signs_in(client, person.email, PASSWORD)
        assert response["Location"].startswith("/accounts/2fa/authenticate/")
        assert not is_signed_in(client)
        assert client.get(response["Location"]).status_code == 200
        code = format_hotp_value(hotp_value(secret, next(iter(yield_hotp_counters_from_time()))))
        assert client.post(response["Location"], {"code": code})["Location"] == "/dashboard/"
        assert is_signed_in(client)


class TestReset:
    url = "/accounts/password/reset/"

    def test_the_link_from_the_mail_sets_a_new_password(self, client, person):
        assert client.post(self.url, {"email": person.email})["Location"] == f"{self.url}done/"
        (message,) = mail.outbox
        path = re.search(r"https?://[^/]+(/accounts/password/reset/key/\S+)", message.body)[1]
        form = client.get(path)["Location"]
        assert "Choose a new password" in text_of(client.get(form))
        client.post(form, {"password1": LONG, "password2": LONG})
        person.refresh_from_db()
        assert person.check_password(LONG)
        assert "This link no longer works" in text_of(client.get(path))

    def test_it_does_not_tell_who_has_an_account(self, client, email):
        response = client.post(self.url, {"email": email})
        assert response["Location"] == f"{self.url}done/"
        (letter,) = mail.outbox  # one is sent to either, so that neither answer is the quicker one
        assert (letter.to, letter.subject) == ([email], "Heardback: No account with this address")
        assert "/reset/key/" not in letter.body


PUBLIC = [SIGN_IN, SIGN_UP, "/accounts/password/reset/", "/accounts/password/reset/done/"]
OWN = [
    "/accounts/logout/",
    "/accounts/email/",
    "/accounts/password/change/",
    "/accounts/reauthenticate/",
    "/accounts/2fa/",
    "/accounts/3rdparty/",
    "/accounts/confirm-email/",
    "/accounts/2fa/webauthn/",
]
FRESH = ["/accounts/2fa/totp/activate/", "/accounts/2fa/webauthn/add/"]


@pytest.mark.parametrize("path", PUBLIC)
def test_every_public_page_is_ours(client, path):
    _looks_like_ours(client.get(path))


@pytest.mark.parametrize("path", OWN)
def test_every_page_of_an_account_is_ours(client, person, path):
    signs_in(client, person.email, PASSWORD)
    _looks_like_ours(client.get(path))


@pytest.mark.parametrize("path", FRESH)
def test_what_guards_the_account_asks_for_the_password_again(client, person, path):
    signs_in(client, person.email, PASSWORD)
    assert client.get(path)["Location"].startswith("/accounts/reauthenticate/")
    response = client.post("/accounts/reauthenticate/", {"password": PASSWORD, "next": path})
    _looks_like_ours(client.get(response["Location"]))


def test_recovery_codes_are_shown(client, person):
    signs_in(client, person.email, PASSWORD)
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    data = {"secret": "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"}
    Authenticator.objects.create(user=person, type=Authenticator.Type.TOTP, data=data)
    _looks_like_ours(client.get("/accounts/2fa/recovery-codes/generate/"))
    client.post("/accounts/2fa/recovery-codes/generate/")
    _looks_like_ours(client.get("/accounts/2fa/recovery-codes/"))
    _looks_like_ours(client.get("/accounts/2fa/"))


def _looks_like_ours(response):
    content = response.content.decode()
    assert response.status_code == 200
    assert 'class="site-header"' in content
    assert content.count("<h1") == 1
    # The content security policy allows no inline script, style or handler.
    for script in re.findall(r"<script\b([^>]*)>", content):
        assert "src=" in script or "application/json" in script
    assert not re.search(r"<[^>]+\s(style|on\w+)=", content)
