"""Pages, letters and refusals of signing in and of what guards an account: all in our words and frame."""

from __future__ import annotations

import re

import pytest
from allauth.account.models import EmailAddress, EmailConfirmationHMAC
from allauth.core.internal.ratelimit import respond_429
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from allauth.socialaccount.models import SocialAccount
from django.core import mail
from django.test import Client

from tests.factories import UserFactory
from tests.readers import texts_of

pytestmark = pytest.mark.django_db

PASSWORD = "battery staple 42"
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
ADDRESSES, CONNECTIONS = "/accounts/email/", "/accounts/3rdparty/"
# What allauth says and we do not.
FOREIGN = re.compile(r"\b(email|third-party|log ?in|login|reauthenticate|(de)?activate|verif\w+)\b", re.I)


@pytest.fixture
def person():
    person = UserFactory(email="sam@example.org")
    person.set_password(PASSWORD)
    person.save()
    EmailAddress.objects.create(user=person, email=person.email, verified=True, primary=True)
    return person


@pytest.fixture
def client(person):
    """Somebody signed in who has just given their password once more."""
    client = Client()
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    return client


@pytest.fixture
def key(person):
    data = {"name": "The <laptop>", "credential": {"clientExtensionResults": {"credProps": {"rk": True}}}}
    return Authenticator.objects.create(user=person, type=Authenticator.Type.WEBAUTHN, data=data)


@pytest.fixture
def second_factor(person):
    TOTP.activate(person, SECRET)
    RecoveryCodes.activate(person)


def words_of(response):
    """What can be read on the page, as one line; it is in our frame, with one heading of the first rank."""
    content = response.content.decode()
    assert 'class="site-header"' in content
    assert content.count("<h1") == 1
    words = " ".join(" ".join(text.words for text in texts_of(content)).split())
    assert not FOREIGN.findall(words)
    return words


def fails(response, words):
    assert response.status_code == 200
    assert words in words_of(response)


@pytest.mark.parametrize(
    ("path", "heading"),
    [
        ("/accounts/login/", "Sign in"),
        ("/accounts/signup/", "Sign up"),
        ("/accounts/password/reset/", "Forgotten your password?"),
        ("/accounts/password/reset/done/", "Look into your mail"),
        ("/accounts/password/reset/key/1-x/", "This link no longer works"),
        ("/accounts/password/reset/key/done/", "Your password is changed"),
        ("/accounts/confirm-email/", "Look into your mail"),
        ("/accounts/confirm-email/x/", "Confirm your e-mail address"),
        ("/accounts/inactive/", "This account is closed"),
        ("/accounts/3rdparty/login/cancelled/", "You are not signed in"),
        ("/accounts/3rdparty/login/error/", "That did not sign you in"),
    ],
)
def test_pages_before_signing_in(path, heading):
    assert heading in words_of(Client().get(path))


@pytest.mark.parametrize(
    ("path", "heading"),
    [
        (ADDRESSES, "E-mail addresses"),
        ("/accounts/password/change/", "Change password"),
        ("/accounts/logout/", "Sign out?"),
        ("/accounts/reauthenticate/", "Is it you?"),
        ("/accounts/2fa/", "Two-factor authentication"),
        ("/accounts/2fa/totp/activate/", "Set up an authenticator app"),
        ("/accounts/2fa/webauthn/", "Passkeys and security keys"),
        ("/accounts/2fa/webauthn/add/", "Add a passkey or security key"),
        (CONNECTIONS, "Signing in with Google or Microsoft"),
    ],
)
def test_pages_of_an_account(client, path, heading):
    assert heading in words_of(client.get(path))


@pytest.mark.parametrize(
    ("path", "heading"),
    [
        ("/accounts/2fa/", "9 of 10 codes are left"),
        ("/accounts/2fa/totp/deactivate/", "Switch off the authenticator app?"),
        ("/accounts/2fa/recovery-codes/", "9 of 10 codes are left. Keep them"),
        ("/accounts/2fa/recovery-codes/generate/", "Make new recovery codes?"),
        ("/accounts/2fa/reauthenticate/", "Is it you?"),
    ],
)
def test_pages_of_an_account_with_a_second_factor(client, person, second_factor, path, heading):
    codes = RecoveryCodes(Authenticator.objects.get(user=person, type="recovery_codes"))
    codes.validate_code(codes.get_unused_codes()[0])
    assert heading in words_of(client.get(path))


