"""Classes made by name."""

import pytest

from mxnet import registry


class Base:
    def __init__(self, size=1, name="x"):
        self.size, self.name = size, name


@pytest.fixture
def kind():
    """The functions of a fresh registry."""
    base = type("Kind", (Base,), {})
    return base, registry.get_register_func(base, "kind"), registry.get_create_func(base, "kind")


def test_create_in_every_way(kind):
    base, register, create = kind
    alias = registry.get_alias_func(base, "kind")

    @alias("one", "Single")
    @register
    class First(base):
        pass

    for made in (
        create("first", 3, name="y"),
        create("FIRST", size=3, name="y"),
        create(kind="one", size=3, name="y"),
        create({"kind": "single", "size": 3, "name": "y"}),
        create('["first", {"size": 3, "name": "y"}]'),
        create('{"kind": "one", "size": 3, "name": "y"}'),
    ):
        assert type(made) is First and (made.size, made.name) == (3, "y")
    assert create(made) is made
    assert registry.get_registry(base) == {"first": First, "one": First, "single": First}


def test_get_registry_is_a_copy(kind):
    base, _, create = kind
    registry.get_registry(base)["x"] = base
    with pytest.raises(AssertionError, match="x is not registered"):
        create("x")


def test_wrong_use(kind):
    base, register, create = kind
    with pytest.raises(AssertionError, match="Can only register subclass of Kind, got int"):
        register(int)
    register(base, "some")
    with pytest.raises(AssertionError, match=r"nope is not registered. .*kind.register.*known are some"):
        create("nope")
    with pytest.raises(AssertionError, match="kind must be of string type, got int"):
        create(3)
    with pytest.raises(AssertionError, match="already an instance"):
        create(base(), 3)
    with pytest.raises(AssertionError, match="given as JSON"):
        create('["some", {}]', size=3)


def test_overriding_warns(kind):
    base, register, create = kind
    register(base, "some")
    other = type("Other", (base,), {})
    with pytest.warns(UserWarning, match="New kind .*Other registered .* some is overriding existing kind .*Kind"):
        register(other, "some")
    assert type(create("some")) is other
