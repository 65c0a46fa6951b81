"""gluon.data: datasets, samplers, and the DataLoader with its workers."""

import gc
import multiprocessing
import os
import pickle
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import mxnet as mx
from mxnet.gluon import data as gd
from mxnet.gluon.contrib.data import IntervalSampler
from mxnet.gluon.data.dataloader import default_batchify_fn, default_mp_batchify_fn

WORKERS = pytest.mark.parametrize(
    "workers", [{"num_workers": 2}, {"num_workers": 2, "thread_pool": True}], ids=["processes", "threads"]
)
ANY = pytest.mark.parametrize(
    "workers",
    [{}, {"num_workers": 2}, {"num_workers": 2, "thread_pool": True}],
    ids=["none", "processes", "threads"],
)


class Numbers(gd.Dataset):
    """Sample i is an array of i, and i."""

    def __init__(self, length, shape=(3,)):
        self.length = length
        self.shape = shape

    def __len__(self):
        return self.length

    def __getitem__(self, i):
        return np.full(self.shape, i, np.float32), i


class Doing(gd.Dataset):
    """Ten numbers; at number 5 a function is called."""

    def __init__(self, fn):
        self.fn = fn

    def __len__(self):
        return 10

    def __getitem__(self, i):
        if i == 5:
            self.fn()
        return i


def descriptors():
    return len(os.listdir("/proc/self/fd"))


# ---------------------------------------------------------------------- datasets and samplers


def test_simple_dataset_chain():
    numbers = gd.SimpleDataset(list(range(20)))
    assert list(numbers.filter(lambda x: x % 5 == 0)) == [0, 5, 10, 15]
    assert list(numbers.transform(lambda x: -x).take(3)) == [0, -1, -2]
    assert len(numbers.take(None)) == len(numbers.take(100)) == 20
    assert list(numbers.sample(gd.SequentialSampler(3, start=4))) == [4, 5, 6]
    with pytest.raises(TypeError, match=r"Expected gluon\.data\.Sampler"):
        numbers.sample([0, 1])
    with pytest.raises(ValueError, match="count"):
        numbers.take(-1)


def test_lazy_and_eager_transform():
    calls = []
    numbers = gd.SimpleDataset([1, 2])
    lazy = numbers.transform(lambda x: calls.append(x) or x)
    assert calls == []
    assert [lazy[0], lazy[0]] == [1, 1] and calls == [1, 1]
    eager = numbers.transform(lambda x: calls.append(x) or x, lazy=False)
    assert calls == [1, 1, 1, 2] and isinstance(eager, gd.SimpleDataset)
    assert list(eager) == [1, 2] and len(calls) == 4


def test_transform_takes_parts_and_transform_first_one():
    pairs = gd.ArrayDataset([1, 2], [3, 4])
    assert list(pairs.transform(lambda a, b: a + b)) == [4, 6]
    first = pairs.transform_first(lambda a: a * 10)
    assert list(first) == [(10, 3), (20, 4)]
    assert gd.SimpleDataset([5]).transform_first(lambda a: a + 1)[0] == 6
    pickle.dumps(pairs.transform_first(abs))


@given(st.integers(0, 50), st.integers(1, 8))
def test_shards_partition(length, count):
    whole = gd.SimpleDataset(list(range(length)))
    shards = [list(whole.shard(count, i)) for i in range(count)]
    assert sum(shards, []) == list(range(length))
    assert max(map(len, shards)) - min(map(len, shards)) <= 1


@pytest.mark.parametrize("arguments", [(2, 2), (2, -1), (0, 0)])
def test_shard_refuses(arguments):
    with pytest.raises(AssertionError, match="shard"):
        gd.SimpleDataset([1, 2]).shard(*arguments)


