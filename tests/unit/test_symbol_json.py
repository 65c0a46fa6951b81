"""Reading and writing -symbol.json files: every dialect, byte for byte, and bad ones."""

import copy
import json
import os

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import mxnet as mx
from mxnet.base import MXNetError

from ..conftest import SHARED, needs_shared

S = mx.sym

WRITTEN_BY_1_9_1 = sorted((SHARED / "fixtures").glob("*/*-symbol.json"))
OLDER = sorted((SHARED / "models").glob("*/*-symbol.json"))


@needs_shared
@pytest.mark.parametrize("path", WRITTEN_BY_1_9_1, ids=lambda p: p.stem)
def test_files_of_mxnet_come_out_byte_for_byte(path):
    text = path.read_text(encoding="utf-8")
    net = S.load(str(path))
    assert net.tojson() == text
    assert copy.deepcopy(net).tojson() == text


@needs_shared
@pytest.mark.parametrize("path", OLDER, ids=lambda p: f"{p.parent.name}-{p.stem}")
def test_files_of_older_versions(path):
    net = S.load(str(path))
    assert net.list_arguments()
    again = S.load_json(net.tojson())
    assert again.tojson() == net.tojson()
    assert again.list_inputs() == net.list_inputs()


def test_upgrade_from_0_8(shared):
    folder = shared / "fixtures" / "legacy"
    net = S.load(str(folder / "save_000800.json"))
    assert net.tojson() == (folder / "save_000800-upgraded.json").read_text()
    facts = json.loads((folder / "save_000800-facts.json").read_text())
    assert net.list_arguments() == facts["arguments"]
    assert net.list_outputs() == facts["outputs"]
    assert net.list_auxiliary_states() == facts["auxiliary"]
    assert net.attr_dict() == facts["attributes"]


def test_layout():
    net = S.Activation(S.var("x"), act_type="relu", name="a")
    # MXNet leaves a blank behind each comma, even at the end of a line.
    expected = """{
  "nodes": [
    {
      "op": "null",
      "name": "x",
      "inputs": []
    },
    {
      "op": "Activation",
      "name": "a",
      "attrs": {"act_type": "relu"},
      "inputs": [[0, 0, 0]]
    }
  ],
  "arg_nodes": [0],
  "node_row_ptr": [0, 1, 2],
  "heads": [[1, 0, 0]],
  "attrs": {"mxnet_version": ["int", 10901]}
}"""
    assert net.tojson() == expected.replace(",\n", ", \n")


def test_layout_of_long_lists():
    net = S.Concat(*[S.var(f"a{i}") for i in range(11)], dim=0, name="c")
    text = net.tojson()
    assert '"inputs": [\n        [0, 0, 0], \n        [1, 0, 0], ' in text
    assert '"arg_nodes": [\n    0, \n    1, ' in text
    assert '"heads": [[11, 0, 0]]' in text
    ten = S.Group([S.var(f"a{i}") for i in range(10)]).tojson()
    assert '"arg_nodes": [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]' in ten
    assert '"heads": [[0, 0, 0], [1, 0, 0], ' in ten


def test_versions_of_mutated_variables():
    mean, var = S.var("m"), S.var("v")
    nets = [S.BatchNorm(S.var(f"x{i}"), moving_mean=mean, moving_var=var, name=f"bn{i}") for i in range(2)]
    nodes = {n["name"]: n for n in json.loads(S.Group(nets).tojson())["nodes"]}
    assert [e[2] for e in nodes["bn0"]["inputs"]] == [0, 0, 0, 1, 1]
    assert [e[2] for e in nodes["bn1"]["inputs"]] == [0, 0, 0, 2, 2]


def test_casts_of_mixed_precision_are_left_out():
    net = S.sin(S.amp_cast(S.var("x"), dtype="float16", name="c"), name="s")
    assert [n["name"] for n in json.loads(net.tojson())["nodes"]] == ["x", "s"]
    assert [n["name"] for n in json.loads(net.tojson(remove_amp_cast=False))["nodes"]] == ["x", "c", "s"]


