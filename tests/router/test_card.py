"""The router's card: intervals, what is taken away for ablations, failures in words, determinism."""

from __future__ import annotations

import json
import shutil
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from statistics import mean
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.router.builders import known, mail
from tracking.evaluation import Setup, observe
from tracking.evaluation.ablations import (
    ABLATIONS,
    observed,
    unruled_reader_for,
    without_bodies,
    without_platforms,
)
from tracking.evaluation.command import SCENARIOS, write_card
from tracking.evaluation.diagram import reliability_svg
from tracking.evaluation.failures import failures
from tracking.evaluation.figures import measure, ratio
from tracking.evaluation.folds import Fold, by_author, sources
from tracking.evaluation.intervals import bootstrap, wilson
from tracking.evaluation.language import language_of
from tracking.evaluation.replay import replay
from tracking.mail import Address, Known, Mail
from tracking.router.calibration import Bin
from tracking.router.read import read
from tracking.router.scenario import load_scenario
from tracking.router.senders import sender_platform
from tracking.router.weights import SHIPPED


@pytest.mark.parametrize(
    ("part", "whole", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (0, 20, 0.0, 0.1611), (20, 20, 0.8389, 1.0), (1, 1, 0.2065, 1.0)],
)
def test_wilson_gives_published_intervals(part: int, whole: int, low: float, high: float) -> None:
    """The first is the worked example of Newcombe (1998); the ends are Wilson's closed form."""
    assert wilson(part, whole) == pytest.approx((low, high), abs=1e-4)


@given(st.integers(0, 500), st.integers(0, 500))
def test_an_interval_holds_its_proportion(part: int, rest: int) -> None:
    low, high = wilson(part, part + rest)
    assert 0 <= low <= high <= 1
    assert not part + rest or low <= part / (part + rest) <= high + 1e-12


def test_a_bootstrap_covers_the_mean_and_is_the_same_every_time() -> None:
    groups = [float(number % 7) for number in range(70)]
    low, high = bootstrap(groups, mean, samples=300)
    assert low < 3 < high < 4
    assert (low, high) == bootstrap(groups, mean, samples=300)


def test_a_share_knows_what_it_is_of_and_is_written_as_a_number() -> None:
    share = ratio(1, 3)
    assert (share, share.part, share.whole) == (0.3333, 1, 3)
    assert json.loads(json.dumps({"share": share})) == {"share": 0.3333}


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Thank you for your application. We will be in touch with you.", "English"),
        ("Vielen Dank für Ihre Bewerbung. Wir werden uns bei Ihnen melden und die Unterlagen", "German"),
        ("Nous vous remercions pour votre candidature et reviendrons vers vous dans les jours", "French"),
        ("12345", "Other"),
    ],
)
def test_languages_are_told_by_their_commonest_words(text: str, language: str) -> None:
    assert language_of(text) == language


# What is taken away


def test_without_bodies_only_sender_subject_and_calendar_are_left() -> None:
    for path in sorted((SCENARIOS / "hazel").glob("*.json"))[:3]:
        before = json.loads(path.read_text())
        after = without_bodies(before)
        assert any(each["text"] or each["html"] for each in before["messages"])
        assert not any(each["text"] or each["html"] for each in after["messages"])
        assert [each["subject"] for each in after["messages"]] == [
            each["subject"] for each in before["messages"]
        ]


def test_without_the_table_no_sender_is_known() -> None:
    scenario = {
        "messages": [{"from": "Acme <no-reply@us.greenhouse-mail.io>", "text": "boards.greenhouse.io/x"}]
    }
    found = without_platforms(scenario)["messages"][0]
    assert "greenhouse" not in json.dumps(found)
    assert sender_platform(Address("", found["from"].partition("<")[2].rstrip(">"))) is None
    assert without_platforms({"text": "evergreenhouse.io and lever.company.test"})["text"] == (
        "evergreenhouse.io and lever.company.test"
    )


def test_no_platform_of_the_scenarios_is_left() -> None:
    for path in sorted(SCENARIOS.rglob("*.json"))[::9]:
        for each in without_platforms(json.loads(path.read_text()))["messages"]:
            assert sender_platform(Address("", each["from"].partition("<")[2].rstrip("> "))) is None


