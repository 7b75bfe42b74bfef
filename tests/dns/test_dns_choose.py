"""What is answered by which policy: a table, and what holds of every choice."""

from __future__ import annotations

from collections import Counter

import pytest
from dns_lab import ORDER, States, item, record, simple
from hypothesis import given
from hypothesis import strategies as st

from penstock.dns import choose
from penstock.dns.choose import shares
from penstock.model import DnsItem, DnsPolicyKind, DnsRecord

GEO, WEIGHTED = DnsPolicyKind.GEO, DnsPolicyKind.WEIGHTED
FAILOVER = DnsPolicyKind.FAILOVER

US, EU, ASIA = (
    item("10.0.1.1", "10.0.1.2", region="us"),
    item("10.0.2.1", region="eu"),
    item("10.0.3.1", region="asia"),
)
US_ILL = ("10.0.1.1", "10.0.1.2")
ALL_ILL = (*US_ILL, "10.0.2.1", "10.0.3.1")


@pytest.mark.parametrize(
    ("region", "ill", "wanted", "why"),
    [
        ("us", (), "10.0.1.1 10.0.1.2", "us: its own region"),
        ("eu", (), "10.0.2.1", "eu: its own region"),
        ("us-west", (), "10.0.1.1 10.0.1.2", "us: the nearest"),
        ("us", ("10.0.1.1",), "10.0.1.2", "us: its own region"),
        ("us", US_ILL, "10.0.2.1", "eu: the next nearest: us is unhealthy (10.0.1.1: ill"),
        ("us-west", US_ILL, "10.0.3.1", "asia: the next nearest: us is unhealthy"),
        ("us", (*US_ILL, "10.0.2.1"), "10.0.3.1", "asia: the next nearest: us is unhealthy"),
        ("us", ALL_ILL, "10.0.1.1 10.0.1.2", "us: nothing is healthy, so all count"),
        ("eu", ALL_ILL, "10.0.2.1", "eu: nothing is healthy, so all count"),
        ("mars", (), "10.0.3.1", "asia: the nearest"),  # Nobody knows: by name.
    ],
)
def test_geo(region: str, ill: tuple[str, ...], wanted: str, why: str) -> None:
    choice = choose(record(GEO, US, EU, ASIA), region, States(*ill), ORDER, 0.0)
    assert choice.addresses == tuple(wanted.split())
    assert choice.why.startswith(why)
    assert choice.by_place


@pytest.mark.parametrize(
    ("ill", "wanted"),
    [
        ((), "10.0.1.1 10.0.1.2"),
        (("10.0.1.1",), "10.0.1.2"),
        (US_ILL, "10.0.1.1 10.0.1.2"),
    ],
)
def test_a_fence_keeps_clients_in_their_region(ill: tuple[str, ...], wanted: str) -> None:
    fenced = record(GEO, US, EU, fencing=True)
    choice = choose(fenced, "us", States(*ill), ORDER, 0.0)
    assert choice.addresses == tuple(wanted.split())


def test_a_fence_without_any_listener_answers_nothing() -> None:
    fenced = record(GEO, US, EU, fencing=True)
    assert choose(fenced, "us", States(gone=US_ILL), ORDER, 0.0).addresses == ()
    open_one = record(GEO, US, EU)
    assert choose(open_one, "us", States(gone=US_ILL), ORDER, 0.0).addresses == ("10.0.2.1",)


def test_what_has_no_health_check_is_always_answered() -> None:
    mixed = record(GEO, item("!10.0.1.1", "10.0.1.2", region="us"), EU)
    assert choose(mixed, "us", States("10.0.1.2"), ORDER, 0.0).addresses == ("10.0.1.1",)


THIRDS = (item("10.0.1.1", weight=1), item("10.0.2.1", weight=2), item("10.0.3.1", weight=0))


@pytest.mark.parametrize(
    ("draw", "ill", "wanted"),
    [
        (0.0, (), "10.0.1.1"),
        (0.33, (), "10.0.1.1"),
        (0.34, (), "10.0.2.1"),
        (0.999, (), "10.0.2.1"),
        (0.0, ("10.0.1.1",), "10.0.2.1"),
        (0.999, ("10.0.2.1",), "10.0.1.1"),
        (0.5, ("10.0.1.1", "10.0.2.1"), "10.0.2.1"),
        (0.5, ("10.0.1.1", "10.0.2.1", "10.0.3.1"), "10.0.2.1"),
    ],
)
def test_weights(draw: float, ill: tuple[str, ...], wanted: str) -> None:
    choice = choose(record(WEIGHTED, *THIRDS), "us", States(*ill), ORDER, draw)
    assert choice.addresses == (wanted,)
    assert not choice.by_place


def test_only_weights_of_zero_still_give_an_answer() -> None:
    policy = record(WEIGHTED, item("10.0.1.1", weight=0), item("10.0.2.1", weight=0))
    assert choose(policy, "us", States("10.0.1.1"), ORDER, 0.0).addresses == ("10.0.2.1",)


