"""Operators of ``contrib``: likelihoods, attention and transforms against formulae written out."""

import numpy as np
import pytest

import mxnet as mx


def _hawkes_inputs(rng, n=3, k=2, t=5):
    names = ("lda", "alpha", "beta", "state", "lags")
    shapes = ((n, k), (k,), (k,), (n, k), (n, t))
    drawn = {name: rng.uniform(0.2, 1.0, shape) for name, shape in zip(names, shapes)}
    marks = rng.randint(0, k, (n, t))
    return drawn, marks, np.array([0.0, t - 2, t]), np.array([4.0, 6.0, 8.0])


def _hawkes_by_hand(lda, alpha, beta, state, lags, marks, lengths, ends):
    """The definition: intensities at the events, and their integral over the observation, event by event."""
    found = np.zeros(len(lags))
    for i, (length, end) in enumerate(zip(lengths.astype(int), ends)):
        times = np.cumsum(lags[i])[:length]
        for k in range(len(alpha)):
            own = times[marks[i, :length] == k]
            for j, now in enumerate(own):
                past = state[i, k] * np.exp(-beta[k] * now) + np.exp(-beta[k] * (now - own[:j])).sum()
                found[i] += np.log(lda[i, k] + alpha[k] * beta[k] * past)
            gone = state[i, k] * (1 - np.exp(-beta[k] * end)) + (1 - np.exp(-beta[k] * (end - own))).sum()
            found[i] -= lda[i, k] * end + alpha[k] * gone
    return found


def test_hawkes_likelihood_and_gradients():
    drawn, marks, lengths, ends = _hawkes_inputs(np.random.RandomState(3))
    weights = np.array([1.0, -2.0, 0.5])
    arrays = {n: mx.nd.array(a, dtype="float64") for n, a in drawn.items()}
    for name in ("lda", "alpha", "beta"):
        arrays[name].attach_grad()
    data = mx.nd.array(marks, dtype="int32"), *(mx.nd.array(a, dtype="float64") for a in (lengths, ends))
    with mx.autograd.record():
        likelihood, _ = mx.nd.contrib.hawkesll(*arrays.values(), *data)
    likelihood.backward(mx.nd.array(weights, dtype="float64"))
    np.testing.assert_allclose(likelihood.asnumpy(), _hawkes_by_hand(**drawn, marks=marks, lengths=lengths, ends=ends))
    for name in ("lda", "alpha", "beta"):
        wanted = np.zeros_like(drawn[name])
        for at in np.ndindex(wanted.shape):
            ends_of_step = []
            for step in (1e-6, -1e-6):
                moved = {**drawn, name: drawn[name].copy()}
                moved[name][at] += step
                ends_of_step.append(_hawkes_by_hand(**moved, marks=marks, lengths=lengths, ends=ends) @ weights)
            wanted[at] = (ends_of_step[0] - ends_of_step[1]) / 2e-6
        np.testing.assert_allclose(arrays[name].grad.asnumpy(), wanted, rtol=1e-5, atol=1e-7)


def test_hawkes_state_carries_over():
    """Two halves of an observation, the second from the first one's state, are as likely as the whole."""
    drawn, marks, _, _ = _hawkes_inputs(np.random.RandomState(5), n=1)
    whole = [mx.nd.array(a, dtype="float64") for a in drawn.values()]

    def run(state, first, last, lags, end):
        n = mx.nd.array([last - first], dtype="float64")
        m = mx.nd.array(marks[:, first:last], dtype="int32")
        end = mx.nd.array([end], dtype="float64")
        return mx.nd.contrib.hawkesll(*whole[:3], state, mx.nd.array(lags, dtype="float64"), m, n, end)

    lags, cut = drawn["lags"], drawn["lags"][0, :2].sum() + 0.05
    one, end_state = run(whole[3], 0, 5, lags, 6.0)
    a, state = run(whole[3], 0, 2, lags[:, :2], cut)
    rest = lags[:, 2:].copy()
    rest[0, 0] -= 0.05
    b, last_state = run(state, 2, 5, rest, 6.0 - cut)
    np.testing.assert_allclose((a + b).asnumpy(), one.asnumpy())
    np.testing.assert_allclose(last_state.asnumpy(), end_state.asnumpy())


def test_fft_is_numpys_and_ifft_its_inverse():
    x = np.random.RandomState(0).uniform(-1, 1, (2, 7)).astype("float32")
    out = mx.nd.contrib.fft(mx.nd.array(x))
    wanted = np.fft.fft(x)
    np.testing.assert_allclose(out.asnumpy()[:, 0::2], wanted.real, atol=1e-5)
    np.testing.assert_allclose(out.asnumpy()[:, 1::2], wanted.imag, atol=1e-5)
    np.testing.assert_allclose(mx.nd.contrib.ifft(out).asnumpy() / 7, x, atol=1e-5)


def test_count_sketch_adds_up_signed_numbers():
    data, h, s = np.arange(8.0).reshape(2, 4), [[1, 0, 1, 2]], [[1, -1, -1, 1]]
    x = mx.nd.array(data)
    x.attach_grad()
    with mx.autograd.record():
        out = mx.nd.contrib.count_sketch(x, mx.nd.array(h), mx.nd.array(s), out_dim=3)
    out.backward(mx.nd.array([[1, 2, 3], [4, 5, 6]]))
    np.testing.assert_array_equal(out.asnumpy(), [[-1, -2, 3], [-5, -2, 7]])
    np.testing.assert_array_equal(x.grad.asnumpy(), [[2, -1, -2, 3], [5, -4, -5, 6]])


@pytest.mark.parametrize("heads", [1, 2])
def test_interleaved_attention_is_attention(heads):
    length, batch, size = 4, 3, 5
    rng = np.random.RandomState(heads)
    q, k, v = rng.uniform(-1, 1, (3, batch, heads, length, size))
    # (batch, heads, 3, length, size): the projections of each head lie beside each other
    packed = np.stack([q, k, v], 2).transpose(3, 0, 1, 2, 4).reshape(length, batch, -1)
    x = mx.nd.array(packed)
    scores = mx.nd.contrib.interleaved_matmul_selfatt_qk(x, heads=heads)
    wanted = np.einsum("bhqd,bhkd->bhqk", q, k) / np.sqrt(size)
    np.testing.assert_allclose(scores.asnumpy(), wanted.reshape(-1, length, length), rtol=1e-4, atol=1e-5)
    out = mx.nd.contrib.interleaved_matmul_selfatt_valatt(x, scores, heads=heads)
    wanted = np.einsum("bhqk,bhkd->qbhd", wanted, v).reshape(length, batch, -1)
    np.testing.assert_allclose(out.asnumpy(), wanted, rtol=1e-4, atol=1e-5)
