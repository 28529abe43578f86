from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.router.builders import known, mail
from tracking.mail import Kind
from tracking.router.features import featurise
from tracking.router.packed import WeightsError
from tracking.router.weights import SHIPPED, Curve, load

pytest.importorskip("sklearn")
from tracking.router import training

SCENARIOS = Path(__file__).parents[1] / "scenarios"
AUTHORS = ("hazel", "larch")


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, object]]:
    out = tmp_path_factory.mktemp("model") / "kinds.bin"
    return out, training.train([SCENARIOS / author for author in AUTHORS], out)


def test_training_again_gives_the_same_bytes(trained: tuple[Path, dict[str, object]], tmp_path: Path) -> None:
    again = tmp_path / "again.bin"
    summary = training.train([SCENARIOS / author for author in AUTHORS], again)
    assert again.read_bytes() == trained[0].read_bytes()
    assert summary["digest"] == trained[1]["digest"]


def test_another_process_gives_the_same_bytes(
    trained: tuple[Path, dict[str, object]], tmp_path: Path
) -> None:
    """Nothing may hang on the order of sets, which differs from process to process."""
    again = tmp_path / "again.bin"
    program = (
        "import sys; from pathlib import Path; from tracking.router import training;"
        "training.train([Path(each) for each in sys.argv[2:]], Path(sys.argv[1]))"
    )
    folders = [str(SCENARIOS / author) for author in AUTHORS]
    seeded = {**os.environ, "PYTHONHASHSEED": "4711"}
    subprocess.run([sys.executable, "-c", program, str(again), *folders], check=True, env=seeded)
    assert again.read_bytes() == trained[0].read_bytes()


def test_an_author_can_be_left_out(trained: tuple[Path, dict[str, object]], tmp_path: Path) -> None:
    summary = training.train(
        [SCENARIOS / author for author in AUTHORS], tmp_path / "x.bin", leave_out="larch"
    )
    assert summary["authors"] == ["hazel"]
    assert summary["digest"] != trained[1]["digest"]


def test_plain_arithmetic_agrees_with_the_library(trained: tuple[Path, dict[str, object]]) -> None:
    """Whole-number weights and packed sums give nearly what the trained model itself gives."""
    rows = [row for path in sorted((SCENARIOS / "hazel").glob("*.json")) for row in training.rows_of(path)]
    rows += [row for path in sorted((SCENARIOS / "larch").glob("*.json")) for row in training.rows_of(path)]
    names = training._names(rows)
    model = training._fit(rows, names)
    expected = model.predict_proba(training._matrix([row.features for row in rows[:40]], names))
    weights = load(trained[0])
    for row, values in zip(rows[:40], expected, strict=True):
        found = weights.probabilities(row.features)
        for number, value in zip(model.classes_, values, strict=True):
            assert found[training.KINDS[number]] == pytest.approx(value, abs=0.05)


def test_damaged_files_are_refused(trained: tuple[Path, dict[str, object]], tmp_path: Path) -> None:
    content = trained[0].read_bytes()
    head, _, payload = content.partition(b"\n")
    old = json.dumps({**json.loads(head), "schema": 0}).encode()
    for name, broken in (
        ("changed", content[:-1] + bytes([content[-1] ^ 1])),
        ("cut", content[:-100]),
        ("schema", old + b"\n" + payload),
        ("empty", b""),
    ):
        path = tmp_path / name
        path.write_bytes(broken)
        with pytest.raises(WeightsError):
            load(path)


def test_shipped_weights_name_their_data() -> None:
    weights = load()
    assert set(weights.kinds) == set(Kind) - {Kind.OTHER_SENT}
    assert set(weights.about) == {"data_digest", "data_date", "messages", "authors"}
    assert SHIPPED.stat().st_size < 1_000_000


def test_names_of_the_user_s_world_are_masked() -> None:
    found = featurise(mail("Nadia, Northwind thanks Okafor"), known())
    plain = featurise(mail("Xenia, Northwind thanks Xerxes"), known())
    assert found.hashed["body"] != plain.hashed["body"]
    assert not [name for name in found.named if "nadia" in name]


def test_curve_is_monotonic_and_bounded() -> None:
    curve = Curve(0.7, -0.2)
    values = [curve(number / 20) for number in range(21)]
    assert values == sorted(values)
    assert 0 <= values[0] <= values[-1] <= 1


def test_reading_loads_no_numeric_library() -> None:
    program = (
        "import sys; from tracking.router import read; from tracking.router.weights import load; load();"
        "print(sorted(set(sys.modules) & {'numpy', 'sklearn', 'scipy', 'django', 'celery', 'requests'}))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