def test_without_memory_matching_is_told_nothing_of_decisions() -> None:
    scenario = load_scenario(sorted((SCENARIOS / "hazel").glob("*.json"))[0])
    asked: list[bool] = []

    def reading(message: Mail, state: Known) -> Any:
        asked.append(bool(state.recall("sender", message.sender.email.lower())))
        return read(message, state)

    replay([scenario, scenario], reading)
    with_memory = any(asked)
    asked.clear()
    replay([scenario, scenario], reading, remembers=False)
    assert with_memory
    assert not any(asked)


def test_without_rules_the_models_belief_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tracking.evaluation.ablations.model_for", lambda learnt, cache: SHIPPED)
    unruled = unruled_reader_for(Fold("x", (), ()))
    alert = mail(
        "10 new jobs for you", subject="Job alert", sender="LinkedIn <jobalerts-noreply@linkedin.com>"
    )
    ruled, plain = read(alert, known()), unruled(alert, known())
    assert plain.probabilities != ruled.probabilities
    assert sum(plain.probabilities.values()) == pytest.approx(1.0)
    own = mail("I withdraw my application.", sent=True)
    assert unruled(own, known()).kind == read(own, known()).kind


def test_each_part_is_taken_away_by_another_setup() -> None:
    assert len({(each.rewrite, each.setup) for each in ABLATIONS}) == len(ABLATIONS) == 4
    assert all(each.rewrite or each.setup != Setup() for each in ABLATIONS)


# The whole


@pytest.fixture(scope="module")
def some(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A few scenarios of two authors."""
    folder = tmp_path_factory.mktemp("scenarios")
    for author in ("hazel", "larch"):
        (folder / author).mkdir()
        for path in sorted((SCENARIOS / author).glob("*.json"))[:2]:
            shutil.copy(path, folder / author)
    return folder


def shipped_reader(fold: Fold, cache: Path) -> Any:
    return read


@pytest.fixture(scope="module")
def observations(some: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Any]:
    parts = observe(by_author(sources([some])), tmp_path_factory.mktemp("cache"), Setup(shipped_reader))
    return [each for part in parts.values() for each in part]


def test_an_ablation_judges_every_message(some: Path, observations: list[Any], tmp_path: Path) -> None:
    blind = ABLATIONS[1]
    assert blind.rewrite is without_bodies
    seen = observed(type(blind)("", blind.rewrite, Setup(shipped_reader)), sources([some]), tmp_path)
    assert [each.message.id for each in seen] == [each.message.id for each in observations]
    assert not any(each.taken.mail.text for each in seen if not each.taken.mail.invites)
    worse, better = (measure(part, "", "")["kind_macro_f1"] for part in (seen, observations))
    assert worse < better


def test_failures_are_counted_and_quote_nothing(observations: list[Any]) -> None:
    said = " ".join(failures(observations)).lower()
    assert "read as" in said or "not suggested" in said or not said
    for each in observations:
        for word in (each.expected.company, each.message.subject, each.taken.mail.sender.email):
            assert not word or len(word) < 6 or word.lower() not in said


def test_the_diagram_is_xml_with_a_point_for_each_bin() -> None:
    bins = [Bin(10, 0.1, 0.2), Bin(10, 0.5, 0.4), Bin(10, 0.9, 1.0)]
    root = ElementTree.fromstring(reliability_svg([("One", bins), ("Two", bins[:2])]))
    circles = root.findall(".//{http://www.w3.org/2000/svg}circle")
    assert len(circles) == 5
    assert float(circles[2].get("cy", "0")) < float(circles[0].get("cy", "0"))


@pytest.mark.slow
def test_the_card_is_the_same_at_every_run(
    some: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("sklearn")
    monkeypatch.setattr("tracking.router.training.STRENGTH", 0.01)  # rough models are trained sooner
    written = []
    for run in ("first", "second"):
        paths = write_card(some, tmp_path / run, cache=tmp_path)
        next(tmp_path.glob("card-*.json")).unlink()  # measure again, by the same models
        assert [path.name for path in paths] == ["router-card.md", "router-reliability.svg"]
        written.append([path.read_bytes() for path in paths])
    assert written[0] == written[1]
    text = written[0][0].decode()
    for part in (
        "95 % interval",
        "What 95 is worth",
        "ECE",
        "Brier",
        "random split",
        "without body",
        "hazel",
    ):
        assert part in text


def test_a_folder_without_scenarios_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        write_card(tmp_path / "none", tmp_path)