def test_array_dataset():
    labels = mx.nd.array([1, 2, 3])
    pairs = gd.ArrayDataset(mx.nd.ones((3, 2)), labels)
    assert len(pairs) == 3
    x, y = pairs[1]
    assert isinstance(x, mx.nd.NDArray) and x.shape == (2,)
    assert isinstance(y, np.float32) and y == 2  # elements of vectors are numbers
    assert gd.ArrayDataset([7, 8])[1] == 8
    with pytest.raises(AssertionError, match="at least 1"):
        gd.ArrayDataset()
    with pytest.raises(AssertionError, match=r"array\[1\] has 2"):
        gd.ArrayDataset([1], [1, 2])


def test_abstract_classes():
    with pytest.raises(NotImplementedError):
        gd.Dataset()[0]
    with pytest.raises(NotImplementedError):
        len(gd.Sampler())


@ANY
def test_record_file_dataset(tmp_path, workers):
    path = str(tmp_path / "x.rec")
    writer = mx.recordio.MXIndexedRecordIO(str(tmp_path / "x.idx"), path, "w")
    for i in range(20):
        writer.write_idx(i, b"record %d" % i)
    writer.close()
    records = gd.RecordFileDataset(path)
    assert len(records) == 20 and records[7] == b"record 7"
    if not workers.get("thread_pool"):  # a file has one position
        loader = gd.DataLoader(records.transform(len), 6, **workers)
        assert np.concatenate([b.asnumpy() for b in loader]).tolist() == [8] * 10 + [9] * 10
    with pytest.raises(mx.MXNetError, match="nowhere"):
        gd.RecordFileDataset(str(tmp_path / "nowhere.rec"))


def test_samplers():
    assert list(gd.SequentialSampler(3, 5)) == [5, 6, 7]
    np.random.seed(3)
    order = list(gd.RandomSampler(10))
    expected = np.arange(10)
    np.random.seed(3)
    np.random.shuffle(expected)
    assert order == expected.tolist()
    chosen = gd.FilterSampler(lambda x: x > 2, gd.SimpleDataset([1, 5, 2, 3]))
    assert (list(chosen), len(chosen)) == ([1, 3], 2)


