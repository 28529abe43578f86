import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.router.values import reading
from tracking.evaluation import folds
from tracking.evaluation.command import run
from tracking.evaluation.figures import kind_scores, measure, same_deadline, same_name, same_title
from tracking.evaluation.fitting import fit, save
from tracking.evaluation.replay import Observation, Reader, replay
from tracking.evaluation.report import TARGETS, in_words, misses
from tracking.mail import Kind, Known, Mail, Reading
from tracking.router import training
from tracking.router.calibration import brier, expected_error, fit_logistic, logistic, reliability, solve
from tracking.router.match.belief import FEATURES, NEUTRAL, read_weights
from tracking.router.scenario import load_scenario
from tracking.router.weights import SHIPPED

NAMED_KEYS = {
    "messages", "relevant_precision", "relevant_recall", "kind_macro_f1", "kind_f1", "confusion",
    "auto_links", "auto_link_precision", "auto_link_coverage", "false_auto_links_per_1000", "review_recall",
    "wrong_status_changes", "missed_status_changes", "new_application_precision", "new_application_recall",
    "company_exact", "title_exact", "deadline_precision", "deadline_recall", "interview_at_precision",
    "interview_at_recall", "adversarial_unsafe", "ece_match", "ece_kind", "p50_ms", "p95_ms", "engine",
    "router_version",
}  # fmt: skip


