"""Workers of a DataLoader that die: who has to hear of it, who must not, and what is left behind."""

import gc
import multiprocessing
import os
import re
import signal
import sys
from multiprocessing import shared_memory
from pathlib import Path

import pytest

import mxnet as mx
from mxnet.gluon import data as gd
from mxnet.gluon.data import _processes, _transport
from tests.unit.test_gluon_data import Doing, Numbers, descriptors


def firsts(loader):
    """The number of the first sample of every batch."""
    return [int(y.asnumpy()[0]) for _, y in loader]


@pytest.mark.parametrize(
    ("fn", "how"),
    [
        (lambda: os.kill(os.getpid(), signal.SIGKILL), r"killed by signal 9 \(SIGKILL\)"),
        (lambda: sys.exit(3), "exited with code 3"),
    ],
    ids=["killed", "exit"],
)
def test_dead_worker(fn, how):
    loader = gd.DataLoader(Doing(fn), 2, num_workers=2)
    for _ in range(2):
        with pytest.raises(mx.MXNetError, match=how + ".* while reading sample 5"):
            list(loader)
    assert next(iter(loader)).asnumpy().tolist() == [0, 1]


def test_idle_worker_is_replaced():
    loader = gd.DataLoader(Numbers(40), 4, num_workers=2)
    assert len(list(loader)) == 10
    for worker in loader._worker_pool._workers:
        os.kill(worker.process.pid, signal.SIGKILL)
        worker.process.join()
    assert firsts(loader) == list(range(0, 40, 4))


def test_worker_killed_between_batches_loses_nothing_else():
    loader = gd.DataLoader(Numbers(400, (100, 50)), 4, num_workers=2, prefetch=20)
    iterator = iter(loader)
    seen = [int(next(iterator)[1].asnumpy()[0]) for _ in range(3)]
    os.kill(loader._worker_pool._workers[0].process.pid, signal.SIGKILL)
    try:
        seen += [int(y.asnumpy()[0]) for _, y in iterator]
        assert seen == list(range(0, 400, 4))
    except mx.MXNetError as e:  # it was at work
        assert "SIGKILL" in str(e) and "sample" in str(e)
    assert len(list(loader)) == 100


def test_worker_killed_before_its_first_task_is_replaced():
    loader = gd.DataLoader(Numbers(40), 4, num_workers=2)
    for worker in loader._worker_pool._workers:
        os.kill(worker.process.pid, signal.SIGKILL)
        worker.process.join()
    assert firsts(loader) == list(range(0, 40, 4))


@pytest.mark.parametrize("shape", [(3,), (100, 50)], ids=["small", "blocks"])
def test_worker_killed_right_after_sending(monkeypatch, shape):
    send = _transport.Sender.send

    def send_and_die(self, value):
        send(self, value)
        os.kill(os.getpid(), signal.SIGKILL)

    monkeypatch.setattr(_transport.Sender, "send", send_and_die)
    loader = gd.DataLoader(Numbers(40, shape), 4, num_workers=2)
    for _ in range(2):
        assert firsts(loader) == list(range(0, 40, 4))


def test_result_sent_just_before_the_end_counts(monkeypatch):
    asked = multiprocessing.get_context("fork").Event()

    class Late(Numbers):
        def __getitem__(self, i):
            assert i < 4 or asked.wait(60)
            return super().__getitem__(i)

    loader = gd.DataLoader(Late(8), 4, num_workers=1)
    (worker,) = loader._worker_pool._workers
    first = worker.process

    def is_alive():
        """The process sends one more result, and dies, while the parent asks."""
        monkeypatch.undo()
        asked.set()
        assert worker.connection.poll(60)
        first.kill()
        first.join()
        return False

    monkeypatch.setattr(first, "is_alive", is_alive)
    assert firsts(loader) == [0, 4]
    assert loader._worker_pool._workers[0] is not worker


