"""Which known word is suggested for one that is not known."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.dialects.kubernetes.spelling import Speller
from penstock.objects.suggest import did_you_mean, edits, likeness, nearest

SHOP = ["rel-ads", "rel-cart-db", "rel-catalog", "rel-geo", "rel-kart", "rel-search", "rel-web"]
TEAM = ["payments-prod-europe-ads", "payments-prod-europe-kart", "payments-prod-europe-cms"]
NGINX = [f"nginx.ingress.kubernetes.io/{n}" for n in ("rewrite-target", "use-regex", "app-root")]


STATIC = [f"kubernetes.io/ingress.{scope}-static-ip-name" for scope in ("global", "regional")]


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("kubernetes.io/ingress.regional-static-ip-nam", STATIC[1]),
        ("kubernetes.io/ingress.global-static-ip", STATIC[0]),
        ("kubernetes.io/ingress.regional-static-ip", STATIC[1]),
    ],
)
def test_what_is_cut_short_is_not_taken_for_another_long_name(word: str, meant: str):
    assert nearest(word, STATIC) == meant


@pytest.mark.parametrize(
    ("word", "known", "meant"),
    [
        ("rel-cart", SHOP, "rel-kart"),
        ("rel-catalogue", SHOP, "rel-catalog"),
        ("rel-saerch", SHOP, "rel-search"),
        ("payments-prod-europe-cart", TEAM, "payments-prod-europe-kart"),
        ("payments-prod-europe-billing", TEAM, None),
        ("payments-prod-eurpoe-ads", TEAM, "payments-prod-europe-ads"),
        ("nginx.ingress.kubernetes.io/rewrite-taget", NGINX, NGINX[0]),
        ("nginx.ingress.kubernetes.io/limit-rps", NGINX, None),
        ("zone-a", ["zone-b"], "zone-b"),
        ("web-cb", ["web-bc", "web-cache", "api-bc"], "web-bc"),
        ("Prefx", ["Exact", "Prefix", "ImplementationSpecific"], "Prefix"),
        ("healthcheck", ["healthCheck", "healthChecks"], "healthCheck"),
        ("time_out", ["timeout"], "timeout"),
        ("host", ["hosts", "host-name"], "hosts"),
        ("zebra", SHOP, None),
        ("", SHOP, None),
        ("x", [], None),
    ],
)
def test_the_nearest_word_differs_least_where_it_differs(
    word: str, known: list[str], meant: str | None
) -> None:
    assert nearest(word, known) == meant
    assert nearest(word, reversed(known)) == meant, "the order of what is known says nothing"
    assert did_you_mean(word, known) == (f"Did you mean `{meant}`?" if meant else "")


@pytest.mark.parametrize(
    ("word", "names", "near"),
    [
        ("rel-cart", SHOP, ("rel-kart", "rel-cart-db")),
        ("rel-cart", [*SHOP, *(f"rel-{n}" for n in range(100))], ("rel-kart", "rel-cart-db")),
        ("kart", SHOP, ("rel-kart",)),
        ("rel-wbe", SHOP, ("rel-web",)),
        ("payments-prod-europe-cart", TEAM, ("payments-prod-europe-kart",)),
        ("rel-kitalag", SHOP, ("rel-catalog",)),
        ("rel-nothing", SHOP, ()),
        ("web", ["web-a", "web-b", "web-c", "web-d"], ("web-a", "web-b", "web-c")),
    ],
)
def test_services_are_suggested_by_what_differs(
    word: str, names: list[str], near: tuple[str, ...]
) -> None:
    assert Speller(names).near(word) == near


@pytest.mark.parametrize(
    ("word", "other", "count"),
    [
        ("", "", 0),
        ("", "abc", 3),
        ("cart", "kart", 1),
        ("wbe", "web", 1),
        ("ab", "ba", 1),
        ("kitten", "sitting", 3),
        ("ca", "abc", 3),
        ("flaw", "lawn", 2),
    ],
)
def test_edits(word: str, other: str, count: int) -> None:
    assert edits(word, other) == edits(other, word) == count


WORDS = st.text("ab-.", max_size=8)


@given(WORDS, WORDS)
def test_likeness_is_the_same_both_ways_and_whole_only_for_the_same_parts(
    word: str, other: str
) -> None:
    rate = likeness(word, other)
    assert rate == likeness(other, word)
    assert 0 <= rate <= 1
    assert (rate == 1) == (word.replace(".", "-") == other.replace(".", "-"))
