"""Rows for tests, as realistic as they need to be. Everything of one user belongs to that user."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import factory
from django.utils import timezone

from accounts.models import ApiToken, Grant, Notification, User
from applications.models import Application, Event, Import, Task
from applications.status import Status
from billing.models import Subscription
from tracking.allowed import sender_hash
from tracking.mail import Kind
from tracking.models import AllowedSender, Mailbox, Message, SyncRun, Thread

PASSWORD = "correct horse"


class UserFactory(factory.django.DjangoModelFactory):
    """Somebody with the password "correct horse", on Free; `UserFactory(plan="premium")` is on another."""

    class Meta:
        model = User
        skip_postgeneration_save = True

    email = factory.Sequence(lambda n: f"sam{n}@example.org")
    name = "Sam Taylor"
    timezone = "UTC"

    @classmethod
    def _create(cls, model_class, *args, **kwargs):
        return model_class.objects.create_user(*args, **{"password": PASSWORD, **kwargs})

    @factory.post_generation
    def plan(self, create, extracted, **kwargs):
        if extracted:
            Subscription.objects.create(user=self, plan_code=extracted)


class GrantFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Grant

    user = factory.SubFactory(UserFactory)
    provider = Grant.Provider.GOOGLE
    address = factory.Sequence(lambda n: f"sam{n}@gmail.com")
    scopes = "https://www.googleapis.com/auth/gmail.readonly"
    credentials = '{"refresh_token": "1//refresh", "access_token": "ya29.access", "expires_at": 0}'


class NotificationFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Notification

    user = factory.SubFactory(UserFactory)
    kind = Notification.Kind.STATUS
    key = factory.Sequence(lambda n: f"status:{n}")
    text = "Data Analyst at Lumen Health: Interviewing"
    path = "/applications/"


class ApiTokenFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = ApiToken

    user = factory.SubFactory(UserFactory)
    name = "Laptop"
    digest = factory.Sequence(lambda n: ApiToken.hash(f"hb_secret{n}"))
    hint = "hb_secre"


class ApplicationFactory(factory.django.DjangoModelFactory):
    """An application whose timeline begins with "added" and leads to `status`.

    `at` is when it was added (two weeks ago by default).
    """

    class Meta:
        model = Application

    class Params:
        at = factory.LazyFunction(lambda: timezone.now() - timedelta(days=14))

    user = factory.SubFactory(UserFactory)
    company = factory.Sequence(
        lambda n: f"{COMPANIES[n % len(COMPANIES)]}{'' if n < len(COMPANIES) else f' {n}'}"
    )
    title = factory.Iterator(["Data Analyst", "Backend Engineer", "Product Designer", "QA Engineer"])
    status = Status.APPLIED
    applied_on = factory.LazyAttribute(lambda o: None if o.status == Status.SAVED else o.at.date())
    created_at = factory.LazyAttribute(lambda o: o.at)

    @classmethod
    def _create(cls, model_class, *args, **kwargs):
        status = Status(kwargs.pop("status"))
        application = model_class.objects.create(*args, **kwargs)
        first = status if status in {Status.SAVED, Status.APPLIED} else Status.APPLIED
        at = application.created_at
        application.record(Event.Kind.CREATED, at, status=first, recorded_at=at)
        if status != first:
            application.record(
                Event.Kind.STATUS_SET, at, status=status, recorded_at=at + timedelta(microseconds=1)
            )
        return application


class TaskFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Task

    application = factory.SubFactory(ApplicationFactory)
    user = factory.SelfAttribute("application.user")
    text = "Send the references"


class ImportFactory(factory.django.DjangoModelFactory):
    """An uploaded file of one row that nobody has looked at yet."""

    class Meta:
        model = Import

    user = factory.SubFactory(UserFactory)
    filename = "applications.csv"
    header = ["Company", "Job title"]
    rows = [["Quillstone", "Editor"]]
    mapping = {"columns": ["company", "title"], "statuses": {}, "day_first": False, "duplicates": False}


class MailboxFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Mailbox

    user = factory.SubFactory(UserFactory)
    provider = Mailbox.Provider.GMAIL
    address = factory.Sequence(lambda n: f"sam{n}@mailbox.example")


class SyncRunFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = SyncRun

    user = factory.SelfAttribute("mailbox.user")
    mailbox = factory.SubFactory(MailboxFactory)
    state = SyncRun.State.COMPLETED
    started_at = factory.LazyFunction(lambda: timezone.now() - timedelta(minutes=2))
    finished_at = factory.LazyAttribute(lambda o: o.started_at + timedelta(seconds=12))
    looked_at, kept, auto_linked, review, orphans = 120, 9, 5, 3, 1


class ThreadFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Thread

    user = factory.SelfAttribute("mailbox.user")
    mailbox = factory.SubFactory(MailboxFactory)
    provider_id = factory.Sequence(lambda n: f"thread-{n}")
    last_message_at = datetime(2026, 3, 4, 9, 30, tzinfo=UTC)


class MessageFactory(factory.django.DjangoModelFactory):
    """A stored mail waiting for review; pass `state`, `application`, `suggestion`, `event` for another place.

    `MessageFactory(linked_to=application)` is a linked one with its event on the timeline.
    """

    class Meta:
        model = Message

    class Params:
        linked_to = None

    user = factory.SelfAttribute("mailbox.user")
    mailbox = factory.SubFactory(MailboxFactory)
    thread = factory.LazyAttribute(
        lambda o: ThreadFactory(
            mailbox=o.mailbox, user=o.user, application=o.linked_to, last_message_at=o.received_at
        )
    )
    provider_id = factory.Sequence(lambda n: f"message-{n}")
    rfc_message_id = factory.LazyAttribute(lambda o: f"<{o.provider_id}@mail.example>")
    sender_name = "Priya Raman"
    sender_address = "priya.raman@lumenhealth.example"
    subject = "Interview for Data Analyst at Lumen Health"
    received_at = datetime(2026, 3, 4, 9, 30, tzinfo=UTC)
    snippet = "Thank you for applying. We would like to invite you to an interview next week."
    body = (
        "Hi Sam,\n\nThank you for applying to Lumen Health. We would like to invite you to an interview "
        "for the Data Analyst role next week.\n\nBest,\nPriya"
    )
    kind = Kind.INTERVIEW_INVITATION
    kind_confidence = 97
    company = "Lumen Health"
    title = "Data Analyst"
    state = factory.LazyAttribute(lambda o: Message.State.LINKED if o.linked_to else Message.State.REVIEW)
    application = factory.SelfAttribute("linked_to")
    confidence = 86
    evidence = factory.LazyFunction(
        lambda: [
            {"code": "company_domain", "text": "Sent from lumenhealth.example", "weight": 4.2},
            {"code": "title", "text": "Names the job title Data Analyst", "weight": 2.1},
        ]
    )
    suggested_effect = factory.LazyAttribute(lambda o: str(o.kind))
    effect = factory.LazyAttribute(lambda o: str(o.kind) if o.linked_to else "")
    router_version = "test"

    @factory.lazy_attribute
    def event(self):
        if self.linked_to is None:
            return None
        text = str(self.kind).replace("_", " ").capitalize()
        return self.linked_to.record(
            Event.Kind.MAIL, self.received_at, effect=str(self.kind), text=text, by_person=False
        )

    @factory.lazy_attribute
    def decided_at(self):
        return self.received_at if self.linked_to else None


class AllowedSenderFactory(factory.django.DjangoModelFactory):
    """The sender of `message`, whose later mail passes the screen."""

    class Meta:
        model = AllowedSender

    message = factory.SubFactory(MessageFactory)
    user = factory.SelfAttribute("message.user")
    mailbox = factory.SelfAttribute("message.mailbox")
    address_hash = factory.LazyAttribute(lambda o: sender_hash(o.user.pk, o.message.sender_address))


COMPANIES = [
    "Lumen Health",
    "Northwind Robotics",
    "Harbor & Pine",
    "Quillstone",
    "Meridian Freight",
    "Ostrava Games",
    "Bluefin Analytics",
    "Kestrel Energy",
]
