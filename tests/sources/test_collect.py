"""Files' views together are the same whatever was put together before."""

from hypothesis import given, settings
from hypothesis import strategies as st

from penstock.objects.core import Secret
from penstock.objects.meta import Object, ObjectMeta
from penstock.objects.service import Service
from penstock.sources.collect import Collector
from penstock.sources.last_good import View


def an_object(kind, name):
    return Object(kind(api_version="v1", kind=kind.KIND, metadata=ObjectMeta(name=name)))


objects = st.builds(an_object, st.sampled_from([Service, Secret]), st.sampled_from("abcde"))
views = st.builds(
    lambda fresh, kept: View(tuple(fresh), tuple(kept)),
    st.lists(objects, max_size=4),
    st.one_of(st.just([]), st.lists(objects, max_size=2)),
)


@settings(deadline=None)
@given(
    st.lists(views, min_size=1, max_size=4),
    st.lists(st.tuples(st.integers(0, 3), st.one_of(st.none(), views)), max_size=8),
)
def test_files_together(first: list[View], edits: list[tuple[int, View | None]]) -> None:
    """None makes every object of a file anew, with the same identities, as moving lines does."""
    current, collector = list(first), Collector()
    collector.collect(first)
    for place, view in edits:
        old = current[place % len(current)]
        fresh = view or View(tuple(Object(obj.resource) for obj in old.fresh), old.kept)
        current = [fresh if known is old else known for known in current]
        ours, fresh_ones = collector.collect(current), Collector().collect(current)
        assert [id(obj) for obj in ours[0]] == [id(obj) for obj in fresh_ones[0]]
        assert list(ours[1]) == list(fresh_ones[1])