def test_shares_are_what_draws_come_to() -> None:
    policy, health = record(WEIGHTED, *THIRDS, item("10.0.4.1", weight=3)), States("10.0.4.1")
    drawn = Counter(choose(policy, "us", health, ORDER, i / 3000).addresses[0] for i in range(3000))
    for each, share in shares(policy, health):
        assert drawn[each.targets[0].address] == pytest.approx(share * 3000, abs=2)


BACKUPS = (item("10.0.2.1", region="eu", backup=True), item("10.0.3.1", region="asia", backup=True))


@pytest.mark.parametrize(
    ("region", "draw", "ill", "wanted", "why"),
    [
        ("us", 0.5, (), "10.0.1.1 10.0.1.2", "the primary is healthy"),
        ("eu", 0.5, (), "10.0.1.1 10.0.1.2", "the primary is healthy"),
        ("asia", 0.05, (), "10.0.3.1", "one of 10% for the backup"),
        ("asia", 0.05, ("10.0.2.1", "10.0.3.1"), "10.0.1.1 10.0.1.2", "the primary is healthy"),
        ("us", 0.5, US_ILL, "10.0.2.1", "the primary is unhealthy"),
        ("asia", 0.5, US_ILL, "10.0.3.1", "the primary is unhealthy"),
        ("asia", 0.5, (*US_ILL, "10.0.3.1"), "10.0.2.1", "the primary is unhealthy"),
        ("asia", 0.5, ALL_ILL, "10.0.1.1 10.0.1.2", "nothing is healthy, so the primary"),
    ],
)
def test_failover(region: str, draw: float, ill: tuple[str, ...], wanted: str, why: str) -> None:
    primary = item("10.0.1.1", "10.0.1.2")
    policy = record(FAILOVER, primary, *BACKUPS, trickle=0.1)
    choice = choose(policy, region, States(*ill), ORDER, draw)
    assert choice.addresses == tuple(wanted.split())
    assert choice.why.startswith(why)


def test_answered_is_where_a_rule_really_listens() -> None:
    policy = record(GEO, US)
    moved = States(moved={"10.0.1.1": "127.10.0.1", "10.0.1.2": "127.10.0.1"})
    assert choose(policy, "us", moved, ORDER, 0.0).addresses == ("127.10.0.1",)


def test_an_address_of_the_other_version_is_no_answer() -> None:
    policy = record(GEO, item("fd00::1", region="us"), of_type="AAAA")
    choice = choose(policy, "us", States(moved={"fd00::1": "127.10.0.1"}), ORDER, 0.0)
    assert choice.addresses == ()
    assert "127.10.0.1 here, which is no AAAA" in choice.why


def test_a_plain_record() -> None:
    plain = simple("a.example.internal.", "10.0.0.1", "10.0.0.2")
    assert choose(plain, "us", States(), ORDER, 0.5).addresses == ("10.0.0.1", "10.0.0.2")


ADDRESSES = [f"10.0.0.{i}" for i in range(6)]
REGIONS = [*ORDER, "mars"]


@st.composite
def records(draw: st.DrawFn) -> DnsRecord:
    kind = draw(st.sampled_from([GEO, WEIGHTED, FAILOVER]))
    items: list[DnsItem] = [
        item(
            *draw(st.lists(st.sampled_from(ADDRESSES), max_size=3)),
            region=draw(st.sampled_from(REGIONS)),
            weight=draw(st.sampled_from([0.0, 0.5, 1.0, 7.0])),
            backup=kind is FAILOVER and i > 0,
        )
        for i in range(draw(st.integers(0, 4)))
    ]
    fencing = draw(st.booleans())
    return record(kind, *items, fencing=fencing, trickle=draw(st.sampled_from([0.0, 0.2, 1.0])))


@given(
    records(),
    st.sampled_from(REGIONS),
    st.sets(st.sampled_from(ADDRESSES)),
    st.sets(st.sampled_from(ADDRESSES)),
    st.floats(0, 1, exclude_max=True),
)
def test_nothing_unhealthy_is_answered_while_something_is_healthy(
    policy: DnsRecord, region: str, ill: set[str], gone: set[str], draw: float
) -> None:
    choice = choose(policy, region, States(*ill, gone=tuple(gone)), ORDER, draw)
    # What has no weight gets nothing, healthy or not, while anything else has an address.
    weighty = [e for e in policy.items if e.weight or policy.kind is not WEIGHTED]
    if not any(t.address not in gone for each in weighty for t in each.targets):
        weighty = list(policy.items)
    every = {target.address for each in weighty for target in each.targets}
    answered = set(choice.addresses)
    assert answered <= every - gone
    assert choice.why
    healthy = every - ill - gone
    if healthy and not policy.fencing:
        assert answered
        assert answered <= healthy
    if every - gone and not policy.fencing:
        assert answered