@given(st.integers(0, 30), st.integers(1, 12), st.sampled_from(["keep", "discard", "rollover"]), st.integers(1, 4))
def test_batch_sampler(length, size, last_batch, epochs):
    sampler = gd.BatchSampler(gd.SequentialSampler(length), size, last_batch)
    left = 0
    for _ in range(epochs):
        available = left + length if last_batch == "rollover" else length
        expected = -(-available // size) if last_batch == "keep" else available // size
        assert len(sampler) == expected
        batches = list(sampler)
        assert len(batches) == expected
        assert all(len(b) == size for b in batches[: -1 if last_batch == "keep" else None])
        seen = sum(batches, [])
        if last_batch == "keep":
            assert seen == list(range(length))
        left = available - len(seen) if last_batch == "rollover" else 0


@pytest.mark.parametrize("arguments", [(3, "sometimes"), (0, "keep"), (2.5, "keep")])
def test_batch_sampler_refuses(arguments):
    with pytest.raises(ValueError, match=r"last_batch|batch_size"):
        gd.BatchSampler(gd.SequentialSampler(3), *arguments)


@given(st.integers(1, 30), st.data())
def test_interval_sampler(length, data):
    interval = data.draw(st.integers(1, length))
    sampler = IntervalSampler(length, interval)
    assert list(sampler) == [i for start in range(interval) for i in range(start, length, interval)]
    assert len(sampler) == length
    once = IntervalSampler(length, interval, rollover=False)
    assert list(once) == list(range(0, length, interval)) and len(once) == len(list(once))


def test_interval_sampler_refuses():
    with pytest.raises(AssertionError, match="Interval 4"):
        IntervalSampler(3, 4)


# ---------------------------------------------------------------------- batches


@pytest.mark.parametrize("fn", [default_batchify_fn, default_mp_batchify_fn])
def test_batchify(fn):
    kind = "cpu" if fn is default_batchify_fn else "cpu_shared"
    a, b = fn([(np.ones((2, 3), np.float16), 1), (np.zeros((2, 3), np.float16), 2)])
    assert (a.shape, a.dtype, a.context.device_type) == ((2, 2, 3), np.float16, kind)
    assert b.asnumpy().tolist() == [1, 2] and b.dtype == np.int64
    c, (d, e) = fn([(1, (2.0, True)), (3, (4.0, False))])
    assert (d.dtype, e.dtype) == (np.float64, np.bool_) and c.shape == (2,)
    f = fn([mx.nd.ones((2,)), mx.nd.zeros((2,))])
    assert f.asnumpy().tolist() == [[1, 1], [0, 0]] and f.context.device_type == kind
    big = [np.full((100, 50), i, np.float64) for i in range(3)]
    assert np.array_equal(fn(big).asnumpy(), np.stack(big))
    assert np.array_equal(fn([mx.nd.array(x, dtype="float64") for x in big]).asnumpy(), np.stack(big))
    for wrong in (["a", "b"], [None], [np.ones((100, 50)), np.ones((50, 100))], [np.ones((90, 90), np.uint16)] * 2):
        with pytest.raises((TypeError, ValueError)):
            fn(wrong)


@ANY
@pytest.mark.parametrize("shape", [(3,), (100, 70)])  # in the socket, and in a block
def test_batches(workers, shape):
    loader = gd.DataLoader(Numbers(23, shape), 4, **workers)
    assert len(loader) == 6
    for _ in range(2):
        batches = list(loader)  # all alive at once: no block may be used again yet
        assert [len(y) for _, y in batches] == [4] * 5 + [3]
        for k, (x, y) in enumerate(batches):
            expected = np.arange(4 * k, min(4 * k + 4, 23))
            assert y.asnumpy().tolist() == expected.tolist()
            assert x.shape == (len(expected), *shape) and x.dtype == np.float32
            assert (x.asnumpy().reshape(len(expected), -1) == expected[:, None]).all()
            assert x.context == (mx.cpu_shared(0) if workers else mx.cpu())
            x += 1  # a batch is its receiver's own


@ANY
def test_many_small_items(workers):
    if workers:
        workers = {**workers, "num_workers": 4}
    loader = gd.DataLoader(Numbers(10_000, (10,)), 32, **workers)
    total = sum([int(y.asnumpy().sum()) for _, y in loader])
    assert total == 10_000 * 9_999 // 2


@ANY
def test_shuffle_covers_and_follows_the_seed(workers):
    loader = gd.DataLoader(gd.SimpleDataset(list(range(50))), 8, shuffle=True, **workers)

    def epoch():
        return np.concatenate([b.asnumpy() for b in loader]).tolist()

    np.random.seed(1)
    first, second = epoch(), epoch()
    np.random.seed(1)
    assert epoch() == first
    assert sorted(first) == list(range(50)) and first != second


@ANY
def test_rollover(workers):
    loader = gd.DataLoader(gd.SimpleDataset(list(range(10))), 4, last_batch="rollover", **workers)
    epochs = [[b.asnumpy().tolist() for b in loader] for _ in range(2)]
    assert epochs == [[[0, 1, 2, 3], [4, 5, 6, 7]], [[8, 9, 0, 1], [2, 3, 4, 5], [6, 7, 8, 9]]]


@ANY
def test_other_things_in_batches(workers):
    samples = [((1, 2.0), [3, 4], {"a": np.arange(5000)}, "text", mx.nd.ones((2, i + 1))) for i in range(4)]
    (batch,) = gd.DataLoader(gd.SimpleDataset(samples), 4, batchify_fn=lambda x: x, **workers)
    assert [s[:2] + s[3:4] for s in batch] == [s[:2] + s[3:4] for s in samples]
    assert all(np.array_equal(s[2]["a"], np.arange(5000)) for s in batch)
    assert [s[4].shape for s in batch] == [(2, i + 1) for i in range(4)]


@WORKERS
def test_types_survive(workers):
    made = [
        mx.nd.array([[1, 2]], dtype="float16"),
        mx.nd.array([1.5]).astype("bfloat16"),
        mx.nd.array([True, False], dtype="bool"),
        mx.nd.array(np.arange(6).reshape(2, 3), dtype="int64").T,
        mx.nd.sparse.csr_matrix(np.eye(3, dtype="float32")),
    ]
    (batch,) = gd.DataLoader(gd.SimpleDataset([0]), 1, batchify_fn=lambda _: made, **workers)
    for got, x in zip(batch, made):
        assert (got.dtype, got.shape, got.stype) == (x.dtype, x.shape, x.stype)
        assert np.array_equal(got.asnumpy(), x.asnumpy())


@ANY
def test_pinned(workers):
    loader = gd.DataLoader(Numbers(4), 2, pin_memory=True, pin_device_id=1, **workers)
    assert [x.context for batch in loader for x in batch] == [mx.cpu_pinned(1)] * 4


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({}, ValueError),
        ({"batch_size": 2, "batch_sampler": [[0]]}, ValueError),
        ({"batch_sampler": [[0]], "last_batch": "keep"}, ValueError),
        ({"batch_size": 2, "shuffle": True, "sampler": gd.SequentialSampler(3)}, ValueError),
        ({"batch_size": 2, "last_batch": "never"}, ValueError),
        ({"batch_size": 2, "timeout": 0}, AssertionError),
    ],
)
def test_arguments_are_checked(arguments, error):
    with pytest.raises(error):
        gd.DataLoader([1, 2, 3], **arguments)


