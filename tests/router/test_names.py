import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracking.router.names import forms, label_splits, label_words, name, similarity, tokens, variants
from tracking.router.words import LEGAL_FORMS

SAME = [
    ("Northwind Inc.", "Northwind"),
    ("Northwind GmbH & Co. KG", "northwind"),
    ("Banco Solaria, S.A.", "Banco Solaria"),
    ("Fjällräv AB", "Fjallrav"),
    ("O'Dowd Freight Pty Ltd", "ODowd Freight"),
    ("T & R Joinery", "T&R Joinery"),
    ("Saint Brendan Hospital", "St. Brendan Hospital"),
    ("Bright Loom", "Brightloom"),
    ("Palisade Tx", "Palisade Therapeutics"),
    ("Lumen Fed Solutions", "Lumen Federal Solutions, LLC"),
    ("The Orchard House", "Orchard House"),
]
NEAR = [
    ("Copperline", "Copperline Robotics"),
    ("Gulf Pine AC", "Gulf Pine Air Conditioning & Heating"),
    ("Piedmont Crest Bank", "Piedmont Crest"),
    ("MSK", "Magazine Street Kitchen"),
]
DIFFERENT = [
    ("Meta", "Metabase"),
    ("Stripe", "Stripes"),
    ("Apple", "Applebee's"),
    ("Lumen Fed Solutions", "Lumenate Defense"),
    ("Parallax Games", "Parallel Systems"),
    ("Harbor", "Harbor Coffee Roasters"),
    ("Northwind Bank", "Northwind Technologies"),
    ("Northwind", "Nоrthwind"),  # with a Cyrillic o
]


@pytest.mark.parametrize(("a", "b"), SAME)
def test_same_company_in_other_spelling(a: str, b: str) -> None:
    assert similarity(name(a), name(b)) >= 0.95


@pytest.mark.parametrize(("a", "b"), NEAR)
def test_short_name_is_near_its_long_form(a: str, b: str) -> None:
    assert similarity(name(a), name(b)) >= 0.75


@pytest.mark.parametrize(("a", "b"), DIFFERENT)
def test_names_that_only_begin_alike_are_different(a: str, b: str) -> None:
    assert similarity(name(a), name(b)) < 0.6


@given(st.text(max_size=40), st.text(max_size=40))
def test_similarity_is_a_symmetric_share(a: str, b: str) -> None:
    one, other = name(a), name(b)
    assert 0 <= similarity(one, other) <= 1
    if one.words:
        assert similarity(one, one) == 1
    if not set(one.words) & set(other.words) and one.joined != other.joined:
        assert similarity(one, other) < 0.96


@given(st.sampled_from(sorted(LEGAL_FORMS)), st.sampled_from(["Brightloom", "Copperline Robotics", "Sable"]))
def test_any_legal_form_drops_off_the_end(form: str, company: str) -> None:
    assert name(f"{company} {form.upper()}").words == name(company).words


@given(st.text(max_size=60))
def test_tokens_are_lower_case_words_without_accents(text: str) -> None:
    assert all(word == word.lower() and word.isalnum() for word in tokens(text) if word.isascii())


def test_rare_names_tell_more_than_everyday_words() -> None:
    assert name("Brightloom").rarity > name("Target").rarity
    assert name("Target Optical").rarity > name("Group").rarity


def test_entry_may_hold_two_names() -> None:
    assert [each.raw for each in variants("Schuyler Rivers Trust (Harcourt Lane)")] == [
        "Schuyler Rivers Trust",
        "Harcourt Lane",
    ]
    assert {each.raw for each in variants("Bank client via Corvus Staffing")} >= {"Corvus Staffing"}


def _fits(label: str, company: str) -> float:
    spelled = dict(sorted(forms(name(company)), key=lambda pair: pair[1]))
    return max((factor * spelled.get(part, 0) for part, factor in label_splits(label)), default=0)


@pytest.mark.parametrize(
    ("label", "company", "least", "most"),
    [
        ("tessellatelabs", "Tessellate Labs", 1.0, 1.0),
        ("tessellate", "Tessellate Labs", 0.9, 1.0),
        ("amihanbay", "Amihan Bay Resort", 0.9, 1.0),
        ("fenwickandthistle", "Fenwick & Thistle", 1.0, 1.0),
        ("copperlinegroup", "Copperline", 0.8, 0.95),
        ("copperline-careers", "Copperline", 0.5, 0.79),  # how lookalikes are made
        ("copperlinehr", "Copperline", 0.5, 0.79),
        ("metabase", "Meta", 0.0, 0.5),
        ("applebees", "Apple", 0.0, 0.0),
        ("harborcoffeeroasters", "Harbor", 0.0, 0.0),
    ],
)
def test_domain_label_fits_the_name_it_spells(label: str, company: str, least: float, most: float) -> None:
    assert least <= _fits(label, company) <= most


def test_words_of_a_name_may_stand_in_another_order_in_a_domain() -> None:
    assert label_words("southerncoastmuseum", name("Museum of the Southern Coast")) >= 0.8
    assert label_words("willamettehistory", name("Willamette Historical Society")) > 0
    assert label_words("metabase", name("Meta")) < 0.6
    assert label_words("example", name("Museum of the Southern Coast")) == 0
