"""Names that programs around Gluon import, with the work they are imported for; and misspelled arguments."""

import io
import multiprocessing
import pickle
import warnings
from multiprocessing.reduction import ForkingPickler

import numpy as np
import pytest

import mxnet as mx
from mxnet import gluon, nd
from mxnet.gluon.data.dataloader import DataLoader, _MultiWorkerIter, _worker_fn, _worker_initializer

# ---------------------------------------------------------------------- loaders of programs

_samples = None


def _begin(samples):
    global _samples
    _samples = samples


def _scaled(indices, factor, batchify_fn):
    file = io.BytesIO()
    ForkingPickler(file, pickle.HIGHEST_PROTOCOL).dump(batchify_fn([_samples[i] * factor for i in indices]))
    return file.getvalue()


class _Scaling(_MultiWorkerIter):
    """As GluonCV's loader: every second batch is scaled."""

    def __init__(self, pool, batchify_fn, batch_sampler, prefetch, **kwargs):
        super().__init__(pool, batchify_fn, batch_sampler, worker_fn=_scaled, prefetch=0, **kwargs)
        for _ in range(prefetch):
            self._push_next()

    def _push_next(self):
        indices = next(self._iter, None)
        if indices is None:
            return
        arguments = (indices, 1 + self._sent_idx % 2, self._batchify_fn)
        self._data_buffer[self._sent_idx] = self._worker_pool.apply_async(self._worker_fn, arguments)
        self._sent_idx += 1


class OwnLoader(DataLoader):
    def __iter__(self):
        return _Scaling(
            self.pool, self._batchify_fn, self._batch_sampler, prefetch=self._prefetch, pin_memory=self._pin_memory
        )


def test_a_loader_over_a_pool_of_its_own():
    data = [np.full((2,), i, "float32") for i in range(5)]
    loader = OwnLoader(gluon.data.SimpleDataset(data), 2, batchify_fn=gluon.data.dataloader.default_mp_batchify_fn)
    loader._prefetch = 2
    assert (loader._pin_memory, loader._pin_device_id, loader._thread_pool) == (False, 0, False)
    with multiprocessing.get_context("fork").Pool(1, initializer=_begin, initargs=(data,)) as pool:
        loader.pool = pool
        for _ in range(2):
            found = [b.asnumpy()[:, 0].tolist() for b in loader]
            assert found == [[0, 1], [4, 6], [4]]
        batches = iter(loader)
        assert len(batches) == 3 and batches.next().shape == (2, 2)


def test_the_worker_function_of_mxnet():
    with multiprocessing.get_context("fork").Pool(
        1, initializer=_worker_initializer, initargs=([1, 2, 3, 4], False, False)
    ) as pool:
        batches = _MultiWorkerIter(pool, list, [[0, 1], [3]], worker_fn=_worker_fn, prefetch=1)
        assert list(batches) == [[1, 2], [4]]


def test_an_error_in_a_pool():
    arguments = ([1], False, False)
    with multiprocessing.get_context("fork").Pool(1, initializer=_worker_initializer, initargs=arguments) as pool:
        with pytest.raises(IndexError):
            next(_MultiWorkerIter(pool, list, [[7]]))


def test_pinned_batches_of_a_changed_loader():
    loader = DataLoader(gluon.data.SimpleDataset([1, 2]), 2)
    loader._pin_memory, loader._pin_device_id = True, 1
    (batch,) = loader
    assert batch.context == mx.cpu_pinned(1)


# ---------------------------------------------------------------------- losses, layers, networks


def test_apply_weighting():
    from mxnet.gluon.loss import _apply_weighting

    loss = nd.array([[1, 2], [3, 4]])
    assert _apply_weighting(nd, loss) is loss
    assert _apply_weighting(nd, loss, 0.5).asnumpy().tolist() == [[0.5, 1], [1.5, 2]]
    weighted = _apply_weighting(nd, loss, 2, nd.array([[1], [0]]))
    assert weighted.asnumpy().tolist() == [[2, 4], [0, 0]]
    out = _apply_weighting(mx.sym, mx.sym.var("x"), 2.0, mx.sym.var("w"))
    assert out.eval(x=loss, w=nd.array([[1], [0]]))[0].asnumpy().tolist() == [[2, 4], [0, 0]]
    with pytest.raises(TypeError, match="weight must be a number"):
        _apply_weighting(nd, loss, "2")


def test_parts_of_networks():
    from mxnet.gluon.model_zoo.vision import densenet, mobilenet, resnet, squeezenet

    x = nd.ones((1, 4, 8, 8))

    def shape(net):
        net.initialize()
        return net(x).shape

    assert shape(resnet._conv3x3(6, 2, 4)) == (1, 6, 4, 4)
    assert resnet.resnet_net_versions == [resnet.ResNetV1, resnet.ResNetV2]
    assert resnet.resnet_block_versions[1]["bottle_neck"] is resnet.BottleneckV2
    assert shape(densenet._make_dense_block(2, 4, 3, 0, 1)) == (1, 10, 8, 8)
    assert shape(densenet._make_transition(5)) == (1, 5, 4, 4)
    assert shape(squeezenet._make_fire(2, 3, 5)) == (1, 8, 8, 8)
    net = gluon.nn.HybridSequential()
    mobilenet._add_conv(net, channels=4, kernel=3, stride=2, pad=1, num_group=4, relu6=True)
    mobilenet._add_conv_dw(net, dw_channels=4, channels=7, stride=1)
    assert shape(net) == (1, 7, 4, 4)