@pytest.mark.parametrize(
    ("fn", "how", "starts"),
    [
        (lambda: os.kill(os.getpid(), signal.SIGKILL), r"killed by signal 9 \(SIGKILL\)", _processes._MOST_STARTS),
        (lambda: os._exit(3), "exited with code 3", 1),
    ],
    ids=["killed", "exit"],
)
def test_workers_that_cannot_begin_are_not_tried_for_ever(monkeypatch, fn, how, starts):
    settle = _processes._settle
    monkeypatch.setattr(_processes, "_settle", lambda setup: fn())
    loader = gd.DataLoader(Numbers(4), 4, num_workers=1)
    begun = []
    start = _processes.ProcessPool._start
    monkeypatch.setattr(_processes.ProcessPool, "_start", lambda self, i: begun.append(i) or start(self, i))
    with pytest.raises(mx.MXNetError, match=how + ".* while starting, to load samples 0, 1, 2, 3"):
        list(loader)
    assert len(begun) == starts
    monkeypatch.setattr(_processes, "_settle", settle)
    with pytest.raises(mx.MXNetError, match="while starting"):  # the last one was started before
        list(loader)
    assert firsts(loader) == [0]


@pytest.fixture
def left_here(monkeypatch):
    """New files in shared memory whose names are those that this process, or a worker that it starts, gives them."""
    tag = f"m{os.getpid()}-"
    monkeypatch.setitem(multiprocessing.current_process()._config, "semprefix", f"/{tag}mp")
    monkeypatch.setattr(shared_memory, "_SHM_NAME_PREFIX", f"/{tag}")
    before = set(os.listdir("/dev/shm"))
    pids = [os.getpid()]
    start = _processes.ProcessPool._start

    def noted(self, i):
        worker = start(self, i)
        pids.append(worker.process.pid)
        return worker

    monkeypatch.setattr(_processes.ProcessPool, "_start", noted)

    def names():
        # torch's files (torch_PID_...) and those of multiprocessing's arrays (pym-PID-...) tell by themselves.
        ours = re.compile("|".join([tag, *[rf"(?<![0-9]){pid}(?![0-9])" for pid in pids]]))
        return [name for name in os.listdir("/dev/shm") if name not in before and ours.search(name)]

    return names


@pytest.mark.skipif(not os.path.isdir("/dev/shm"), reason="looks into /dev/shm")
def test_files_left_here_are_seen(left_here):
    """Guards the test below against seeing nothing."""
    memory = shared_memory.SharedMemory(create=True, size=8)
    assert len(left_here()) == 1
    memory.close()
    memory.unlink()
    lock = multiprocessing.get_context("spawn").Lock()
    assert len(left_here()) == 1
    del lock
    list(gd.DataLoader(Doing(lambda: Path(f"/dev/shm/torch_{os.getpid()}_0").touch()), 2, num_workers=1))
    (name,) = left_here()
    Path("/dev/shm", name).unlink()
    other = Path(f"/dev/shm/torch_1{os.getpid()}_0")
    other.touch()
    assert not left_here()
    other.unlink()


@pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="counts descriptors in /proc")
def test_nothing_is_left_behind(left_here):
    def use():
        loader = gd.DataLoader(Numbers(60, (100, 50)), 4, num_workers=3)
        pids = [w.process.pid for w in loader._worker_pool._workers]
        list(loader)
        kept = next(iter(loader))
        with pytest.raises(mx.MXNetError):
            list(gd.DataLoader(Doing(lambda: os.kill(os.getpid(), signal.SIGKILL)), 2, num_workers=1))
        assert kept[1].asnumpy().tolist() == [0, 1, 2, 3]
        return pids

    use()
    gc.collect()
    before = descriptors()
    for _ in range(2):
        pids = use()
        gc.collect()
        assert not any(os.path.exists(f"/proc/{pid}") for pid in pids)
    assert descriptors() == before
    assert not left_here()
    assert not multiprocessing.active_children()
