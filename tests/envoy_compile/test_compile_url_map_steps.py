"""URL maps that change bit by bit are compiled to what a fresh compiler makes of them."""

from compile_lab import path_rule, ported, suffix_host
from compile_models import FixedResponse, host, model, url_map
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from penstock.envoy.compile import CompileOptions, Compiler
from penstock.envoy.resources import ROUTES
from penstock.model import HeaderEdit, HeaderEdits, HostKind, Origin, Variable

ORIGIN = Origin("UrlMap web")
EDITS = (
    HeaderEdits(),
    HeaderEdits(response_add=(HeaderEdit("x-a", ("1",), True, ORIGIN),)),
    HeaderEdits(
        response_add=(HeaderEdit("x-a", (Variable.CLIENT_CERT_CHAIN_VERIFIED,), True, ORIGIN),)
    ),
)


def answers(number):
    return path_rule("/", FixedResponse(200 + number))


def pool(number):
    yield host("*", answers(number))
    yield host("a.test", answers(number))
    yield host("*.a.test", answers(number))
    yield suffix_host(".b.test", answers(number))
    yield ported("", 80, answers(number), kind=HostKind.ANY)
    yield ported("a.test", 80, answers(number))
    yield ported("a.test", 81, answers(number))
    yield ported("x.b.test", 80, answers(number))
    yield ported(".test", 80, answers(number), kind=HostKind.SUFFIX)


steps = st.lists(
    st.tuples(
        st.sets(st.integers(0, 8)),
        st.integers(0, 1),
        st.integers(0, 1),
        st.sampled_from(EDITS),
        st.sampled_from(EDITS),
    ),
    min_size=1,
    max_size=5,
)


@given(steps)
def test_steps(taken):
    compiler = Compiler(CompileOptions())
    for chosen, number, default, map_edits, host_edits in taken:
        hosts = [
            replace(rule, headers=host_edits)
            for index, rule in enumerate(pool(number))
            if index in chosen
        ]
        urls = url_map(*hosts, default=FixedResponse(404 + default))
        last = model(url_maps=[replace(urls, headers=map_edits)])
        fresh = Compiler(CompileOptions()).compile(last, {}, {})
        assert compiler.compile(last, {}, {}).snapshot == fresh.snapshot
        assert list(fresh.snapshot.resources[ROUTES]) == ["web"]
