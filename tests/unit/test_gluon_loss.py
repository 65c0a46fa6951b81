"""Losses of Gluon, against values recorded from MXNet and formulae."""

import json

import numpy as np
import pytest

import mxnet as mx
from mxnet.gluon import loss as losses
from tests.conftest import ROOT
from tests.unit import gluon_cases as cases

GOLDEN = json.loads((ROOT / "tests/golden/gluon_nn/losses.json").read_text())


@pytest.mark.parametrize("hybridize", [False, True], ids=["eager", "hybrid"])
@pytest.mark.parametrize("text", cases.LOSSES)
def test_recorded(text, hybridize):
    expected, got = GOLDEN[text], cases.loss(mx, text, hybridize)
    assert got.keys() == expected.keys()
    for fact, value in expected.items():
        if fact in ("loss", "grad"):
            np.testing.assert_allclose(got[fact], value, rtol=2e-4, atol=2e-5, err_msg=fact)
        else:
            assert got[fact] == value


def test_all_losses_have_a_case():
    tested = {text.split("(")[0] for text in cases.LOSSES}
    assert tested >= set(losses.__all__) - {"Loss"}


@pytest.mark.parametrize("text", [text for text, inputs in cases.LOSSES.items() if len(inputs) == 2])
def test_symbols_give_the_same(text):
    block = cases.make(mx, text)
    arrays = {kind: mx.nd.array(cases._draw(text + kind, s, kind)) for kind, s in cases.LOSSES[text].items()}
    graph = block(*map(mx.sym.var, arrays))
    found = graph.eval(**arrays)[0].asnumpy()
    np.testing.assert_allclose(found, block(*arrays.values()).asnumpy(), rtol=1e-5, atol=1e-6)


def test_poisson_with_targets_of_zero():
    pred, target = np.array([[0.5, -1.0]], "float32"), np.array([[0, 3]], "float32")
    stirling = 3 * np.log(3) - 3 + 0.5 * np.log(2 * np.pi * 3)
    expected = (np.exp(pred) - target * pred).mean() + stirling / 2
    full = losses.PoissonNLLLoss(compute_full=True)(mx.nd.array(pred), mx.nd.array(target))
    assert full.asscalar() == pytest.approx(expected, rel=1e-5)


def test_sdml_weight_scales():
    x, y = mx.nd.random.normal(shape=(3, 2)), mx.nd.random.normal(shape=(3, 2))
    plain = losses.SDMLLoss()(x, y).asnumpy()
    np.testing.assert_allclose(losses.SDMLLoss(weight=3)(x, y).asnumpy(), 3 * plain, rtol=1e-6)


def test_ctc_in_half_precision():
    pred = mx.nd.random.normal(shape=(1, 4, 3))
    label = mx.nd.array([[1, 0]])
    half = losses.CTCLoss()(pred.astype("float16"), label)
    assert half.dtype == np.float16
    np.testing.assert_allclose(half.asnumpy(), losses.CTCLoss()(pred, label).asnumpy(), rtol=1e-2)


def test_cosine_of_zero_vectors_is_finite():
    x = mx.nd.zeros((1, 3))
    x.attach_grad()
    with mx.autograd.record():
        out = losses.CosineEmbeddingLoss()(x, mx.nd.ones((1, 3)), mx.nd.array([1]))
    out.backward()
    assert out.asscalar() == 1
    assert np.isfinite(x.grad.asnumpy()).all()


def test_batch_axis_keeps_samples():
    pred, label = mx.nd.array([[1, 2, 3], [4, 5, 6]]), mx.nd.zeros((2, 3))
    np.testing.assert_allclose(losses.L1Loss(batch_axis=1)(pred, label).asnumpy(), [2.5, 3.5, 4.5])


def test_sample_weight_broadcasts():
    pred, label = mx.nd.ones((2, 3)), mx.nd.zeros((2, 3))
    np.testing.assert_allclose(losses.L1Loss()(pred, label, mx.nd.array([[0], [2]])).asnumpy(), [0, 2])


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: losses.CTCLoss(layout="NCT"), "layout must be NTC or TNC, got 'NCT'"),
        (lambda: losses.CTCLoss(label_layout="N"), "label_layout must be NT or TN, got 'N'"),
        (lambda: losses.LogisticLoss(label_format="sign"), "label_format must be 'signed' or 'binary', got 'sign'"),
    ],
)
def test_bad_settings(make, message):
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.parametrize(
    "make",
    [losses.L2Loss, losses.HuberLoss, losses.SigmoidBCELoss, losses.PoissonNLLLoss, losses.SoftmaxCELoss],
    ids=lambda make: make.__name__,
)
def test_numpy_weights_of_integers(make):
    """Masks come as integers: `mx.np` promotes them, operators of `mx.nd` go on refusing two types."""
    options = {"sparse_label": False} if make is losses.SoftmaxCELoss else {}
    values = np.array([[0.5, -1.0], [2.0, 0.25]], "float32")
    pred, label, mask = mx.np.array(values), mx.np.array([[0.0, 1.0], [1.0, 0.0]]), np.array([[0], [3]])
    with mx.util.np_shape(True), mx.util.np_array(True):
        loss = make(**options)
        got = loss(pred, label, mx.np.array(mask, dtype="int32"))
        np.testing.assert_array_equal(got.asnumpy(), loss(pred, label, mx.np.array(mask, dtype="float32")).asnumpy())
    with pytest.raises(mx.MXNetError, match="same data type"):
        make(**options)(mx.nd.array(values), mx.nd.ones((2, 2)), mx.nd.array(mask, dtype="int32"))


def test_numpy_weights_of_positives():
    pred, label, factor = mx.np.array([[0.5, -1.0]]), mx.np.array([[1.0, 0.0]]), np.array([[3, 2]])
    for from_sigmoid in False, True:
        with mx.util.np_shape(True), mx.util.np_array(True):
            loss = losses.SigmoidBCELoss(from_sigmoid=from_sigmoid)
            pred = mx.npx.sigmoid(pred) if from_sigmoid else pred
            got, expected = (
                loss(pred, label, None, mx.np.array(factor, dtype=dtype)).asnumpy() for dtype in ("int32", "float32")
            )
        np.testing.assert_array_equal(got, expected)


def test_bad_weight():
    with pytest.raises(TypeError, match="L1Loss: weight must be a number, got 'heavy'"):
        losses.L1Loss(weight="heavy")(mx.nd.ones((1,)), mx.nd.ones((1,)))


def test_sdml_shapes():
    with pytest.raises(ValueError, match=r"SDMLLoss: .* got \(2, 3\) and \(3, 3\)"):
        losses.SDMLLoss()(mx.nd.ones((2, 3)), mx.nd.ones((3, 3)))


def test_base_is_abstract():
    with pytest.raises(NotImplementedError, match="Loss must define hybrid_forward"):
        losses.Loss(None, 0)(mx.nd.ones((1,)))