def test_batch_sampler_and_sampler_arguments():
    assert [b.asnumpy().tolist() for b in gd.DataLoader([1, 2, 3], batch_sampler=[[2, 0], [1]])] == [[3, 1], [2]]
    loader = gd.DataLoader([1, 2, 3], 2, sampler=gd.SequentialSampler(2, 1))
    assert [b.asnumpy().tolist() for b in loader] == [[2, 3]]


# ---------------------------------------------------------------------- workers


@WORKERS
def test_iterators_share_workers(workers):
    loader = gd.DataLoader(gd.SimpleDataset(list(range(20))), 5, **workers)
    one, two = iter(loader), iter(loader)
    pairs = [(next(one).asnumpy()[0], next(two).asnumpy()[0]) for _ in range(3)]
    assert pairs == [(0, 0), (5, 5), (10, 10)]
    del two
    assert next(one).asnumpy()[0] == 15
    assert [b.asnumpy()[0] for b in loader] == [0, 5, 10, 15]


@WORKERS
def test_iterators_in_threads(workers):
    loader = gd.DataLoader(Numbers(200, (100, 50)), 5, **workers)
    sums = []

    def consume():
        sums.append(sum([int(x.asnumpy()[:, 0, 0].sum()) for x, _ in loader]))

    threads = [threading.Thread(target=consume) for _ in range(3)]
    for t in threads:
        t.start()
    for t in threads:
        t.join(60)
    assert sums == [199 * 100] * 3


@WORKERS
def test_iterator_outlives_its_loader(workers):
    iterator = iter(gd.DataLoader(Numbers(8), 2, **workers))
    gc.collect()
    assert [y.asnumpy().tolist() for _, y in iterator] == [[0, 1], [2, 3], [4, 5], [6, 7]]


@WORKERS
@pytest.mark.parametrize("prefetch", [0, 1, 100])
def test_prefetch(workers, prefetch):
    loader = gd.DataLoader(Numbers(300, (200,)), 3, prefetch=prefetch, **workers)
    time.sleep(0.05)
    assert [int(y.asnumpy()[0]) for _, y in loader] == list(range(0, 300, 3))


def test_many_tasks_and_long_results_under_way():
    """More than fits into a socket in either direction."""
    indices = [list(range(5000)) for _ in range(40)]
    loader = gd.DataLoader(
        list(range(5000)), batch_sampler=indices, batchify_fn=lambda x: [str(i) for i in x], num_workers=1, prefetch=40
    )
    iterator = iter(loader)
    next(iterator)
    time.sleep(0.2)
    assert sum(1 for batch in iterator if batch[-1] == "4999") == 39


