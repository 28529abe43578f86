"""The command line of evaluation and training, shared by the management commands and `python -m`."""

from __future__ import annotations

import argparse
import json as json_format
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tracking.evaluation import card, evaluate, evaluate_by_author, held_out
from tracking.evaluation.card_text import DIAGRAM, markdown
from tracking.evaluation.diagram import reliability_svg
from tracking.evaluation.fitting import fit, save
from tracking.evaluation.folds import CACHE, code_digest, digest, sources
from tracking.evaluation.replay import Reader
from tracking.evaluation.report import in_words, misses
from tracking.router import sayings, sayings_training, training
from tracking.router.calibration import Bin
from tracking.router.match.belief import PATH
from tracking.router.read import read
from tracking.router.weights import SHIPPED

ENGINES: dict[str, Reader] = {
    "local": read
}  # by name; what needs a network or a key is set up by its operator
PROJECT = Path(__file__).resolve().parents[2]
SCENARIOS, DOCS = PROJECT / "tests" / "scenarios", PROJECT / "docs"


def add_evaluation_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of evaluate_router."""
    parser.add_argument("directory", type=Path, help="scenario files, authors in sub-folders")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of a table")
    parser.add_argument("--engine", default="local", help="the engine that reads (default: local)")
    parser.add_argument(
        "--by-author", action="store_true", help="judge each author by models that never saw theirs"
    )
    parser.add_argument("--verbose", action="store_true", help="list what went wrong, with the evidence")


def main(arguments: Sequence[str]) -> str:
    """Evaluate as the arguments say; gives what is to be printed."""
    parser = argparse.ArgumentParser(prog="evaluate_router")
    add_evaluation_arguments(parser)
    return run(**vars(parser.parse_args(arguments)))


def run(directory: Path, json: bool, engine: str, by_author: bool, verbose: bool) -> str:
    """The evaluation of `directory` in words or as JSON. Raises FileNotFoundError or ValueError."""
    if engine not in ENGINES:
        raise ValueError(f"no engine {engine!r}; there is: {', '.join(ENGINES)}")
    if not sources([directory]):
        raise FileNotFoundError(f"no scenario files under {directory}")
    found, seen = evaluate_by_author(directory) if by_author else evaluate(directory, engine, ENGINES[engine])
    if json:
        return _as_json(found)
    return "\n".join([in_words(found), *(["", *misses(seen)] if verbose else [])])


def _as_json(found: dict[str, Any]) -> str:
    return json_format.dumps(found, indent=1)


def write_card(directory: Path, out: Path, cache: Path = CACHE) -> list[Path]:
    """Write the router's card and its diagram to the folder `out`; gives their paths.

    Raises FileNotFoundError where there are no scenarios.
    """
    found = card.measured(directory, cache)
    panels = [
        (title, _bins(found, name))
        for title, name in (("Which application", "match"), ("Which kind", "kind"))
    ]
    text, diagram = out / "router-card.md", out / DIAGRAM
    out.mkdir(parents=True, exist_ok=True)
    text.write_text(markdown(found), encoding="utf-8")
    diagram.write_text(reliability_svg(panels), encoding="utf-8")
    return [text, diagram]


def _bins(found: dict[str, Any], name: str) -> list[Bin]:
    return [Bin(*row) for row in found["calibration"][name]["bins"]]


def train(directories: Sequence[Path], say: Any = print) -> None:
    """Train the shipped weights from scenario files, then fit the calibration of matching by author."""
    directories = directories or [SCENARIOS]
    files = sources(directories)
    if not files:
        raise FileNotFoundError(f"no scenario files under {', '.join(map(str, directories))}")
    say(sayings_training.train(sayings.SHIPPED))
    say(training.train(list(directories), SHIPPED))
    seen = held_out(files)
    written = save(fit(seen), seen, digest(files), PATH)
    say(f"calibration of matching on {written['messages']} messages, code {code_digest()[:12]}")
