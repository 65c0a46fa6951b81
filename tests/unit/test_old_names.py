"""Names of MXNet before 1.0, of its plugins and of forks, which scripts still use."""

import numpy as np
import pytest

import mxnet as mx


def test_warp_ctc_trains_by_the_gradient_of_the_ctc_loss():
    steps, batch, alphabet, labels = 6, 2, 5, 3
    scores = np.random.RandomState(0).randn(steps * batch, alphabet).astype("float32")
    label = mx.sym.Cast(mx.sym.Reshape(mx.sym.Variable("label"), shape=(-1,)), dtype="int32")
    net = mx.sym.WarpCTC(data=mx.sym.Variable("data"), label=label, label_length=labels, input_length=steps)
    executor = net.simple_bind(mx.cpu(), data=scores.shape, label=(batch, labels))
    executor.arg_dict["data"][:] = scores
    executor.arg_dict["label"][:] = np.array([[1, 2, 0], [0, 3, 3]])
    out = executor.forward(is_train=True)[0].asnumpy()
    np.testing.assert_allclose(out, np.exp(scores) / np.exp(scores).sum(1, keepdims=True), rtol=1e-5)
    executor.backward()

    data = mx.nd.array(scores.reshape(steps, batch, alphabet))
    data.attach_grad()
    with mx.autograd.record():
        loss = mx.nd.CTCLoss(data, mx.nd.array([[1, 2, 0], [3, 3, 0]]))
    loss.backward()
    np.testing.assert_allclose(
        executor.grad_dict["data"].asnumpy(), data.grad.asnumpy().reshape(scores.shape), rtol=1e-5, atol=1e-7
    )


def test_warp_ctc_in_a_file_of_old_times(tmp_path):
    net = mx.sym.WarpCTC(mx.sym.Variable("data"), mx.sym.Variable("label"), label_length=2, input_length=4, name="ctc")
    net.save(str(tmp_path / "x.json"))
    again = mx.sym.load(str(tmp_path / "x.json"))
    assert again.list_arguments() == ["data", "label"]
    assert again.infer_shape(data=(8, 3))[0] == [(8, 3), (4,)]
    assert again.infer_type(data="float32")[0] == [np.float32, np.int32]


def test_element_mask():
    data, mask = mx.nd.ones((3, 2)), mx.nd.array([0, 1, 2])
    data.attach_grad()
    mask.attach_grad()
    with mx.autograd.record():
        masked = mx.nd.element_mask(data, mask)
    masked.backward()
    assert masked.asnumpy().tolist() == [[0, 0], [1, 1], [2, 2]]
    assert data.grad.asnumpy().tolist() == [[0, 0], [1, 1], [2, 2]]
    assert mask.grad.asnumpy().tolist() == [0, 0, 0]
    net = mx.sym.element_mask(mx.sym.Variable("c"), mx.sym.Variable("mask"), name="t0_l0_c")
    assert net.infer_shape(c=(3, 2))[0] == [(3, 2), (3,)]


@pytest.mark.parametrize("name", ["ROIAlign", "MultiProposal", "Proposal"])
def test_operators_that_forks_have_outside_of_contrib(name):
    for space in (mx.nd, mx.sym):
        assert getattr(space, name).__doc__ == getattr(space.contrib, name).__doc__
    made = mx.sym.ROIAlign(mx.sym.Variable("x"), mx.sym.Variable("r"), pooled_size=(2, 2), spatial_scale=1.0, name="a")
    assert '"op": "_contrib_ROIAlign"' in made.tojson()


def test_optimizers_of_other_people_borrow_functions():
    weight, momentum = mx.nd.ones((2,)), mx.nd.zeros((2,))
    mx.optimizer.sgd_mom_update(weight, weight * 1, momentum, out=weight, lr=0.5, wd=0.0, momentum=0.9)
    assert weight.asnumpy().tolist() == [0.5, 0.5]
    mx.optimizer.sgd_update(weight, weight * 1, out=weight, lr=0.5, wd=0.0)
    assert weight.asnumpy().tolist() == [0.25, 0.25]
    assert mx.optimizer.optimizer.clip(weight, 0, 0.1).asnumpy().tolist() == pytest.approx([0.1, 0.1])
    with pytest.raises(AttributeError, match=r"has no attribute 'sgd_updat'"):
        _ = mx.optimizer.sgd_updat


def test_checkpoints_by_the_module_of_callbacks(tmp_path):
    net = mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=1, name="fc")
    prefix = str(tmp_path / "net")
    mx.callback.save_checkpoint(prefix, 3, net, {"fc_weight": mx.nd.ones((1, 2))}, {})
    symbol, arguments, states = mx.model.load_checkpoint(prefix, 3)
    assert symbol.list_arguments() == net.list_arguments()
    assert arguments["fc_weight"].shape == (1, 2) and not states
