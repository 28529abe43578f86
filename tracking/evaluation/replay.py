"""Scenarios replayed through the whole path in memory, each as its own user, messages in order.

What is done without a person stays done, right or wrong. What would wait for review or as an orphan is
decided as the user would: the truth is applied, and later messages find it so. What was dropped (by the
screen or the route) the user never sees, so no truth is applied for it. A user ignores adversarial mail.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from time import perf_counter

from applications.status import Status, Step, fold
from tracking.mail import Candidate, Known, Mail, Match, Permissions, Reading, Route, Screening, Thresholds
from tracking.router.match import Weighed, decide, lasting_keys, memory_keys, weigh
from tracking.router.parse import parse
from tracking.router.route import route
from tracking.router.scenario import Expected, Scenario, ScenarioMessage, to_raw
from tracking.router.screen import screen

Reader = Callable[[Mail, Known], Reading]


@dataclass(frozen=True)
class Taken:
    """What the path made of one message, in how many seconds, and how many bytes its source has."""

    mail: Mail
    screening: Screening
    reading: Reading
    weighed: Weighed | None
    match: Match
    route: Route
    seconds: float
    size: int


@dataclass(frozen=True)
class Observation:
    """What was done with one message, beside its truth.

    `truth` is the application that the message belongs to under the id it has in the replay, or None
    where there is none (yet). `before` and `now` are the status of the application that was acted on.
    """

    author: str
    scenario: str
    message: ScenarioMessage
    taken: Taken
    truth: str | None
    first_of_untracked: bool
    before: str
    now: str
    truth_moves: bool

    @property
    def expected(self) -> Expected:
        """The truth as its author wrote it."""
        return self.message.expected

    @property
    def reading(self) -> Reading:
        return self.taken.reading

    @property
    def match(self) -> Match:
        return self.taken.match

    @property
    def route(self) -> Route:
        return self.taken.route

    @property
    def screened_in(self) -> bool:
        """Whether the screen let it through."""
        return self.taken.screening.keep

    @property
    def kept(self) -> bool:
        """Whether anything of the message would be kept."""
        return self.screened_in and self.route.action != "ignore"


DROPPED = Route("ignore", None, 0, "", "", "screened_out")
NO_MATCH = Match(None, 0, ())


@dataclass
class Tracked:
    """One application of the replay, with the events that make its status."""

    candidate: Candidate
    first: Status
    steps: list[Step] = field(default_factory=list)

    @property
    def status(self) -> Status:
        return fold(self.first, self.steps)[0]


class Replay:
    """The state of one user's account while the messages of a scenario come in."""

    def __init__(
        self,
        scenario: Scenario,
        reader: Reader,
        weights: Sequence[float] | None = None,
        remembers: bool = True,
    ) -> None:
        self.scenario = scenario
        self.reader = reader
        self.weights = weights
        self.remembers = remembers
        self.tracked = {each.id: Tracked(each, Status(each.status)) for each in scenario.applications}
        self.truth_ids = {each.id: each.id for each in scenario.applications}
        self.truth_status = {each.id: each.status for each in scenario.applications}
        self.links: dict[str, str] = {}
        self.correspondents: set[str] = set()
        self.memory: dict[tuple[str, str], dict[str, tuple[float, float]]] = {}
        self.seen_untracked: set[str] = set()
        self._known: Known | None = None

    def run(self) -> Iterator[Observation]:
        """Replay every message in order."""
        for message in self.scenario.messages:
            yield self.step(message)

    def step(self, message: ScenarioMessage) -> Observation:
        """Take one message through the path, act on it, then decide as the user would."""
        raw = to_raw(message, self.scenario)
        known = self.known()
        started = perf_counter()
        mail = parse(raw)
        screening = screen(mail, known)
        reading = self.reader(mail, known)
        weighed, found, routed = None, NO_MATCH, DROPPED
        if screening.keep:
            weighed = weigh(reading, mail, known)
            found = decide(weighed, reading, mail, self.weights)
            status = self.tracked[found.application].status if found.application else ""
            routed = route(reading, found, mail, Permissions(), Thresholds(), status)
        taken = Taken(
            mail, screening, reading, weighed, found, routed, perf_counter() - started, len(raw.content)
        )
        return self._settle(message, taken)

    def _settle(self, message: ScenarioMessage, taken: Taken) -> Observation:
        """Act on a message, then decide as the user would, and note what came of it beside the truth."""
        expected, routed = message.expected, taken.route
        truth = self.truth_ids.get(expected.application or "")
        first, moves = self._is_first_of_untracked(expected), self._truth_moves(expected)
        acted_on = routed.application if routed.action == "auto" else None
        before = self.tracked[acted_on].status.value if acted_on else ""
        self._act(message, taken)
        now = self.tracked[acted_on].status.value if acted_on else ""
        if routed.action != "ignore" and not expected.adversarial:
            self._decide(message, taken)
        scenario = self.scenario
        return Observation(scenario.author, scenario.id, message, taken, truth, first, before, now, moves)

    def _is_first_of_untracked(self, expected: Expected) -> bool:
        name = expected.application or ""
        if not name.startswith("n") or expected.adversarial or name in self.seen_untracked:
            return False
        self.seen_untracked.add(name)
        return True

    def _truth_moves(self, expected: Expected) -> bool:
        if expected.application is None or expected.adversarial:
            return False
        before = self.truth_status.get(expected.application, Status.APPLIED)
        self.truth_status[expected.application] = expected.status_after or before
        return expected.status_after != before

    def _act(self, message: ScenarioMessage, taken: Taken) -> None:
        """Do what is done without a person."""
        mail, reading, routed = taken.mail, taken.reading, taken.route
        if routed.action == "create":
            created = self._create(f"new-{message.id}", reading.company or "", reading.title or "", mail)
            expected = message.expected.application or ""
            if expected.startswith("n"):
                self.truth_ids.setdefault(expected, created)
            self._link(created, mail)
        elif routed.action == "auto" and routed.application:
            if routed.effect:
                self.tracked[routed.application].steps.append(Step(mail.received_at, routed.effect))
            self._link(routed.application, mail)

    def _decide(self, message: ScenarioMessage, taken: Taken) -> None:
        """What the user decides where something waits: the truth."""
        expected, mail, routed = message.expected, taken.mail, taken.route
        if expected.application is None:
            return
        target = self.truth_ids.get(expected.application)
        if target is None:
            target = self._create(f"new-{message.id}", expected.company or "", expected.title or "", mail)
            self.truth_ids[expected.application] = target
        right_already = routed.action == "auto" and routed.application == target
        if routed.action in ("auto", "create") and not right_already:
            return
        if not right_already:
            self._link(target, mail)
        self._correct_status(target, expected, mail, routed)

    def _correct_status(self, target: str, expected: Expected, mail: Mail, routed: Route) -> None:
        done_alone = routed.action == "auto" and not routed.suggested_effect
        if not done_alone and expected.status_after and self.tracked[target].status != expected.status_after:
            self.tracked[target].steps.append(Step(mail.received_at, status=Status(expected.status_after)))
            self._known = None

    def _create(self, identifier: str, company: str, title: str, mail: Mail) -> str:
        candidate = Candidate(identifier, company, title, Status.APPLIED, applied_at=mail.received_at)
        self.tracked[identifier] = Tracked(candidate, Status.APPLIED)
        self._known = None
        return identifier

    def _link(self, application: str, mail: Mail) -> None:
        tracked = self.tracked[application]
        tracked.candidate = replace(tracked.candidate, last_activity_at=mail.received_at)
        self.links.update(dict.fromkeys(lasting_keys(mail), application))
        addresses = mail.recipients if mail.sent else (mail.sender,)
        self.correspondents.update(address.email.lower() for address in addresses)
        self._remember(application, mail)
        self._known = None

    def _remember(self, application: str, mail: Mail) -> None:
        for key in memory_keys(mail):
            counts = self.memory.setdefault(key, {})
            alpha, beta = counts.get(application, (0.0, 0.0))
            counts[application] = (alpha + 1, beta)

    def known(self) -> Known:
        """What the account says before the next message."""
        if self._known is None:
            self._known = Known(
                person=self.scenario.user,
                candidates=tuple(replace(t.candidate, status=t.status.value) for t in self.tracked.values()),
                links=dict(self.links),
                correspondents=frozenset(self.correspondents),
                recall=lambda kind, key: self.memory.get((kind, key), {}) if self.remembers else {},
            )
        return self._known


def replay(
    scenarios: Iterable[Scenario],
    reader: Reader,
    weights: Sequence[float] | None = None,
    remembers: bool = True,
) -> list[Observation]:
    """Every message of every scenario, each scenario as its own user.

    `weights` are those of a calibration other than the shipped one. Without `remembers`, matching is
    told nothing of what the user decided on earlier mail of a sender.
    """
    return [seen for scenario in scenarios for seen in Replay(scenario, reader, weights, remembers).run()]
