"""Queries and their answers, without sockets."""

from __future__ import annotations

import dns.edns
import dns.flags
import dns.message
import dns.opcode
import dns.rdataclass
import dns.rdatatype
import pytest
from dns_lab import (
    States,
    addresses,
    answerer,
    ask,
    code,
    item,
    other,
    place,
    record,
    simple,
    zone,
)
from hypothesis import example, given, settings
from hypothesis import strategies as st

from penstock.dns import Answerer, Place, Places
from penstock.model import DnsPolicyKind

GEO = record(
    DnsPolicyKind.GEO,
    item("10.0.1.1", region="us"),
    item("10.0.2.1", region="eu"),
    item("10.0.3.1", region="asia"),
)
NAMES = (
    GEO,
    simple("www.example.internal.", "10.0.0.1", "10.0.0.2"),
    simple("six.example.internal.", "fd00::1", of_type="AAAA"),
    simple("a.b.deep.example.internal.", "10.0.0.3"),
    simple("*.wild.example.internal.", "10.0.0.4"),
    other("text.example.internal.", "TXT"),
    other("example.internal.", "SOA"),
)


@pytest.fixture
def names() -> Answerer:
    return answerer(*NAMES)


@pytest.mark.parametrize(
    ("name", "of_type", "wanted", "rcode"),
    [
        ("www.example.internal.", "A", "10.0.0.1 10.0.0.2", "NOERROR"),
        ("WWW.Example.INTERNAL.", "A", "10.0.0.1 10.0.0.2", "NOERROR"),
        ("www.example.internal.", "AAAA", "", "NOERROR"),
        ("six.example.internal.", "AAAA", "fd00::1", "NOERROR"),
        ("nix.example.internal.", "A", "", "NXDOMAIN"),
        ("text.example.internal.", "A", "", "NOERROR"),
        ("text.example.internal.", "TXT", "", "NOERROR"),
        ("deep.example.internal.", "A", "", "NOERROR"),  # An empty non-terminal.
        ("b.deep.example.internal.", "A", "", "NOERROR"),
        ("x.deep.example.internal.", "A", "", "NXDOMAIN"),
        ("any.wild.example.internal.", "A", "10.0.0.4", "NOERROR"),
        ("some.any.wild.example.internal.", "A", "10.0.0.4", "NOERROR"),
        ("wild.example.internal.", "A", "", "NOERROR"),
        ("example.internal.", "A", "", "NOERROR"),
        ("internal.", "A", "", "REFUSED"),
        (".", "NS", "", "REFUSED"),
        ("example.org.", "A", "", "REFUSED"),
        ("notexample.internal.", "A", "", "REFUSED"),
    ],
)
def test_names(names: Answerer, name: str, of_type: str, wanted: str, rcode: str) -> None:
    response = ask(names, name, of_type)
    assert (addresses(response), code(response)) == (wanted.split(), rcode)
    assert bool(response.flags & dns.flags.AA) is (rcode != "REFUSED")
    assert not response.flags & dns.flags.RA
    soa = [rrset for rrset in response.authority if rrset.rdtype == dns.rdatatype.SOA]
    assert bool(soa) is (not wanted and rcode != "REFUSED")
    if soa:
        assert (soa[0].name.to_text(), soa[0].ttl) == ("example.internal.", 300)


def test_the_question_and_the_owner_keep_their_spelling(names: Answerer) -> None:
    response = ask(names, "wWw.eXample.internal.")
    assert response.question[0].name.to_text() == "wWw.eXample.internal."
    assert response.answer[0].name.to_text() == "wWw.eXample.internal."
    assert response.answer[0].ttl == 30


def test_the_apex(names: Answerer) -> None:
    [soa] = addresses(ask(names, "example.internal.", "SOA"))
    assert soa.startswith("ns-gcp-private.googledomains.com. ")
    assert addresses(ask(names, "example.internal.", "NS")) == ["ns-gcp-private.googledomains.com."]
    own = answerer(*NAMES, zones=(zone(name_servers=("ns1.example.net.", "ns2.example.net.")),))
    servers = addresses(ask(own, "example.internal.", "NS"))
    assert servers == ["ns1.example.net.", "ns2.example.net."]
    assert addresses(ask(own, "example.internal.", "SOA"))[0].startswith("ns1.example.net. ")


