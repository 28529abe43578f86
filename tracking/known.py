"""What the router is told about a user before it reads their mail; loaded once a sync."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from functools import partial
from uuid import UUID

from applications.models import Application, Event
from tracking import memory
from tracking.allowed import HashedSenders
from tracking.mail import Candidate, Known, Mail, Person
from tracking.models import Mailbox, Message, Thread
from tracking.router.match import lasting_keys


class HashedLinks(Mapping[str, str]):
    """Exact key -> application id, holding the keys as keyed hashes only."""

    def __init__(self, user_id: UUID) -> None:
        self.user_id = user_id
        self.by_hash: dict[str, str] = {}

    def __getitem__(self, key: str) -> str:
        return self.by_hash[memory.hash_key(self.user_id, key)]

    def __iter__(self) -> Iterator[str]:
        return iter(self.by_hash)

    def __len__(self) -> int:
        return len(self.by_hash)

    def put(self, key: str, application_id: str) -> None:
        self.by_hash[memory.hash_key(self.user_id, key)] = application_id


class Knowledge:
    """The `Known` of one mailbox's user, and how it grows while mail is taken in."""

    def __init__(self, mailbox: Mailbox, at: datetime) -> None:
        self.mailbox, self.user, self.at = mailbox, mailbox.user, at
        self.links = HashedLinks(self.user.pk)
        self.rulings = memory.rulings(self.user)
        self._stories: dict[str, tuple[Application, list[Event]]] | None = None  # asked for at the first link
        self.known = self._load()

    def application(self, application_id: str) -> Application | None:
        """An application of the user as it is foretold: with what was linked to it but is not stored yet.

        None where it is gone by now.
        """
        found = self._all_stories().get(application_id)
        return found[0] if found else None

    def linked(self, mail: Mail, application: Application, event: Event) -> None:
        """Take note that `mail` belongs to `application` and puts `event` on its timeline."""
        stories = self._all_stories()
        if str(application.pk) not in stories:
            stories[str(application.pk)] = application, application.story()
        story = stories[str(application.pk)][1]
        story.append(event)
        story.sort(key=lambda each: (each.occurred_at, each.recorded_at))
        application.follow(story)
        for key in lasting_keys(mail):
            self.links.put(key, str(application.pk))
        people = mail.recipients if mail.sent else (mail.sender,)
        correspondents = self.known.correspondents | {person.email.lower() for person in people}
        self.known = replace(self.known, correspondents=correspondents)
        # At once, not with the page: where a page ends must not show in what is found.
        self._renew([application])

    def renew(self, stories: Iterable[tuple[Application, list[Event]]]) -> None:
        """Take note of what a page has changed: somebody else may have changed the same meanwhile."""
        changed = {str(application.pk): (application, story) for application, story in stories}
        self._all_stories().update(changed)
        self._renew([application for application, _ in changed.values()])

    def reload(self) -> None:
        """Forget what was foretold, and learn again what is stored."""
        self.links, self._stories = HashedLinks(self.user.pk), None
        self.known = self._load()

    def _renew(self, applications: Iterable[Application]) -> None:
        """Exchange candidates that have changed. Matching prepares each new set anew."""
        held = {each.id: each for each in self.known.candidates}
        found = held | {str(each.pk): candidate_of(each) for each in applications}
        if found != held:
            self.known = replace(self.known, candidates=tuple(found.values()))

    def _all_stories(self) -> dict[str, tuple[Application, list[Event]]]:
        if self._stories is None:
            applications = Application.objects.of(self.user).prefetch_related("events")
            self._stories = {str(each.pk): (each, each.story()) for each in applications}
        return self._stories

    def _load(self) -> Known:
        user = self.user
        # In an order that no mail changes: how a sync was cut into runs must not show in what it finds.
        applications = Application.objects.of(user).order_by("created_at", "pk")
        linked = Message.objects.of(user).exclude(application=None)
        counts = memory.counts(user, self.at)
        self._load_links()

        def recall(kind: str, key: str) -> Mapping[str, tuple[float, float]]:
            return counts.get((kind, memory.hash_key(user.pk, f"{kind}\0{key}")), {})

        return Known(
            person=Person(user.name, user.email, user.timezone),
            candidates=tuple(candidate_of(application) for application in applications),
            links=self.links,
            correspondents=frozenset(
                address.lower()
                for address in linked.filter(sent_by_user=False)
                .values_list("sender_address", flat=True)
                .distinct()
            ),
            allowed_senders=HashedSenders.of(user),
            recall=recall,
            excluded=self._excluded,
            excluded_by_id=self._excluded_by_id,
        )

    def _excluded(self, message: str, thread: str) -> frozenset[str]:
        key = partial(memory.ruling_key, self.user.pk, self.mailbox.pk)
        return self._ruled_out(lambda: (key("message", message), key("thread", thread)))

    def _excluded_by_id(self, identifiers: tuple[str, ...]) -> frozenset[str]:
        return self._ruled_out(lambda: (memory.identifier_key(self.user.pk, each) for each in identifiers))

    def _ruled_out(self, hashes: Callable[[], Iterable[str]]) -> frozenset[str]:
        """Applications ruled out under any of the hashes, which are made only if there is any ruling."""
        if not self.rulings:
            return frozenset()
        return frozenset().union(*(self.rulings.get(key_hash, frozenset()) for key_hash in hashes()))

    def _load_links(self) -> None:
        linked = Message.objects.of(self.user).exclude(application=None).order_by("received_at")
        for application_id, hashes in linked.values_list("application_id", "exact_keys"):
            for key_hash in hashes:
                self.links.by_hash[key_hash] = str(application_id)
        threads = Thread.objects.filter(mailbox=self.mailbox).exclude(application=None)
        for provider_id, application_id in threads.values_list("provider_id", "application_id"):
            self.links.put(f"thread:{provider_id}", str(application_id))


def candidate_of(application: Application) -> Candidate:
    """`application` as matching sees it."""
    return Candidate(
        id=str(application.pk),
        company=application.company,
        title=application.title,
        status=application.status,
        applied_at=application.applied_at,
        url=application.url,
        location=application.location,
        requisition=application.requisition,
        last_activity_at=application.last_activity_at,
    )