def test_helpers_of_layers():
    from mxnet.gluon.nn.conv_layers import _infer_weight_shape
    from mxnet.gluon.rnn.rnn_cell import _cells_begin_state, _cells_state_info

    settings = {"kernel": (3, 3), "num_filter": 5, "no_bias": True}
    assert _infer_weight_shape("Convolution", (0, 2, 0, 0), settings)[1] == (5, 2, 3, 3)
    cells = [gluon.rnn.LSTMCell(2), gluon.rnn.GRUCell(3)]
    assert [i["shape"] for i in _cells_state_info(cells, 4)] == [(4, 2), (4, 2), (4, 3)]
    assert [s.shape for s in _cells_begin_state(cells, batch_size=4)] == [(4, 2), (4, 2), (4, 3)]


def test_helpers_of_blocks():
    from mxnet.gluon.block import _common_prefix, _gather_type_ctx_info
    from mxnet.gluon.utils import _check_all_np_ndarrays, _check_same_symbol_type

    assert _common_prefix(["net_a", "net_b"]) == "net_"
    assert _gather_type_ctx_info([nd.ones((1,)), [nd.ones((1,), mx.cpu(1))]]) == (
        *(False, True, {mx.cpu(0), mx.cpu(1)}, mx.cpu(0)),
    )
    assert _gather_type_ctx_info(mx.sym.var("x")) == (True, False, set(), None)
    assert _check_same_symbol_type([mx.sym.var("x"), mx.sym.var("y")]) is mx.sym.Symbol
    _check_all_np_ndarrays([mx.np.ones((1,)), [None]])
    with pytest.raises(TypeError, match="mxnet.numpy"):
        _check_all_np_ndarrays([nd.ones((1,))])


def test_metrics_at_other_paths_and_for_own_ones():
    assert mx.gluon.metric is mx.metric and mx.metric.ndarray is nd and mx.metric.numpy is np
    assert mx.gluon.tensor_types == (mx.sym.Symbol, nd.NDArray)
    stats = mx.metric._BinaryClassificationMetrics()
    stats.update_binary_stats(nd.array([0, 1, 1, 1]), nd.array([[0.9, 0.1], [0.2, 0.8], [0.7, 0.3], [0.1, 0.9]]))
    assert (stats.true_positives, stats.true_negatives, stats.false_positives, stats.false_negatives) == (2, 1, 0, 1)
    assert (stats.precision, stats.recall, stats.fscore) == (1, pytest.approx(2 / 3), pytest.approx(0.8))
    assert stats.matthewscc(use_global=True) == stats.matthewscc() == pytest.approx(0.57735, rel=1e-4)
    stats.local_reset_stats()
    assert (stats.total_examples, stats.global_total_examples, stats.global_fscore) == (0, 4, pytest.approx(0.8))
    stats.reset_stats()
    assert stats.global_recall == 0
    assert mx.metric.F1().metrics.total_examples == 0


# ---------------------------------------------------------------------- misspelled arguments


def one_warning(function):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        function()
    assert len(caught) == 1
    return str(caught[0].message)


def test_misspelled_arguments_of_hybridize():
    hybrid = gluon.nn.HybridSequential()
    hybrid.add(gluon.nn.Dense(2), gluon.nn.Dense(2))
    plain = gluon.nn.Sequential()
    plain.add(hybrid, gluon.nn.Dense(2), gluon.nn.Lambda("relu"))
    for net in (hybrid, plain, gluon.nn.Dense(2)):
        text = one_warning(lambda net=net: net.hybridize(static_aloc=True, static_shape=True))
        assert text == "hybridize has no argument 'static_aloc'; did you mean 'static_alloc'?"
    assert ("static_shape", True) in hybrid[0]._flags
    plain.hybridize(True, static_alloc=True, inline_limit=3, forward_bulk_size=5)
    hybrid.hybridize(backend="MyPart", dedup_subgraph=True)  # the back end's own


def test_misspelled_attributes_of_parameters():
    net = gluon.nn.Dense(2)
    params = net.collect_params()
    assert "did you mean 'grad_req'" in one_warning(lambda: params.setattr("grad_reg", "null"))
    params.setattr("lr_mult", 0.5)
    params.setattr("kind_of_layer", "dense")  # a name of one's own
    assert net.weight.lr_mult == 0.5 and net.weight.grad_req == "write"
    assert "did you mean 'lr_mult'" in one_warning(lambda: net.params.get("weight", lr_mul=2.0))


@pytest.mark.parametrize(
    "make",
    [
        lambda: gluon.Trainer({}, "sgd", {"lerning_rate": 0.1}),
        lambda: gluon.Trainer({}, "sgd", optimizer_param={}),
        lambda: DataLoader([1], 1, suffle=True),
        lambda: gluon.nn.Dense(2, flaten=False),
        lambda: gluon.rnn.LSTM(2, num_layer=2),
        lambda: gluon.Parameter("w", shpae=(2,)),
        lambda: gluon.nn.Dense(2).initialize(contex=mx.cpu()),
        lambda: mx.metric.Accuracy(axi=1),
        lambda: mx.init.Xavier(rnd_typ="uniform"),
    ],
)
def test_errors_stay_errors(make):
    with pytest.raises(TypeError, match="unexpected keyword"):
        make()