def message(identifier: str, day: int, kind: str, application: str | None, **changes: Any) -> dict[str, Any]:
    expected = {
        "relevant": kind not in ("job_alert", "other"), "kind": kind, "application": application,
        "status_after": changes.pop("status_after", "applied" if application else None),
        "company": changes.pop("company", None), "title": changes.pop("title", None), "deadline": None,
        "interview_at": None, "needs_review": False, "adversarial": changes.pop("adversarial", False),
    }  # fmt: skip
    plain = {
        "id": identifier, "thread": identifier, "date": f"2026-09-{day:02}T09:00:00+00:00",
        "from": "Northwind Robotics <jobs@northwindrobotics.com>", "reply_to": None, "to": "ada@example.com",
        "subject": "Data Engineer at Northwind Robotics", "in_reply_to": None, "auth": "pass",
        "list_unsubscribe": False, "sent_by_user": False, "text": "Dear Ada, about your application.",
        "html": None, "ics": None, "expected": expected,
    }  # fmt: skip
    return {**plain, **changes}


Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a scenario of the given messages, with one tracked application (a1) at Northwind Robotics."""

    def written(*messages: dict[str, Any], author: str = "elm", number: int = 1) -> Path:
        scenario = {
            "id": f"{author}-{number:02}", "author": author, "now": "2026-09-30T09:00:00+00:00",
            "user": {"name": "Ada Brook", "email": "ada@example.com", "timezone": "Europe/London"},
            "applications": [{"id": "a1", "company": "Northwind Robotics", "title": "Data Engineer",
                              "status": "applied", "applied_on": "2026-09-01",
                              "url": None, "location": None}],
            "messages": list(messages),
        }  # fmt: skip
        path = tmp_path / author / f"{number:02}.json"
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(scenario), encoding="utf-8")
        return path

    return written


def reader_of(path: Path, **by_message: Any) -> Reader:
    """A reader that says the truth of the scenario, changed for single messages."""
    truths = {each.id: each.expected for each in load_scenario(path).messages}

    def read(mail: Mail, known: Known) -> Reading:
        identifier = mail.provider_id.rpartition(":")[2]
        truth = truths[identifier]
        said: dict[str, Any] = {
            "kind": truth.kind, "about_job": 0.99 if truth.relevant else 0.01, "company": truth.company,
            "title": truth.title, "company_is_certain": bool(truth.company),
            "title_is_certain": bool(truth.title),
        }  # fmt: skip
        return reading(**{**said, **by_message.get(identifier, {})})

    return read


def seen_in(path: Path, **by_message: Any) -> list[Observation]:
    return replay([load_scenario(path)], reader_of(path, **by_message))


def figures_of(path: Path, **by_message: Any) -> dict[str, Any]:
    return measure(seen_in(path, **by_message), "local", "test")


INVITATION = ("interview_invitation", "a1")


def test_it_gives_every_figure_that_is_asked_for(write: Write) -> None:
    found = figures_of(write(message("m1", 2, *INVITATION, status_after="interviewing")))
    assert found.keys() >= NAMED_KEYS
    json.dumps(found)
    assert all(name in in_words(found) for name, *_ in TARGETS)


def test_right_link_and_status_count(write: Write) -> None:
    found = figures_of(write(message("m1", 2, *INVITATION, status_after="interviewing")))
    assert (found["auto_links"], found["auto_link_precision"], found["auto_link_coverage"]) == (1, 1.0, 1.0)
    assert (found["wrong_status_changes"], found["missed_status_changes"]) == (0, 0)


def test_wrong_kind_makes_a_wrong_status_change(write: Write) -> None:
    path = write(message("m1", 2, *INVITATION, status_after="interviewing"))
    found = figures_of(path, m1={"kind": Kind.ASSESSMENT})
    assert (found["wrong_status_changes"], found["missed_status_changes"]) == (1, 1)
    assert found["confusion"] == {"interview_invitation": {"assessment": 1}}


def test_link_of_an_irrelevant_mail_is_wrong(write: Write) -> None:
    path = write(message("m1", 2, "other", None))
    found = figures_of(path, m1={"kind": Kind.STATUS_UPDATE, "about_job": 0.99})
    assert (found["auto_links"], found["auto_link_precision"]) == (1, 0.0)
    assert found["false_auto_links_per_1000"] == 1000
    assert any(
        line.startswith("2 wrong link: elm-01 m1")
        for line in misses(seen_in(path, m1={"kind": Kind.OFFER, "about_job": 0.99}))
    )


def test_adversarial_mail_counts_only_as_unsafe(write: Write) -> None:
    trap = message("m1", 2, "offer", None, adversarial=True)
    found = figures_of(write(trap), m1={"kind": Kind.OFFER})
    assert (found["messages"], found["adversarial_unsafe"]) == (0, 1)
    forged = figures_of(write({**trap, "auth": "fail"}), m1={"kind": Kind.OFFER})
    assert forged["adversarial_unsafe"] == 0


def test_what_waits_is_not_linked_but_decided_before_the_next(write: Write) -> None:
    stranger = {
        "from": "Kim <kim@gmail.com>",
        "subject": "Interview",
        "text": "Could you come for an interview about your application on Friday?",
    }
    path = write(
        message("m1", 2, *INVITATION, status_after="interviewing", **stranger),
        message("m2", 3, *INVITATION, status_after="interviewing", thread="m1", in_reply_to="m1", **stranger),
    )
    first, second = seen_in(path)
    assert first.route.action in ("review", "orphan")
    assert second.match.exact
    assert (second.route.action, second.route.application) == ("auto", "a1")
    assert (second.before, second.now) == ("interviewing", "interviewing")


def test_what_was_dropped_is_not_decided(write: Write) -> None:
    path = write(
        message("m1", 2, *INVITATION, status_after="interviewing"),
        message("m2", 3, "next_round", "a1", status_after="technical_round"),
    )
    seen = seen_in(path, m1={"kind": Kind.JOB_ALERT, "about_job": 0.01})
    assert seen[0].route.action == "ignore"
    assert seen[1].before == "applied"
    assert measure(seen, "local", "test")["relevant_recall"] == 0.5


def test_created_application_stands_for_the_untracked_one(write: Write) -> None:
    away = {
        "from": "Fernweh <jobs@fernweh.example>",
        "subject": "Cook at Fernweh",
        "company": "Fernweh",
        "title": "Cook",
    }
    path = write(
        message("m1", 2, "application_received", "n1", **away),
        message("m2", 3, "interview_invitation", "n1", status_after="interviewing", **away),
    )
    first, second = seen_in(path)
    assert (first.route.action, first.first_of_untracked) == ("create", True)
    assert second.truth == "new-m1"
    assert second.match.application == "new-m1"
    found = figures_of(path)
    assert (found["new_application_precision"], found["new_application_recall"]) == (1.0, 1.0)


def test_creation_for_a_tracked_application_is_wrong(write: Write) -> None:
    away = {
        "from": "Fernweh <jobs@fernweh.example>",
        "subject": "Cook",
        "company": "Fernweh",
        "title": "Cook",
    }
    found = figures_of(write(message("m1", 2, "application_received", "a1", **away)))
    assert (found["new_applications"], found["new_application_precision"]) == (1, 0.0)


@pytest.mark.parametrize(
    ("stated", "truth", "same"),
    [
        ("copperline", "Copperline Robotics", True),
        ("Copperline Robotics GmbH", "Copperline", True),
        ("St. Brendan's", "St Brendans", True),
        ("Copper", "Copperline", False),
        ("Robotics", "Copperline Robotics", False),
        (None, "Copperline", False),
    ],
)
def test_names_are_compared_by_leading_words(stated: str | None, truth: str, same: bool) -> None:
    assert same_name(stated, truth) is same


def test_titles_and_deadlines_are_compared_as_agreed() -> None:
    assert same_title("Data Engineer", "data engineer, platform")
    assert not same_title("Engineer", "Data Engineer")
    assert same_deadline("2026-09-04", "2026-09-04T17:00:00-05:00")
    assert not same_deadline("2026-09-05", "2026-09-04")


def test_scores_of_a_kind() -> None:
    offer, other = Kind.OFFER, Kind.OTHER
    pairs = Counter({(offer, offer): 3, (offer, other): 1, (other, offer): 1, (other, other): 5})
    assert kind_scores(pairs, offer) == (0.75, 0.75, 0.75)


# Folds


def test_a_fold_never_learns_from_the_author_it_judges(write: Write) -> None:
    for author in ("elm", "oak", "yew"):
        path = write(message("m1", 2, *INVITATION), author=author)
    files = folds.sources([path.parents[1]])
    found = folds.by_author(files)
    assert [fold.name for fold in found] == ["elm", "oak", "yew"]
    for fold in found:
        assert {each.scenario.author for each in fold.judged} == {fold.name}
        assert fold.name not in {each.scenario.author for each in fold.learnt}


def test_random_folds_judge_every_scenario_once(write: Write) -> None:
    for number in range(1, 8):
        path = write(message("m1", 2, *INVITATION), number=number)
    files = folds.sources([path.parents[1]])
    found = folds.at_random(files, count=3)
    assert sorted(each.path for fold in found for each in fold.judged) == sorted(each.path for each in files)
    assert all(not set(fold.judged) & set(fold.learnt) for fold in found)


def test_a_model_is_trained_once_for_the_same_data(
    write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trained = []

    def train(directories: list[Path], out: Path, curves: object = None) -> None:
        trained.append([path.name for folder in directories for path in folder.rglob("*.json")])
        out.write_bytes(b"weights")

    monkeypatch.setattr(training, "train", train)
    path = write(message("m1", 2, *INVITATION))
    files = folds.sources([path.parents[1]])
    first = folds.model_for(files, tmp_path / "cache")
    assert folds.model_for(files, tmp_path / "cache") == first
    assert len(trained) == 1
    write(message("m1", 3, *INVITATION))
    assert folds.model_for(folds.sources([path.parents[1]]), tmp_path / "cache") != first


def test_a_model_can_take_over_the_curves_of_another(
    write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[Any] = []

    def train(directories: list[Path], out: Path, curves: object = None) -> None:
        given.append(curves)
        out.write_bytes(b"weights")

    monkeypatch.setattr(training, "train", train)
    files = folds.sources([write(message("m1", 2, *INVITATION)).parents[1]])
    shipped = training.load_model()
    alone = folds.model_for(files, tmp_path / "cache")
    taken_over = folds.model_for(files, tmp_path / "cache", calibrated_as=SHIPPED)
    assert taken_over != alone  # neither is taken for the other
    curve = shipped.kind_curve
    assert given[0] is None
    assert given[1]["kind_curve"] == [curve.slope, curve.shift]


def test_a_folder_without_scenarios_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        run(tmp_path, json=True, engine="local", by_author=False, verbose=False)


# Calibration


def test_perfect_confidence_has_no_error() -> None:
    assert expected_error([1.0] * 10 + [0.0] * 10, [True] * 10 + [False] * 10) == 0
    assert brier([1.0, 0.0], [True, False]) == 0


def test_overconfidence_is_measured() -> None:
    assert expected_error([0.9] * 30, [True] * 15 + [False] * 15, bins=1) == pytest.approx(0.4)
    assert brier([0.9, 0.9], [True, False]) == pytest.approx(0.41)


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), max_size=60))
def test_bins_have_equal_mass_and_lose_nothing(pairs: list[tuple[float, bool]]) -> None:
    bins = reliability([p for p, _ in pairs], [r for _, r in pairs])
    assert sum(each.count for each in bins) == len(pairs)
    assert max((each.count for each in bins), default=0) - min((each.count for each in bins), default=0) <= 1
    assert 0 <= expected_error([p for p, _ in pairs], [r for _, r in pairs]) <= 1


def test_logistic_fit_finds_the_slope_of_its_data() -> None:
    rows = [[1.0, x / 10] for x in range(-40, 41)]
    right = [logistic(2 * x) > (number % 7 + 0.5) / 7 for number, (_, x) in enumerate(rows)]
    intercept, slope = fit_logistic(rows, right, [0.0, 0.0], pull=1e-3)
    assert abs(intercept) < 0.5
    assert 1.4 < slope < 2.8


def test_strong_prior_holds_the_weights() -> None:
    rows, right = [[1.0, 1.0]] * 20, [False] * 20
    assert fit_logistic(rows, right, [0.5, 1.0], pull=1e6) == pytest.approx([0.5, 1.0], abs=1e-3)


def test_linear_equations_are_solved() -> None:
    assert solve([[0.0, 2.0], [3.0, 1.0]], [4.0, 11.0]) == pytest.approx([3.0, 2.0])


def test_fitted_weights_are_written_and_read_back(write: Write, tmp_path: Path) -> None:
    seen = seen_in(
        write(message("m1", 2, *INVITATION, status_after="interviewing"), message("m2", 3, "other", None))
    )
    weights = fit(seen)
    save(weights, seen, "abc", tmp_path / "match.json")
    stored = json.loads((tmp_path / "match.json").read_text())
    assert stored["data_digest"] == "abc"
    assert read_weights(stored) == pytest.approx(weights, abs=1e-4)
    assert len(weights) == len(FEATURES)


def test_weights_of_another_schema_are_not_used() -> None:
    assert read_weights({"schema": 99, "weights": dict.fromkeys(FEATURES, 9.0)}) == NEUTRAL
    assert read_weights({"schema": 1, "weights": {"one": 9.0}}) == NEUTRAL