def test_pages_of_a_key(client, key):
    shown = words_of(client.get("/accounts/2fa/webauthn/"))
    assert "The <laptop> Passkey Added" in shown
    assert "Never used." in shown
    assert "Rename a key" in words_of(client.get(f"/accounts/2fa/webauthn/keys/{key.pk}/edit/"))
    removing = f"/accounts/2fa/webauthn/keys/{key.pk}/remove/"
    assert "Remove The <laptop>?" in words_of(client.get(removing))
    assert "The key is removed." in words_of(client.post(removing, follow=True))
    assert not Authenticator.objects.exists()


def test_somebody_without_a_password_can_set_one(client, person):
    person.set_unusable_password()
    person.save()
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    assert "Set a password" in words_of(client.get("/accounts/password/set/"))


def test_too_many_attempts_say_so(rf, client, person):
    request = rf.get("/")
    request.user = person
    response = respond_429(request)
    assert response.status_code == 429
    assert "That was too often" in words_of(response)


class TestAddresses:
    def add(self, client, address="new@example.org"):
        return client.post(ADDRESSES, {"action_add": "", "email": address}, follow=True)

    def test_a_change_of_address(self, client, person):
        assert "A letter with a link is on its way to new@example.org." in words_of(self.add(client))
        (letter,) = mail.outbox
        assert letter.to == ["new@example.org"]
        shown = words_of(client.get(ADDRESSES))
        assert "new@example.org Not confirmed" in shown
        assert "Use this address" not in shown  # before it is confirmed
        new = EmailAddress.objects.get(email="new@example.org")
        client.post(f"/accounts/confirm-email/{EmailConfirmationHMAC(new).key}/")
        used = client.post(ADDRESSES, {"action_primary": "", "email": new.email}, follow=True)
        assert "This address is in use from now on." in words_of(used)
        removed = client.post(ADDRESSES, {"action_remove": "", "email": "sam@example.org"}, follow=True)
        assert "sam@example.org is removed." in words_of(removed)
        person.refresh_from_db()
        assert person.email == "new@example.org"

    def test_the_letter_can_be_sent_again(self, client):
        self.add(client)
        content = client.get(ADDRESSES).content.decode()
        assert re.search(r'value="new@example.org">\s*<button class="button" name="action_send"', content)

    def test_the_address_in_use_is_not_removed(self, client):
        response = client.post(ADDRESSES, {"action_remove": "", "email": "sam@example.org"}, follow=True)
        assert "sam@example.org is the address in use. Choose another one first." in words_of(response)
        assert 'name="action_remove"' not in client.get(ADDRESSES).content.decode()

    def test_an_address_of_ones_own_is_not_added_again(self, client):
        fails(self.add(client, "sam@example.org"), "This address is among yours already.")


class TestRefusals:
    def test_a_wrong_password(self, person):
        sent = {"login": person.email, "password": "wrong"}
        fails(Client().post("/accounts/login/", sent), "E-mail address or password is not correct.")

    def test_a_wrong_password_when_asked_again(self, client):
        sent = {"password": "wrong"}
        fails(client.post("/accounts/reauthenticate/", sent), "This is not your password.")

    def test_a_wrong_password_when_changing_it(self, client):
        sent = {"oldpassword": "wrong", "password1": "another staple 7", "password2": "another staple 7"}
        fails(client.post("/accounts/password/change/", sent), "This is not your password now.")

    def test_a_wrong_code(self, person, second_factor):
        client = Client()
        client.post("/accounts/login/", {"login": person.email, "password": PASSWORD})
        fails(client.get("/accounts/2fa/authenticate/"), "One more step")
        fails(client.post("/accounts/2fa/authenticate/", {"code": "x"}), "This code is not correct.")

    def test_a_second_factor_waits_for_the_address(self, client, person):
        EmailAddress.objects.create(user=person, email="other@example.org", verified=False)
        response = client.get("/accounts/2fa/totp/activate/", follow=True)
        assert "First confirm each of your e-mail addresses" in words_of(response)

    def test_the_last_way_to_sign_in(self, client, person):
        account = SocialAccount.objects.create(user=person, provider="google", uid="1")
        person.set_unusable_password()
        person.save()
        client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
        response = client.post(CONNECTIONS, {"account": account.pk}, follow=True)
        fails(response, "Set a password first, or you could not sign in any more.")
        assert SocialAccount.objects.exists()


