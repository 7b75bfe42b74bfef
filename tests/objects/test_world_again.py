"""A world made after another is what one made from nothing would be."""

from hypothesis import given, settings
from hypothesis import strategies as st

from penstock.objects.core import Secret
from penstock.objects.meta import Object, ObjectMeta
from penstock.objects.service import Service
from penstock.objects.world import World, replacements


def an_object(kind: type[Service] | type[Secret], name: str) -> Object[Service] | Object[Secret]:
    metadata = ObjectMeta(name=name)
    return Object(kind(api_version="v1", kind=kind.KIND, metadata=metadata))


objects = st.builds(an_object, st.sampled_from([Service, Secret]), st.sampled_from("abcde"))
lists = st.lists(objects, max_size=8)


def shown(world: World) -> list[list[tuple[object, int]]]:
    tables = [world.table(kind) for kind in (Service, Secret)]
    return [[(key, id(obj)) for key, obj in table.items()] for table in tables]


@settings(deadline=None)
@given(lists, st.lists(st.tuples(st.integers(0, 20), objects), max_size=8))
def test_history_leaves_no_trace(
    first: list[Object[Service]], edits: list[tuple[int, Object[Service]]]
) -> None:
    """Edits replace, at a place that is there, or append."""
    listed, world = list(first), World(first)
    for place, obj in edits:
        listed = [*listed[:place], obj, *listed[place + 1 :]]
        world = World(listed, world)
        assert shown(world) == shown(World(listed))
        assert len(world) == len(World(listed))


def test_only_the_changed_kind_has_a_new_table() -> None:
    service, secret = an_object(Service, "a"), an_object(Secret, "a")
    before = World([service, secret])
    after = World([an_object(Service, "a"), secret], before)
    assert after.table(Secret) is before.table(Secret)
    assert after.table(Service) is not before.table(Service)
    assert len(list(after.changed_tables(before))) == 1


def test_another_table_is_of_another_world() -> None:
    service, secret, made = (
        an_object(Service, "a"),
        an_object(Secret, "a"),
        an_object(Service, "b"),
    )
    world = World([service, secret])
    other = world.with_table(Service, {made.key: made})
    assert list(other) == [secret, made]
    assert list(world) == [secret, service]
    assert other.table(Secret) is world.table(Secret)
    assert len(other) == 2


def test_replacements() -> None:
    one, other = an_object(Service, "a"), an_object(Service, "a")
    assert replacements([one], [one]) == []
    assert replacements([one], [other]) == [(one, other)]
    assert replacements([one], [an_object(Service, "b")]) is None
    assert replacements([one], [an_object(Secret, "a")]) is None
    assert replacements([one], [one, other]) is None
