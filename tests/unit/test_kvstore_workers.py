"""Stores of several workers: processes on this machine that sum, update and fail together."""

import os
import socket
import subprocess
import sys
import textwrap

import numpy as np
import pytest

import mxnet as mx
from mxnet.kvstore import _workers

HEAD = """
import sys
import numpy as np
import mxnet as mx
from mxnet import autograd, gluon, nd

def pulled(key, shape, **kwargs):
    out = nd.zeros(shape, **kwargs)
    kv.pull(key, out=out)
    return out.asnumpy().tolist()

kv = mx.kv.create(sys.argv[1])
rank, size = kv.rank, kv.num_workers
"""


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def torchrun(rank, size, port):
    return {"RANK": rank, "WORLD_SIZE": size, "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port}


def dmlc(rank, size, port):
    return {"DMLC_ROLE": "worker", "DMLC_NUM_WORKER": size, "DMLC_PS_ROOT_URI": "127.0.0.1", "DMLC_PS_ROOT_PORT": port}


def mpi(rank, size, port):
    return {
        "OMPI_COMM_WORLD_RANK": rank,
        "OMPI_COMM_WORLD_SIZE": size,
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": port,
    }


def run(code, size=2, name="dist_sync", launcher=torchrun):
    """Run a program in several workers; gives their exit statuses and what they print."""
    port = free_port()
    program = HEAD + textwrap.dedent(code)
    workers = []
    for rank in range(size):
        place = {key: str(value) for key, value in launcher(rank, size, port).items()}
        env = {**os.environ, "OMP_NUM_THREADS": "1", "MXNET_KVSTORE_TIMEOUT": "60", **place}
        command = [sys.executable, "-c", program, name]
        workers.append(subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True))
    found = []
    try:
        for worker in workers:
            out, err = worker.communicate(timeout=120)
            found.append((worker.returncode, out, err))
    finally:
        for worker in workers:
            worker.kill()
    return found


def succeed(*args, **kwargs):
    found = run(*args, **kwargs)
    for code, _, err in found:
        assert code == 0, err
    return [out for _, out, _ in found]


def test_values():
    """Those of the first worker at first; then the sums over all workers and their devices."""
    succeed("""
        assert (kv.type, size) == ("dist_sync", 2) and kv.is_capable("optimizer")
        kv.init(["a", "b"], [nd.ones((2, 3)) * (rank + 5), nd.ones((4,), dtype="float16") * (rank + 1)])
        assert pulled("a", (2, 3)) == [[5] * 3] * 2 and pulled("b", (4,), dtype="float16") == [1] * 4
        for _ in range(2):  # replaced, not added up
            kv.push(["a", "b"], [[nd.ones((2, 3)) * (rank + 1)] * 2, nd.ones((4,), dtype="float16") * (rank + 1)])
            assert pulled("a", (2, 3)) == [[6] * 3] * 2 and pulled("b", (4,), dtype="float16") == [3] * 4
        mine = nd.ones((2, 3)) * rank
        kv.push("a", mine)
        mine[:] = 99
        assert pulled("a", (2, 3)) == [[1] * 3] * 2
        grads = [nd.ones((2, 3)) * rank, nd.ones((2, 3))]
        kv.pushpull("a", grads)
        assert [g.asnumpy().tolist() for g in grads] == [[[3] * 3] * 2] * 2
        alone = nd.ones((2, 3)) * rank
        kv.pushpull("a", alone)
        assert alone.asnumpy().tolist() == [[1] * 3] * 2
        out = nd.zeros((3,))
        kv.broadcast("c", nd.array([1, 2, 3]) + rank, out)
        assert out.asnumpy().tolist() == [1, 2, 3]
        kv._barrier()
    """)