def test_a_key_is_offered_only_to_those_who_have_one(person, second_factor):
    client = Client()
    client.post("/accounts/login/", {"login": person.email, "password": PASSWORD})
    assert "security key" not in words_of(client.get("/accounts/2fa/authenticate/"))


@pytest.mark.parametrize("is_set_up", [True, False])
def test_an_account_elsewhere_can_be_removed(client, person, settings, is_set_up):
    apps = [{"client_id": "id", "secret": "secret"}] if is_set_up else []
    settings.SOCIALACCOUNT_PROVIDERS = {"google": {"APPS": apps}}
    given = {"email": "sam@gmail.example"}
    account = SocialAccount.objects.create(user=person, provider="google", uid="1", extra_data=given)
    assert "Google sam@gmail.example" in words_of(client.get(CONNECTIONS))
    response = client.post(CONNECTIONS, {"account": account.pk}, follow=True)
    assert "This account signs you in no more." in words_of(response)
    assert not SocialAccount.objects.exists()
    (letter,) = mail.outbox
    assert letter.subject == "Heardback: A way to sign in was removed"
    assert "An account at Google signs in to yours no more." in letter.body


class TestLetters:
    """Of what changed in an account, to its owner."""

    def letter(self):
        (letter,) = mail.outbox
        assert not FOREIGN.findall(letter.subject + letter.body)
        assert letter.body.startswith("Hello,\n\n")
        assert "\n" not in letter.subject
        assert "If it was not, set a new password at once" in letter.body
        assert "IP address: 127.0.0.1\nBrowser: " in letter.body
        return letter.subject, letter.body.split("\n")[2]

    def test_a_new_password(self, client):
        new = {"password1": "another staple 7", "password2": "another staple 7"}
        client.post("/accounts/password/change/", {"oldpassword": PASSWORD, **new})
        said = "The password of your account was changed."
        assert self.letter() == ("Heardback: Your password was changed", said)

    def test_no_second_factor(self, client, second_factor):
        client.post("/accounts/2fa/totp/deactivate/")
        said = "The authenticator app was switched off: signing in asks for its code no more."
        assert self.letter() == ("Heardback: The authenticator app was switched off", said)

    @pytest.mark.django_db(transaction=True)
    def test_new_recovery_codes(self, client, second_factor):
        client.post("/accounts/2fa/recovery-codes/generate/")
        said = "New recovery codes were made for your account. Those from before work no more."
        assert self.letter() == ("Heardback: New recovery codes", said)

    def test_a_key_less(self, client, key):
        client.post(f"/accounts/2fa/webauthn/keys/{key.pk}/remove/")
        said = "A passkey or security key was removed from your account."
        assert self.letter() == ("Heardback: A key was removed", said)

    def test_an_address_less(self, client, person):
        EmailAddress.objects.create(user=person, email="old@example.org", verified=True)
        client.post(ADDRESSES, {"action_remove": "", "email": "old@example.org"})
        said = "old@example.org was removed from your account."
        assert self.letter() == ("Heardback: An address was removed", said)

    def test_another_address(self, client, person):
        EmailAddress.objects.create(user=person, email="new@example.org", verified=True)
        client.post(ADDRESSES, {"action_primary": "", "email": "new@example.org"})
        assert mail.outbox[0].to == ["sam@example.org"]  # where the owner still looks
        assert mail.outbox[0].subject == "Heardback: Another address"
        assert "go to new@example.org from now on, and no longer to sam@example.org." in mail.outbox[0].body
