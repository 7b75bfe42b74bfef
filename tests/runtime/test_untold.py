"""Changes that a newer revision overtook are told with it."""

from penstock.runtime.untold import Untold


def test_each_rollout_tells_its_own() -> None:
    untold = Untold()
    assert untold.take(untold.add(["~a"], 1.0)) == (["~a"], 1.0)
    assert untold.take(untold.add(["~b"], 2.0)) == (["~b"], 2.0)


def test_what_was_overtaken_is_told_with_the_next() -> None:
    untold = Untold()
    untold.add(["~a", "~b"], 1.0)
    newer = untold.add(["~b", "+c"], 2.0)
    assert untold.take(newer) == (["~a", "~b", "+c"], 1.0)


def test_what_comes_later_is_not_told_early() -> None:
    untold = Untold()
    first = untold.add(["~a"], 1.0)
    second = untold.add(["~b"], 2.0)
    assert untold.take(first) == (["~a"], 1.0)
    assert untold.take(second) == (["~b"], 2.0)


def test_a_rollout_that_ends_after_a_newer_one_has_nothing_left_to_tell() -> None:
    untold = Untold()
    older, newer = untold.add(["~a"], 1.0), untold.add(["~b"], 2.0)
    assert untold.take(newer) == (["~a", "~b"], 1.0)
    assert untold.take(older) is None
    assert untold.take(untold.add(["~c"], 3.0)) == (["~c"], 3.0)


def test_what_changes_nothing_more_is_told_with_the_rollout_under_way() -> None:
    untold = Untold()
    assert not untold.join(["~health of Service a/b"])
    number = untold.add(["~Service a/b"], 1.0)
    assert untold.join(["~health of Service a/b"])
    assert untold.take(number) == (["~Service a/b", "~health of Service a/b"], 1.0)
    assert not untold.join(["~Service a/b"])
