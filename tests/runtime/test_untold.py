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
