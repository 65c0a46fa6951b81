"""Garbage collection may run anywhere, in the very code that holds a lock: finalizers take none, and do not wait."""

import ast
import gc
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

import mxnet as mx
from mxnet._core.threads import Workers
from tests.meta.sources import PACKAGE

SCRIPT = """
import concurrent.futures, faulthandler, gc, multiprocessing, os, sys, threading, warnings
import numpy as np, mxnet as mx
faulthandler.dump_traceback_later(60, exit=True)
warnings.simplefilter("ignore")
path = sys.argv[1]

def images():
    return mx.io.ImageRecordIter(path_imgrec=path, data_shape=(3, 8, 8), batch_size=2, preprocess_threads=2)

def prefetching():
    return mx.io.PrefetchingIter(mx.io.NDArrayIter(np.zeros((8, 2)), batch_size=2))

def loader(**kwargs):
    found = mx.gluon.data.DataLoader(mx.gluon.data.SimpleDataset(list(range(8))), 2, num_workers=2, **kwargs)
    iter(found).__next__()
    return found

MAKERS = {"images": images, "prefetching": prefetching, "threads": lambda: loader(thread_pool=True),
          "processes": loader, "store": lambda: mx.kv.create("local")}
make = MAKERS[sys.argv[2]]

def drop_in_a_cycle():
    cycle = [make()]
    cycle.append(cycle)

# Collect wherever a thread is started or waited for, and wherever a lock of a pool is held.
class Collecting:
    def __init__(self, lock): self.lock = lock
    def __enter__(self):
        self.lock.__enter__()
        gc.collect()
    def __exit__(self, *args): return self.lock.__exit__(*args)
    def __getattr__(self, name): return getattr(self.lock, name)

gc.disable()
started = threading.Thread.start
def start(self):
    gc.collect()
    started(self)
    gc.collect()
threading.Thread.start = start
import concurrent.futures.thread as pools
pools._global_shutdown_lock = Collecting(pools._global_shutdown_lock)
for _ in range(5):
    drop_in_a_cycle()
    held = make()
    drop_in_a_cycle()
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        pool.submit(int).result()
    del held
print("done")
"""


@pytest.fixture(scope="module")
def records(tmp_path_factory):
    pytest.importorskip("cv2")
    path = str(tmp_path_factory.mktemp("records") / "x.rec")
    writer = mx.recordio.MXRecordIO(path, "w")
    image = np.zeros((8, 8, 3), np.uint8)
    for i in range(8):
        writer.write(mx.recordio.pack_img(mx.recordio.IRHeader(0, float(i), i, 0), image))
    writer.close()
    return path


@pytest.mark.parametrize("kind", ["images", "prefetching", "threads", "processes", "store"])
def test_collection_while_threads_start(kind, records):
    done = subprocess.run([sys.executable, "-c", SCRIPT, records, kind], capture_output=True, timeout=120, text=True)
    assert done.stdout == "done\n", done.stderr[-2000:]


def threads_like(name):
    return [t for t in threading.enumerate() if t.name.startswith(name)]


def ended(name, seconds=20):
    deadline = time.monotonic() + seconds
    while threads_like(name) and time.monotonic() < deadline:
        time.sleep(0.01)
    return not threads_like(name)


def test_dropped_iterators_end_their_threads(records):
    for _ in range(3):
        it = mx.io.ImageRecordIter(path_imgrec=records, data_shape=(3, 8, 8), batch_size=2, preprocess_threads=2)
        it.next()
        del it
        it = mx.io.PrefetchingIter(mx.io.NDArrayIter(np.zeros((8, 2)), batch_size=2))
        it.next()
        del it
    gc.collect()
    assert ended("mxnet-images") and ended("PrefetchingIter")


def test_workers():
    workers = Workers(3, "test-workers")
    assert [f.result(20) for f in [workers.submit(pow, 2, i) for i in range(20)]] == [2**i for i in range(20)]
    with pytest.raises(ZeroDivisionError):
        workers.submit(lambda: 1 / 0).result(20)
    workers.close()
    workers.close()
    with pytest.raises(RuntimeError, match="ended"):
        workers.submit(int)
    workers.join(20)
    assert not threads_like("test-workers")
    Workers(2, "test-dropped")
    gc.collect()
    assert ended("test-dropped")


@pytest.mark.skipif(not hasattr(__import__("os"), "fork"), reason="forks")
def test_threads_stay_in_the_parent(records):
    script = (
        "import multiprocessing, sys, mxnet as mx\n"
        "it = mx.io.ImageRecordIter(path_imgrec=sys.argv[1], data_shape=(3, 8, 8), batch_size=2); it.next()\n"
        "def child(q):\n"
        "    try: it.next()\n"
        "    except Exception as e: q.put(str(e))\n"
        "context = multiprocessing.get_context('fork'); q = context.Queue()\n"
        "p = context.Process(target=child, args=(q,)); p.start(); print(q.get(timeout=30)); p.join(30)\n"
    )
    done = subprocess.run([sys.executable, "-c", script, records], capture_output=True, timeout=120, text=True)
    assert "made before a fork" in done.stdout, done.stderr[-2000:]


def test_no_finalizer_shuts_down_a_pool_or_takes_a_lock():
    """In all ``__del__`` methods: no ``with``, no call of what waits."""
    waiting = {"join", "shutdown", "acquire", "wait", "result", "cancel"}
    wrong = []
    for path in Path(PACKAGE).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef) and node.name == "__del__":
                for part in ast.walk(node):
                    called = (
                        part.func.attr if isinstance(part, ast.Call) and isinstance(part.func, ast.Attribute) else ""
                    )
                    if isinstance(part, ast.With) or called in waiting:
                        wrong.append(f"{path.name}:{part.lineno}")
    assert not wrong
