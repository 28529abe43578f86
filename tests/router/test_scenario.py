from __future__ import annotations

from pathlib import Path

import pytest

from tracking.router.parse import parse
from tracking.router.replay import replay
from tracking.router.scenario import Scenario, load_scenarios, message_id, to_raw

SCENARIOS = Path(__file__).parents[1] / "scenarios"


@pytest.fixture(scope="module")
def scenarios() -> list[Scenario]:
    return load_scenarios(SCENARIOS)


def test_messages_survive_the_way_through_rfc_822(scenarios: list[Scenario]) -> None:
    for scenario in scenarios:
        for message in scenario.messages:
            found = parse(to_raw(message, scenario))
            assert found.auth == message.auth
            assert found.subject.split() == message.subject.replace("\u200b", "").split()
            assert found.message_id == message_id(scenario, message.id)
            assert found.in_reply_to == (
                message_id(scenario, message.in_reply_to) if message.in_reply_to else ""
            )
            assert found.sent is message.sent_by_user
            assert found.list_unsubscribe is message.list_unsubscribe
            assert found.sender.email in message.sender
            assert len(found.invites) == bool(message.ics)
            assert not found.defects


def test_every_message_says_something(scenarios: list[Scenario]) -> None:
    silent = [
        f"{scenario.id} {message.id}"
        for scenario in scenarios
        for message in scenario.messages
        if not parse(to_raw(message, scenario)).text
    ]
    assert silent == []


def test_replay_applies_the_truth_after_each_message(scenarios: list[Scenario]) -> None:
    scenario = next(item for item in scenarios if item.id == "alder-03")
    steps = list(replay(scenario))
    before = {step.message.id: {item.id: item.status for item in step.known.candidates} for step in steps}
    assert before["m2"]["a1"] == "applied"
    assert before["m3"]["a1"] == "interviewing"
    assert not steps[0].known.links
    assert set(steps[-1].known.links.values()) == {"a1", "a2", "a3"}