def test_any_gets_little(names: Answerer) -> None:
    response = ask(names, "www.example.internal.", "ANY")
    assert addresses(response) == ['"RFC8482" ""']


@pytest.mark.parametrize(
    ("client", "wanted"),
    [("127.0.0.1", "10.0.1.1"), ("127.0.2.9", "10.0.2.1"), ("127.0.3.9", "10.0.3.1"),
     ("fd00:2::7", "10.0.2.1"), ("::ffff:127.0.2.9", "10.0.2.1")],
)  # fmt: skip
def test_clients_get_what_is_near_them(names: Answerer, client: str, wanted: str) -> None:
    assert addresses(ask(names, "api.example.internal.", client=client)) == [wanted]


def subnet(text: str, length: int = 24) -> dict[str, object]:
    return {"use_edns": 0, "options": [dns.edns.ECSOption(text, length)]}


def said(response: dns.message.Message) -> tuple[str, int, int] | None:
    [option] = response.options or [None]
    if option is None:
        return None
    assert isinstance(option, dns.edns.ECSOption)
    return option.address, option.srclen, option.scopelen


def test_who_asks_from_this_machine_may_speak_for_others(names: Answerer) -> None:
    response = ask(names, "api.example.internal.", **subnet("127.0.2.0"))
    assert addresses(response) == ["10.0.2.1"]
    assert said(response) == ("127.0.2.0", 24, 24)
    response = ask(names, "www.example.internal.", **subnet("127.0.2.0"))
    assert said(response) == ("127.0.2.0", 24, 0)


def test_others_may_not_in_a_private_zone(names: Answerer) -> None:
    stranger = {"client": "192.0.2.7"}
    response = ask(names, "api.example.internal.", **stranger, **subnet("127.0.2.0"))
    assert (addresses(response), said(response)) == (["10.0.1.1"], ("127.0.2.0", 24, 0))
    public = answerer(*NAMES, zones=(zone(is_public=True),))
    response = ask(public, "api.example.internal.", **stranger, **subnet("127.0.2.0"))
    assert (addresses(response), said(response)) == (["10.0.2.1"], ("127.0.2.0", 24, 24))


def test_a_subnet_of_no_bits_says_nothing(names: Answerer) -> None:
    response = ask(names, "api.example.internal.", client="127.0.2.9", **subnet("0.0.0.0", 0))
    assert (addresses(response), said(response)) == (["10.0.2.1"], ("0.0.0.0", 0, 0))


def test_a_zone_is_seen_by_its_networks() -> None:
    seen = answerer(*NAMES, zones=(zone(networks=("shop/vpc",)),))
    assert code(ask(seen, "www.example.internal.", client="127.0.2.9")) == "NOERROR"
    assert code(ask(seen, "www.example.internal.", client="127.0.3.9")) == "REFUSED"
    assert code(ask(seen, "www.example.internal.", client="127.0.0.1")) == "NOERROR"


def test_the_longest_zone_counts() -> None:
    inner = zone("deep.example.internal.", networks=("shop/other",))
    both = answerer(*NAMES, zones=(zone(), inner))
    assert code(ask(both, "x.deep.example.internal.", client="127.0.2.9")) == "REFUSED"
    response = ask(both, "x.deep.example.internal.", client="127.0.3.9")
    assert response.authority[0].name.to_text() == "deep.example.internal."


def test_a_zone_of_others_is_refused() -> None:
    both = answerer(*NAMES, zones=(zone(), zone("deep.example.internal.", is_elsewhere=True)))
    assert code(ask(both, "x.deep.example.internal.")) == "REFUSED"
    assert code(ask(both, "www.example.internal.")) == "NOERROR"


def test_the_longest_range_counts() -> None:
    places = Places(
        (place("10.0.0.0/8", "us"), place("10.1.0.0/16", "eu", "p/n"), place("10.1.2.3/32", "asia"))
    )
    asked = ("10.9.9.9", "10.1.9.9", "10.1.2.3", "11.0.0.1")
    assert [places.of(text).region for text in asked] == ["us", "eu", "asia", ""]
    assert places.of("10.1.9.9") == Place("eu", "p/n", "10.1.0.0/16")