def test_many_and_large_arrays():
    """More than is sent together, of several types, in memory of any order."""
    succeed("""
        shapes = [(3,), (1300, 1300), (2000, 2000), (7, 5), (1,)]
        types = ["float32", "float64", "float32", "int32", "float32"]
        values = [nd.ones(s, dtype=t) * (rank + 1) for s, t in zip(shapes, types)]
        values[1] = nd.array(np.arange(1300 * 1300).reshape(1300, 1300), dtype="float64").T * (rank + 1)
        keys = list(range(5))
        kv.init(keys, [nd.zeros(s, dtype=t) for s, t in zip(shapes, types)])
        kv.push(keys, values)
        for k, v in zip(keys, values):
            out = nd.zeros(v.shape, dtype=v.dtype)
            kv.pull(k, out=out)
            assert (out.asnumpy() == v.asnumpy() / (rank + 1) * 3).all(), k
    """)


def test_rows():
    """Row-sparse arrays: each worker has rows of its own, perhaps none."""
    succeed("""
        nothing = nd.sparse.zeros("row_sparse", (6, 2))
        kv.init("w", nd.array([[1] * 2] * 6).tostype("row_sparse") if rank == 0 else nothing)
        out = nd.sparse.zeros("row_sparse", (6, 2))
        kv.row_sparse_pull("w", out=out, row_ids=nd.array([5, 0]))
        assert out.indices.asnumpy().tolist() == [0, 5] and (out.data.asnumpy() == 1).all()
        kv.set_optimizer(mx.optimizer.SGD(learning_rate=1))
        rows = [0, 2] if rank == 0 else [2]
        kv.push("w", nd.sparse.row_sparse_array((np.ones((len(rows), 2)), rows), shape=(6, 2)))
        kv.push("w", nothing if rank else nd.sparse.row_sparse_array(([[3, 3]], [4]), shape=(6, 2)))
        kv.row_sparse_pull("w", out=out, row_ids=nd.arange(6))
        assert out.asnumpy()[:, 1].tolist() == [0, 1, -1, 1, -2, 1]
        try:
            kv.init("c", nd.array([[1]]).tostype("csr"))
        except mx.MXNetError as e:
            assert "csr" in str(e)
        else:
            raise AssertionError
    """)


def test_compression():
    succeed(
        """
        kv.set_gradient_compression({"type": "2bit", "threshold": 0.5})
        kv.init("w", nd.zeros((2,)))
        for given, sent in ((0.3, 0), (0.3, 1), (0.3, 0), (1, 1)):
            kv.push("w", nd.array([given, -given]))
            assert pulled("w", (2,)) == [sent, -sent]
        """,
        name="dist_device_sync",
    )


TRAINING = """
    rng = np.random.RandomState(0)
    x, y = rng.rand(4, 8, 3).astype("float64"), rng.randint(0, 2, (4, 8)).astype("float64")
    part = slice(rank * 8 // size, (rank + 1) * 8 // size)
    store = kv if size > 1 else "local"
    mx.random.seed(rank)

    def trained_by_trainer(on_store):
        net = gluon.nn.HybridSequential()
        net.add(gluon.nn.Dense(4, activation="tanh", in_units=3), gluon.nn.Dense(2, in_units=4))
        net.initialize()
        for i, p in enumerate(net.collect_params().values()):
            p.set_data(nd.array(np.random.RandomState(i).rand(*p.shape)))
        net.cast("float64")
        trainer = gluon.Trainer(
            net.collect_params(), "adam", {"learning_rate": 0.1},
            kvstore=mx.kv.create(store.type) if size > 1 else store, update_on_kvstore=on_store,
        )
        loss = gluon.loss.SoftmaxCrossEntropyLoss()
        for data, label in zip(x, y):
            with autograd.record():
                out = loss(net(nd.array(data[part], dtype="float64")), nd.array(label[part], dtype="float64"))
            out.backward()
            trainer.step(8)
        return [p.data().asnumpy().tolist() for p in net.collect_params().values()]

    def trained_by_module():
        out = mx.sym.FullyConnected(mx.sym.var("data"), num_hidden=2, name="fc")
        module = mx.mod.Module(mx.sym.SoftmaxOutput(out, name="softmax"))
        data = mx.io.NDArrayIter(x.reshape(-1, 3)[rank::size], y.reshape(-1)[rank::size], 8 // size)
        args = {"fc_weight": nd.array([[1, 2, 3], [3, 2, 1]]) * (rank + 1), "fc_bias": nd.array([0, 1])}
        module.fit(
            data, num_epoch=3, kvstore=store, arg_params=args, optimizer="sgd",
            optimizer_params={"learning_rate": 0.5, "momentum": 0.9},
        )
        return [v.asnumpy().tolist() for _, v in sorted(module.get_params()[0].items())]

    print([trained_by_trainer(None), trained_by_trainer(False), trained_by_module()])
"""


