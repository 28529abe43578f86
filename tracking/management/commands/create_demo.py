from __future__ import annotations

import os
from typing import Any

from allauth.account.models import EmailAddress
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from accounts.models import User
from billing.models import Subscription
from billing.plans import PLATINUM
from tracking.connect import use_sample
from tracking.models import Mailbox

EMAIL = "demo-user@heardback.example"


class Command(BaseCommand):
    help = "Make the demo account with its applications and sample mailbox, once; say how to sign in."

    def handle(self, *args: Any, **options: Any) -> None:
        password = os.environ.get("DEMO_PASSWORD")
        if not password:
            raise CommandError("DEMO_PASSWORD is not set: a demo account is for a machine of your own.")
        user = User.objects.filter(email=EMAIL).first()
        if user is None:
            user = User.objects.create_user(EMAIL, password, name="Robin Castellane")
            Subscription.objects.create(user=user, plan_code=PLATINUM.code)
        # Where addresses must be confirmed, nobody could confirm this one.
        EmailAddress.objects.get_or_create(
            user=user, email=EMAIL, defaults={"verified": True, "primary": True}
        )
        if not Mailbox.objects.of(user).exists():
            use_sample(user, timezone.now())
        self.stdout.write(f"  E-mail:   {EMAIL}\n  Password: {password}")