def test_numpy_shapes_are_noted():
    net = S.FullyConnected(S.var("x"), S.var("w", shape=(3, 0)), num_hidden=3, name="f")
    plain = net.tojson()
    assert "is_np_shape" not in plain
    with mx.util.np_shape(True):
        assert '"attrs": {\n    "is_np_shape": ["int", 1], \n    "mxnet_version": ["int", 10901]\n  }' in net.tojson()
        read = S.load_json(plain)
        assert read.attr_dict()["w"]["__shape__"] == "(3, -1)"
        assert read.infer_shape(x=(2, 5))[0] == [(2, 5), (3, 5), (3,)]


def test_save_and_load(tmp_path):
    net = S.FullyConnected(S.var("x"), num_hidden=3, name="f")
    path = str(tmp_path / "net-symbol.json")
    net.save(path)
    assert S.load(path).tojson() == net.tojson()
    assert os.listdir(tmp_path) == ["net-symbol.json"]
    with pytest.raises(MXNetError, match="nowhere"):
        net.save(str(tmp_path / "nowhere" / "net.json"))
    with pytest.raises(MXNetError, match="missing.json"):
        S.load(str(tmp_path / "missing.json"))
    (tmp_path / "binary.json").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(MXNetError, match="binary.json"):
        S.load(str(tmp_path / "binary.json"))
    for wrong in (lambda: net.save(3), lambda: S.load(3), lambda: S.load_json(3)):
        with pytest.raises(TypeError, match="string"):
            wrong()


names = st.text(st.characters(blacklist_categories=("Cs",)), max_size=8)


@given(names, st.dictionaries(names.map(lambda s: f"__{s}__"), names, max_size=3))
def test_any_text_survives(name, attrs):
    v = S.var(name, attr=attrs)
    read = S.load_json(v.tojson())
    assert read.name == name
    assert read.list_attr() == v.list_attr()


# ------------------------------------------------------------------ bad files

GOOD = {
    "nodes": [
        {"op": "null", "name": "a", "inputs": []},
        {"op": "null", "name": "w", "inputs": []},
        {
            "op": "FullyConnected",
            "name": "fc",
            "attrs": {"num_hidden": "3", "no_bias": "True"},
            "inputs": [[0, 0, 0], [1, 0, 0]],
        },
    ],
    "arg_nodes": [0, 1],
    "node_row_ptr": [0, 1, 2, 3],
    "heads": [[2, 0, 0]],
    "attrs": {"mxnet_version": ["int", 10901]},
}


def changed(*path, to):
    """A copy of GOOD in which one thing is different."""
    data = copy.deepcopy(GOOD)
    place = data
    for key in path[:-1]:
        place = place[key]
    if to is ...:
        del place[path[-1]]
    else:
        place[path[-1]] = to
    return json.dumps(data)


