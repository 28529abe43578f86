"""The model of single sentences."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tracking.router import sayings, sayings_training
from tracking.router.lexicon.text import Sentences, fold, sentences
from tracking.router.packed import WeightsError
from tracking.router.sayings import SHIPPED, load


def text(words: str) -> Sentences:
    return sentences(fold(words))


def surest(words: str) -> str:
    said = load().said(text(words))
    return max(said, key=lambda name: said[name])


@pytest.mark.parametrize(
    ("words", "saying"),
    [
        ("Thank you so much for the talk. We went with somebody else in the end. Take care.", "declines"),
        ("Thanks for your patience. The committee has yet to meet about it. Take care.", "pending"),
        ("Hello there. Could we talk on the phone on Thursday morning? Take care.", "invites"),
        ("Hello there. Please upload a copy of your passport. Take care.", "asks"),
        ("Guten Tag. Leider haben wir uns für eine andere Person entschieden.", "declines"),
    ],
)
def test_one_sentence_among_others_is_heard(words: str, saying: str) -> None:
    assert surest(words) == saying


def test_what_stands_under_a_condition_is_not_said() -> None:
    plain = load().said(text("You have not been shortlisted."))["declines"]
    conditional = load().said(text("If you do not hear from us, you have not been shortlisted."))["declines"]
    assert plain > 0.5 > conditional


def test_a_long_text_is_heard_at_both_ends() -> None:
    filler = "Our office stands in the old mill by the river. " * 1000
    verdict = "We have decided not to take your application any further. "
    for words in (verdict + filler, filler + verdict):
        assert load().said(text(words))["declines"] > 0.5


@pytest.mark.parametrize("words", ["", " ", "\n\n", "1 2 3", "?!", "日本語", "x" * 100_000])
def test_text_without_words_of_it_says_little(words: str) -> None:
    assert max(load().said(text(words)).values()) < 0.5


def test_training_again_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one.bin", "two.bin"):
        sayings_training.train(tmp_path / name)
    assert (tmp_path / "one.bin").read_bytes() == (tmp_path / "two.bin").read_bytes()


def test_the_shipped_model_was_learnt_from_the_lists_as_they_are() -> None:
    about = json.loads(SHIPPED.read_bytes().partition(b"\n")[0])
    assert about["data_digest"] == sayings_training.data_digest(sayings_training.examples())


def test_every_list_has_every_saying() -> None:
    learnt = sayings_training.examples()
    names = {each.saying for each in learnt}
    for author in {each.author for each in learnt}:
        assert {each.saying for each in learnt if each.author == author} == names
    assert sayings.PLAIN in names


@pytest.mark.parametrize("damage", [lambda raw: b"{}" + raw, lambda raw: raw[:-1], lambda raw: b"x"])
def test_a_damaged_file_is_refused(tmp_path: Path, damage) -> None:
    path = tmp_path / "sayings.bin"
    path.write_bytes(damage(SHIPPED.read_bytes()))
    with pytest.raises(WeightsError):
        load(path)


def test_a_file_of_another_schema_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "sayings.bin"
    path.write_bytes(SHIPPED.read_bytes().replace(b'"schema": 1', b'"schema": 9'))
    with pytest.raises(WeightsError, match="schema 9"):
        load(path)