@WORKERS
def test_auto_reload(workers):
    started = multiprocessing.Value("i", 0)

    def fn(i):
        with started.get_lock():
            started.value += 1
        return i

    data = gd.SimpleDataset(list(range(8))).transform(fn)
    loader = gd.DataLoader(data, 2, auto_reload=True, prefetch=2, **workers)
    deadline = time.monotonic() + 30
    while started.value < 4 and time.monotonic() < deadline:
        time.sleep(0.01)
    assert started.value == 4  # two batches, before anybody has asked
    for _ in range(2):
        assert [b.asnumpy().tolist() for b in loader] == [[0, 1], [2, 3], [4, 5], [6, 7]]
    loader.clean()
    loader.refresh()
    assert len(list(loader)) == 4


class Odd(Exception):
    def __init__(self, a, b):
        super().__init__(a, b)


def _raise(error):
    raise error


@ANY
@pytest.mark.parametrize("error", [KeyError("gone"), OSError(5, "disk"), ZeroDivisionError(), StopIteration("no")])
def test_what_the_dataset_raises(workers, error):
    loader = gd.DataLoader(Doing(lambda: _raise(error)), 2, **workers)
    for _ in range(2):  # it can be iterated again
        got = []
        kind = RuntimeError if isinstance(error, StopIteration) else type(error)
        with pytest.raises(kind) as caught:
            for batch in loader:
                got.append(batch.asnumpy().tolist())
        assert got == [[0, 1], [2, 3]]
        if workers:
            assert "reading sample 5" in str(caught.value)
            assert "_raise(error)" in str(caught.value)  # the traceback
            assert type(caught.value.__cause__) is type(error)
        elif kind is type(error) and sys.version_info >= (3, 11):
            assert "sample 5" in caught.value.__notes__[0]


@WORKERS
def test_errors_with_other_constructors(workers):
    with pytest.raises(mx.MXNetError, match="sample 5") as caught:
        list(gd.DataLoader(Doing(lambda: _raise(Odd(1, 2))), 2, **workers))
    assert "Odd" in str(caught.value)