def test_the_good_one_is_good():
    assert S.load_json(json.dumps(GOOD)).list_arguments() == ["a", "w"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "not valid JSON"),
        ("{", "not valid JSON"),
        ("[" * 100_000, "not valid JSON"),
        ("[]", "must be a dict"),
        ("{}", "missing field 'nodes'"),
        (changed("arg_nodes", to=...), "missing field 'arg_nodes'"),
        (changed("heads", to=...), "missing field 'heads'"),
        (changed("heads", to=[]), "no heads"),
        (changed("heads", to=[[3, 0]]), "node 3"),
        (changed("heads", to=[[-1, 0]]), "node -1"),
        (changed("heads", to=[[0]]), r"\[node, output, version\]"),
        (changed("heads", to=[[2, 7]]), "output 7 of node 'fc'"),
        (changed("heads", to=[[2, 0.5]]), "non-negative integers"),
        (changed("arg_nodes", to=[5]), "node 5"),
        (changed("zz", to=1), "unknown field 'zz'"),
        (changed("nodes", 2, "zz", to=1), "unknown field 'zz' in node 'fc'"),
        (changed("nodes", 2, "inputs", to=...), "missing field 'inputs' in node 'fc'"),
        (changed("nodes", 2, "name", to=...), "missing field 'name' in node 2"),
        (changed("nodes", 2, "op", to=3), "op of node 'fc'"),
        (changed("nodes", 2, "op", to="FullyConected"), "(?s)'fc' of type FullyConected.*FullyConnected"),
        (changed("nodes", 2, "attrs", to={"num_hidden": 3}), "attribute num_hidden of node 'fc'"),
        (changed("nodes", 2, "attrs", to={"num_hidden": "x"}), "(?s)num_hidden.*node 'fc'"),
        (changed("nodes", 2, "attrs", to={}), "(?s)num_hidden.*node 'fc'"),
        (changed("nodes", 2, "attrs", to={"num_hidden": "3", "hidden": "1"}), "(?s)hidden.*node 'fc'"),
        (changed("nodes", 2, "inputs", to=[[2, 0, 0], [1, 0, 0]]), "'fc' depends on itself"),
        (changed("nodes", 2, "inputs", to=[[0, 3, 0], [1, 0, 0]]), "output 3 of node 'a'"),
        (changed("nodes", 2, "inputs", to=[[0, 0, 0]]), "'fc' .* has 1 inputs, expected 2"),
        (changed("nodes", 2, "inputs", to=[[0, 0, 0]] * 3), "'fc' .* has 3 inputs, expected 2"),
        (changed("nodes", 2, "inputs", to=[[True, 0, 0], [1, 0, 0]]), "node True"),
        (changed("nodes", 0, "inputs", to=[[1, 0, 0]]), "variable 'a' has inputs"),
        (changed("attrs", "mxnet_version", to=["str", "a"]), "mxnet_version"),
        (changed("attrs", "mxnet_version", to=3), "mxnet_version"),
        (changed("nodes", 0, "name", to="\ud800"), "not valid JSON"),
        (
            json.dumps(
                {
                    **GOOD,
                    "nodes": [
                        *GOOD["nodes"][:2],
                        {
                            "op": "SliceChannel",
                            "name": "s",
                            "attrs": {"num_outputs": "2000000000"},
                            "inputs": [[0, 0, 0]],
                        },
                    ],
                }
            ),
            "(?s)'s'.*num_outputs=2000000000",
        ),
    ],
)
def test_bad_files_say_what_is_wrong(text, message):
    with pytest.raises(MXNetError, match=message):
        S.load_json(text)


def test_nodes_may_come_in_any_order():
    text = json.dumps(
        {
            "nodes": [{"op": "sin", "name": "s", "inputs": [[1, 0, 0]]}, {"op": "null", "name": "a", "inputs": []}],
            "arg_nodes": [1],
            "heads": [[0, 0, 0]],
        }
    )
    assert S.load_json(text).list_arguments() == ["a"]


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-3, 5)
    | st.sampled_from(
        [0.5, 1e300, "null", "sin", "FullyConnected", "Concat", "BatchNorm", "a", "num_hidden", "3", "int"]
    ),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "op",
                    "name",
                    "inputs",
                    "attrs",
                    "attr",
                    "param",
                    "subgraphs",
                    "nodes",
                    "heads",
                    "arg_nodes",
                    "mxnet_version",
                    "num_hidden",
                    "num_args",
                ]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@st.composite
def damaged(draw):
    """A good file with one to three values replaced by something else."""
    data = copy.deepcopy(GOOD)
    for _ in range(draw(st.integers(1, 3))):
        place = data
        while True:
            keys = list(place) if isinstance(place, dict) else list(range(len(place)))
            if not keys:
                break
            key = draw(st.sampled_from(keys))
            if isinstance(place[key], (dict, list)) and place[key] and draw(st.booleans()):
                place = place[key]
                continue
            place[key] = draw(json_values)
            break
    return data


@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(damaged() | json_values)
def test_damaged_files_are_read_or_refused(data):
    """Never another error, and what is read can be written and read again."""
    try:
        net = S.load_json(json.dumps(data))
    except MXNetError:
        return
    assert S.load_json(net.tojson()).tojson() == net.tojson()
