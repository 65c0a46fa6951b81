"""The table and the drawing of a network, as MXNet 1.9.1 makes them."""

import builtins

import pytest

import mxnet as mx

S = mx.sym


@pytest.fixture
def net():
    net = S.Convolution(S.var("data"), num_filter=8, kernel=(3, 3), stride=(2, 2), name="c1")
    net = S.Activation(S.BatchNorm(net, name="bn"), act_type="relu", name="a")
    net = S.Pooling(S.LeakyReLU(net, name="lr"), kernel=(2, 2), pool_type="max", name="p")
    net = S.Pooling(net, global_pool=True, name="gp", pool_type="avg", kernel=(1, 1))
    net = S.FullyConnected(S.Flatten(net, name="fl"), num_hidden=6, name="fc")
    one, two = S.SliceChannel(net, num_outputs=2, name="sl")
    return S.SoftmaxOutput(S.Concat(one, two, name="cc"), name="softmax")


def rows(text):
    """The lines of a table without rules and trailing blanks, columns separated by one bar."""
    lines = [line.rstrip() for line in text.splitlines() if line.strip("_=")]
    return ["|".join(part for part in line.split("  ") if part).replace("| ", "|") for line in lines]


def test_print_summary(net, capsys):
    mx.viz.print_summary(net, {"data": (2, 3, 16, 16)})
    text = capsys.readouterr().out
    assert rows(text) == [
        "Layer (type)|Output Shape|Param #|Previous Layer",
        "data(null)|3x16x16|0",
        "c1(Convolution)|8x7x7|224|data",
        "bn(BatchNorm)|8x7x7|16|c1",
        "a(Activation)|8x7x7|0|bn",
        "lr(LeakyReLU)|8x7x7|0|a",
        "p(Pooling)|8x6x6|0|lr",
        "gp(Pooling)|8x1x1|0|p",
        "fl(Flatten)|8|0|gp",
        "fc(FullyConnected)|6|54|fl",
        "sl(SliceChannel)|0|fc",
        "cc(Concat)|6|0|sl",
        "sl",
        "softmax(SoftmaxOutput)|6|0|cc",
        "Total params: 294",
    ]


def test_print_summary_to_the_character(capsys):
    data = S.var("data")
    f = S.FullyConnected(data, num_hidden=3, no_bias=True, name="f")
    net = S.elemwise_add(f, S.FullyConnected(data, num_hidden=3, name="g"), name="plus")
    net = S.SoftmaxOutput(S.Concat(net, net, dim=1, name="cc"), name="softmax")
    mx.viz.print_summary(net, {"data": (8, 4)}, line_length=80, positions=[0.3, 0.5, 0.7, 1.0])
    out = capsys.readouterr().out.splitlines()
    rule, double = "_" * 80, "=" * 80
    assert out == [
        rule,
        "Layer (type)            Output Shape    Param #         Previous Layer          ",
        double,
        "data(null)              4               0                                       ",
        rule,
        "f(FullyConnected)       3               12              data                    ",
        rule,
        "g(FullyConnected)       3               15              data                    ",
        rule,
        "plus(elemwise_add)      3               0               f                       ",
        "                                                        g                       ",
        rule,
        "cc(Concat)              6               0               plus                    ",
        "                                                        plus                    ",
        rule,
        "softmax(SoftmaxOutput)  6               0               cc                      ",
        double,
        "Total params: 27",
        rule,
    ]


def test_print_summary_without_shapes(net, capsys):
    mx.viz.print_summary(net)
    found = rows(capsys.readouterr().out)
    assert found[2] == "c1(Convolution)|8|data"
    assert found[-1] == "Total params: 14"


def test_print_summary_counts_groups_and_embeddings(capsys):
    data = S.var("data")
    conv = S.Convolution(data, num_filter=8, kernel=(3, 3), num_group=2, no_bias=True, name="c")
    mx.viz.print_summary(conv, {"data": (1, 4, 8, 8)})
    assert "c(Convolution)|8x6x6|144|data" in rows(capsys.readouterr().out)
    mx.viz.print_summary(S.Embedding(data, input_dim=100, output_dim=28, name="e"), {"data": (1, 3)})
    assert "e(Embedding)|3x28|2800|data" in rows(capsys.readouterr().out)


def test_print_summary_errors(net):
    with pytest.raises(TypeError, match="Symbol"):
        mx.viz.print_summary(3)
    with pytest.warns(UserWarning, match="data"), pytest.raises(ValueError, match="incomplete"):
        mx.viz.print_summary(net, {})
    with pytest.raises(mx.MXNetError, match="zz not found"):
        mx.viz.print_summary(net, {"zz": (3,)})


def test_plot_network(net):
    pytest.importorskip("graphviz")
    source = mx.viz.plot_network(
        net, shape={"data": (2, 3, 16, 16)}, dtype={"data": "float32"}, node_attrs={"fixedsize": "false"}
    ).source
    style = "fixedsize=false height=0.8034 shape=box style=filled width=1.3"
    for line in (
        "digraph plot {",
        f'\tdata [label=data fillcolor="#8dd3c7" {style.replace("box", "oval")}]',
        f'\tc1 [label="Convolution\n3x3/2x2, 8" fillcolor="#fb8072" {style}]',
        f'\tlr [label="LeakyReLU\nLeaky" fillcolor="#ffffb3" {style}]',
        f'\tp [label="Pooling\nmax, 2x2/1" fillcolor="#80b1d3" {style}]',
        f'\tfc [label="FullyConnected\n6" fillcolor="#fb8072" {style}]',
        f'\tcc [label=cc fillcolor="#fdb462" {style}]',
        f'\tsoftmax [label=softmax fillcolor="#fccde5" {style}]',
        '\tc1 -> data [label="3x16x16(float32)" arrowtail=open dir=back]',
        '\tcc -> sl [label="3(float32)" arrowtail=open dir=back]',
        '\tsoftmax -> softmax_label [label="(float32)" arrowtail=open dir=back]',
    ):
        assert line + "\n" in source
    assert "c1_weight" not in source
    shown = mx.viz.plot_network(net, title="t", save_format="png", hide_weights=False)
    assert (shown.name, shown.format) == ("t", "png")
    assert '\tc1 -> c1_weight [label="" arrowtail=open dir=back]\n' in shown.source


def test_plot_network_warns_of_repeated_names():
    pytest.importorskip("graphviz")
    net = S.FullyConnected(S.FullyConnected(S.var("data"), num_hidden=2, name="fc"), num_hidden=3, name="fc")
    with pytest.warns(RuntimeWarning, match="multiple variables with the same name in your graph .*fc"):
        mx.viz.plot_network(net)


def test_plot_network_without_graphviz(net, monkeypatch):
    real = builtins.__import__

    def refuse(name, *args, **kwargs):
        if name == "graphviz":
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", refuse)
    with pytest.raises(ImportError, match=r"remx\[graphviz\]"):
        mx.viz.plot_network(net)
    with pytest.raises(TypeError, match="Symbol"):
        mx.viz.plot_network(3)