def test_training_is_that_of_one_process():
    """With the joint batch; modules begin with what the first worker has."""
    alone = "".join(f"{line}\n" for line in HEAD.splitlines() if "kv" not in line)
    code = alone + "rank, size = 0, 1\n" + textwrap.dedent(TRAINING)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    by_trainer, _, by_module = eval(done.stdout)
    for out in succeed(TRAINING):
        found = eval(out)
        for there, here in ((found[0], by_trainer), (found[1], by_trainer)):
            for a, b in zip(there, here):
                np.testing.assert_allclose(a, b, rtol=1e-12)
        for a, b in zip(found[2], by_module):
            np.testing.assert_allclose(a, b, rtol=1e-5)


@pytest.mark.parametrize(("launcher", "size"), [(dmlc, 3), (mpi, 2)])
def test_launchers(launcher, size):
    found = succeed(
        "kv.init(0, nd.zeros((1,)))\nkv.push(0, nd.ones((1,)))\nprint(rank, pulled(0, (1,)))", size, "dist", launcher
    )
    assert sorted(out.strip() for out in found) == [f"{rank} [{float(size)}]" for rank in range(size)]


def test_workers_that_disagree():
    """All of them are told; nothing is summed that does not belong together."""
    for code, words in (
        ("kv.push(['a', 'b'][rank], nd.ones((2,)))", "push '"),
        ("kv.init('c', nd.ones((2 + rank,)))", "init 'c'"),
    ):
        for status, _, err in run(f"kv.init(['a', 'b'], [nd.zeros((2,))] * 2)\n{code}"):
            assert status == 1
            assert "workers disagree: [1] do something else than worker 0" in err and words in err


def test_a_worker_that_ends():
    found = run(
        "kv.init('a', nd.zeros((2,)))\nif rank == 0:\n    kv.push('a', nd.ones((2,)))\n    kv.push('a', nd.ones((2,)))"
    )
    assert found[1][0] == 0 and found[0][0] == 1
    assert "MXNetError: kvstore: worker 0 of 2 cannot go on with push 'a': another worker has ended" in found[0][2]


def test_nothing_says_who_the_workers_are(monkeypatch):
    for names in _workers._NAMES.values():
        for name in names:
            monkeypatch.delenv(name, raising=False)
    with pytest.raises(mx.MXNetError, match="torchrun --nproc-per-node"):
        mx.kv.create("dist_sync")
    monkeypatch.setenv("DMLC_NUM_WORKER", "many")
    monkeypatch.setenv("DMLC_PS_ROOT_URI", "127.0.0.1")
    with pytest.raises(mx.MXNetError, match="DMLC_NUM_WORKER='many'"):
        mx.kv.create("dist_sync")


def test_asynchronous_stores_are_refused():
    with pytest.raises(mx.MXNetError, match="asynchronous updates are not there yet"):
        mx.kv.create("dist_async")


@pytest.mark.parametrize("role", ["server", "scheduler"])
def test_processes_that_are_no_workers_end(role):
    code = "import mxnet; print('goes on')"
    done = subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, "DMLC_ROLE": role}, capture_output=True, text=True
    )
    assert done.returncode == 0 and not done.stdout and role in done.stderr