@WORKERS
def test_what_batchify_raises(workers):
    with pytest.raises(ZeroDivisionError, match="making a batch of samples 0, 1, 2"):
        list(gd.DataLoader(list(range(6)), 3, batchify_fn=lambda x: 1 // 0, **workers))


def test_batch_that_cannot_be_sent():
    loader = gd.DataLoader(list(range(6)), 3, batchify_fn=lambda x: lambda: x, num_workers=1)
    with pytest.raises((AttributeError, pickle.PicklingError, TypeError), match="sending a batch of samples 0, 1, 2"):
        next(iter(loader))


@WORKERS
def test_timeout(workers):
    loader = gd.DataLoader(Doing(lambda: time.sleep(5)), 2, timeout=0.3, **workers)
    with pytest.raises(multiprocessing.TimeoutError, match=r"samples 4, 5 after 0\.3 seconds") as caught:
        list(loader)
    assert "thread_pool" in workers or "reading sample 5" in str(caught.value)
    assert next(iter(loader)).asnumpy().tolist() == [0, 1]


@pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="counts descriptors in /proc")
def test_kept_batches_hold_no_descriptors():
    loader = gd.DataLoader(Numbers(400, (100, 50)), 2, num_workers=2)
    list(loader)
    before = descriptors()
    kept = list(loader)
    assert descriptors() <= before + 2
    assert [int(x.asnumpy()[0, 0, 0]) for x, _ in kept] == list(range(0, 400, 2))
    del kept
    assert [int(x.asnumpy()[1, 0, 0]) for x, _ in loader] == list(range(1, 400, 2))
    for _ in loader:  # blocks are used again now, and most of them given up
        pass
    assert all(len(w.receiver._blocks) <= 40 for w in loader._worker_pool._workers)


def test_blocks_are_used_again():
    loader = gd.DataLoader(Numbers(400, (100, 50)), 2, num_workers=2)
    for _ in range(2):
        for x, _y in loader:
            assert x.shape == (2, 100, 50)
    assert all(len(w.receiver._blocks) <= 8 for w in loader._worker_pool._workers)


def test_fork_beside_threads_of_torch():
    """The threads of OpenMP do not survive a fork; a worker that waited for them would never answer."""
    threads = torch.get_num_threads()
    torch.set_num_threads(4)
    try:
        big = torch.rand(600, 600)
        big @ big
        data = gd.SimpleDataset(list(range(8))).transform(lambda i: float((big @ big + i).sum()))
        assert len(list(gd.DataLoader(data, 2, num_workers=2, timeout=60))) == 4
    finally:
        torch.set_num_threads(threads)


def test_workers_do_not_inherit_modes():
    def modes(_):
        return int(mx.autograd.is_recording()) + 2 * int(mx.autograd.is_training())

    with mx.autograd.record():
        loader = gd.DataLoader(gd.SimpleDataset([0, 1]).transform(modes), 2, num_workers=1)
    assert next(iter(loader)).asnumpy().tolist() == [0, 0]


def test_random_numbers_of_workers():
    def draw(i):
        import random

        return np.array([np.random.rand(), random.random(), mx.nd.random.uniform(shape=(1,)).asscalar()])

    def epoch(num_workers):
        import random

        np.random.seed(5), random.seed(5), mx.random.seed(5)
        loader = gd.DataLoader(gd.SimpleDataset(list(range(12))).transform(draw), 3, num_workers=num_workers)
        return np.concatenate([b.asnumpy() for b in loader])

    one, again, more = epoch(2), epoch(2), epoch(3)
    assert np.array_equal(one, again) and np.array_equal(one, more)
    assert len(np.unique(one)) == one.size  # no worker repeats another one's
    np.random.seed(5)
    expected = np.random.rand()
    np.random.seed(5)
    list(gd.DataLoader(Numbers(4), 2, num_workers=1))
    assert np.random.rand() == expected


def test_workers_end_with_their_parent():
    program = textwrap.dedent(
        """
        import os, signal, time
        import mxnet as mx
        loader = mx.gluon.data.DataLoader(list(range(100)), 2, num_workers=3)
        other = mx.gluon.data.DataLoader(list(range(100)), 2, num_workers=1)
        next(iter(loader))
        pools = (loader._worker_pool, other._worker_pool)
        print(*[w.process.pid for pool in pools for w in pool._workers], flush=True)
        os.kill(os.getpid(), signal.SIGKILL)
        """
    )
    out = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=120, check=False)
    pids = [int(p) for p in out.stdout.split()]
    assert len(pids) == 4, out.stderr

    def alive(pid):
        try:
            return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
        except FileNotFoundError:
            return False

    deadline = time.monotonic() + 20
    while any(map(alive, pids)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not any(map(alive, pids))


@pytest.mark.slow
def test_spawned_workers(tmp_path):
    program = tmp_path / "program.py"
    program.write_text(
        textwrap.dedent(
            """
            import multiprocessing
            import mxnet as mx

            def double(x):
                return x * 2

            if __name__ == "__main__":
                multiprocessing.set_start_method("spawn")
                data = mx.gluon.data.ArrayDataset(mx.nd.arange(8).reshape((8, 1))).transform(double)
                loader = mx.gluon.data.DataLoader(data, 4, num_workers=1)
                print([b.asnumpy().ravel().tolist() for b in loader])
            """
        )
    )
    out = subprocess.run([sys.executable, str(program)], capture_output=True, text=True, timeout=300, check=False)
    assert out.stdout.strip() == "[[0.0, 2.0, 4.0, 6.0], [8.0, 10.0, 12.0, 14.0]]", out.stderr


def _write_to(x, done):
    x[:] = 7
    done.put(True)


def test_arrays_are_shared_through_queues():
    context = multiprocessing.get_context("fork")
    arrays, done = context.Queue(), context.Queue()
    x = mx.nd.zeros((2, 3))
    process = context.Process(target=lambda: _write_to(arrays.get(timeout=60), done))
    process.start()
    arrays.put(x)
    assert done.get(timeout=60)
    process.join(60)
    assert (x.asnumpy() == 7).all()