def test_large_answers_are_truncated_over_udp_only() -> None:
    many = answerer(simple("many.example.internal.", *(f"10.0.1.{i}" for i in range(200))))
    short = ask(many, "many.example.internal.")
    assert short.flags & dns.flags.TC
    query = dns.message.make_query("many.example.internal.", "A", use_edns=0, payload=65535)
    wire = many.answer(query.to_wire(), "127.0.0.1", udp=True)
    assert wire is not None
    assert len(wire) <= 1232
    whole = ask(many, "many.example.internal.", udp=False)
    assert not whole.flags & dns.flags.TC
    assert len(addresses(whole)) == 200


@pytest.mark.parametrize("of_type", ["AXFR", "IXFR"])
def test_transfers_are_refused(names: Answerer, of_type: str) -> None:
    query = dns.message.make_query("example.internal.", of_type).to_wire()
    wire = names.answer(query, "127.0.0.1", udp=False)
    assert wire is not None
    assert wire[3] & 0xF == 5


def test_what_is_no_query() -> None:
    names = answerer(*NAMES)
    query = dns.message.make_query("www.example.internal.", "A")
    good = query.to_wire()
    assert names.answer(good[:11], "127.0.0.1", udp=True) is None
    assert names.answer(good[:2] + b"\x80" + good[3:], "127.0.0.1", udp=True) is None
    cut = names.answer(good[:-3], "127.0.0.1", udp=True)
    assert cut == good[:2] + b"\x81\x01" + bytes(8)
    update = names.answer(good[:2] + bytes((5 << 3,)) + good[3:], "127.0.0.1", udp=True)
    assert update == good[:2] + bytes((0x80 | 5 << 3, 4)) + bytes(8)
    query.flags = dns.flags.Flag(0)
    empty = names.answer(good[:4] + bytes(8), "127.0.0.1", udp=True)
    assert empty is not None
    assert empty[3] & 0xF == 1


def test_other_versions_and_classes(names: Answerer) -> None:
    response = ask(names, "www.example.internal.", use_edns=1)
    assert (code(response), response.edns) == ("BADVERS", 0)
    chaos = dns.message.make_query("version.bind.", "TXT", rdclass=dns.rdataclass.CH)
    wire = names.answer(chaos.to_wire(), "127.0.0.1", udp=True)
    assert wire is not None
    assert wire[3] & 0xF == 5


def test_nothing_is_known_yet() -> None:
    assert code(ask(Answerer(lambda: 0.0), "www.example.internal.")) == "SERVFAIL"


def test_a_defect_does_not_silence_it(caplog: pytest.LogCaptureFixture) -> None:
    class Broken(States):
        def state(self, target):  # type: ignore[no-untyped-def]
            raise RuntimeError("a defect")

    broken = answerer(*NAMES, health=Broken())
    query = dns.message.make_query("www.example.internal.", "A").to_wire()
    wire = broken.answer(query, "127.0.0.1", udp=True)
    assert wire is not None
    assert wire[3] & 0xF == 2
    assert "a defect" in caplog.text


GOOD = dns.message.make_query(
    "api.example.internal.", "A", use_edns=0, options=[dns.edns.ECSOption("127.0.2.0", 24)]
).to_wire()


@st.composite
def nearly_good(draw: st.DrawFn) -> bytes:
    """A good query with some bytes changed, cut or added."""
    wire = bytearray(GOOD)
    for _ in range(draw(st.integers(1, 6))):
        wire[draw(st.integers(0, len(wire) - 1))] = draw(st.integers(0, 255))
    end = draw(st.integers(0, len(wire)))
    return bytes(wire[:end] if draw(st.booleans()) else wire) + draw(st.binary(max_size=8))


@settings(max_examples=2000, deadline=None)
@given(st.binary(max_size=600) | nearly_good(), st.booleans())
@example(GOOD, True)
def test_no_bytes_break_it(wire: bytes, udp: bool) -> None:
    names = answerer(*NAMES)
    answer = names.answer(wire, "127.0.0.1", udp=udp)
    assert names.counts["SERVFAIL"] == 0
    if answer is None:
        assert len(wire) < 12 or wire[2] & 0x80
        return
    assert answer[:2] == wire[:2]
    assert answer[2] & 0x80
    if udp:
        assert len(answer) <= 1232
