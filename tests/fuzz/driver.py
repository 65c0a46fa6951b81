"""Running probes in child processes that are watched."""

from __future__ import annotations

import faulthandler
import mmap
import os
import pickle
import resource
import shutil
import signal
import struct
import sys
import tempfile
import time
import traceback
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from tests.fuzz.mutations import mutated
from tests.fuzz.probe import Outcome, probe
from tests.fuzz.reader import Reader

# Seconds of computing an input may take; and of waiting, which shows a deadlock.
SECONDS, PATIENCE = 2.0, 60.0
# An input may take this much memory, and this many times its own size.
MEMORY, TIMES = 64 << 20, 20
# When a child has grown by this much, another one goes on, so that each input is measured from about the same level.
_GROWTH = 16 << 20
# No input may reserve more than this: a reader must fail before the machine does.
_ADDRESS_SPACE = 4 << 30
# Inputs that are answered in a new way join the seeds, up to this many.
_CORPUS = 300
_MOST_FAULTS = 200
_CANDIDATES = {"hang": 12, "memory": 60}

# A child's state, which survives it: inputs begun, read, refused; length of the present input, and its bytes.
_STATE = struct.Struct("<4Q")
_RESTART = 3


@dataclass
class Fault:
    """An input that went wrong."""

    data: bytes
    outcome: Outcome


@dataclass
class Report:
    """What came of a reader's inputs."""

    reader: Reader
    inputs: int = 0
    read: int = 0
    refused: int = 0
    restarts: int = 0
    seconds: float = 0.0
    faults: dict[str, Fault] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)

    def add(self, fault: Fault) -> None:
        """Count a fault; the shortest input of each signature is kept."""
        signature = fault.outcome.signature
        self.counts[signature] += 1
        known = self.faults.get(signature)
        if known is None or len(fault.data) < len(known.data):
            self.faults[signature] = fault


def fuzz(reader: Reader, inputs: int, seed: int, seconds: float = SECONDS, warm: bool = True) -> Report:
    """Put mutated inputs through a reader, in children that may die of it."""
    report = Report(reader)
    began = time.perf_counter()
    seeds = reader.seeds()
    with _Folder() as folder:
        for data in seeds if warm else ():
            probe(reader, data, folder)  # what is imported now is not counted as an input's memory
        state = mmap.mmap(-1, _STATE.size + (1 << 20))
        while report.inputs < inputs and report.counts.total() < _MOST_FAULTS:
            state[: _STATE.size] = bytes(_STATE.size)
            pid = os.fork()
            if not pid:
                stream = f"{seed} {reader.name} {report.inputs}"
                _child(reader, seeds, inputs - report.inputs, stream, seconds, folder, state)
            status = _watch(pid, state)
            begun, read, refused, length = _STATE.unpack_from(state)
            report.inputs += begun
            report.read += read
            report.refused += refused
            for path in sorted(Path(folder).glob("*.fault")):
                report.add(pickle.loads(path.read_bytes()))
                path.unlink()
            if os.WIFSIGNALED(status):
                name = signal.Signals(os.WTERMSIG(status)).name
                kind = {"SIGPROF": "hang", "SIGKILL": "deadlock"}.get(name, f"crash {name}")
                report.add(Fault(state[_STATE.size : _STATE.size + length], Outcome(kind, kind)))
            elif os.WEXITSTATUS(status) == _RESTART:
                report.restarts += 1
            elif os.WEXITSTATUS(status):
                raise RuntimeError(f"the fuzzer itself failed for {reader.name}, see the traceback above")
    report.seconds = time.perf_counter() - began
    return report


class _Folder:
    """A folder in memory."""

    def __enter__(self) -> str:
        memory = Path("/dev/shm")
        self._path = tempfile.mkdtemp(prefix="fuzz-", dir=memory if memory.is_dir() else None)
        return self._path

    def __exit__(self, *_: object) -> None:
        shutil.rmtree(self._path, ignore_errors=True)


def _watch(pid: int, state: mmap.mmap) -> int:
    """Wait for a child; one that neither goes on nor computes is killed. Gives its status."""
    begun, since = -1, time.monotonic()
    try:
        while True:
            done, status = os.waitpid(pid, os.WNOHANG)
            if done:
                return status
            time.sleep(0.02)
            now, *_ = _STATE.unpack_from(state)
            if now != begun:
                begun, since = now, time.monotonic()
            elif time.monotonic() - since > PATIENCE:
                os.kill(pid, signal.SIGKILL)
    except KeyboardInterrupt:
        os.kill(pid, signal.SIGKILL)
        raise


def _child(
    reader: Reader, seeds: list[bytes], inputs: int, seed: str, seconds: float, folder: str, state: mmap.mmap
) -> None:
    """Probe inputs until they are done, or memory has grown. Never returns."""
    code = 1
    try:
        code = _probe_all(reader, seeds, inputs, seed, seconds, folder, state)
    except BaseException:  # noqa: BLE001 - told, and then the process ends whatever it is
        traceback.print_exc(file=sys.stdout)
        sys.stdout.flush()
    finally:
        os._exit(code)


def _probe_all(
    reader: Reader, seeds: list[bytes], inputs: int, seed: str, seconds: float, folder: str, state: mmap.mmap
) -> int:
    _limit_address_space()
    faulthandler.disable()  # tests switch it on, and a crash is what is looked for
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # decoders complain there
    signal.signal(signal.SIGPROF, signal.SIG_DFL)  # the kernel ends what does not come back, even in C code
    corpus, rng = list(seeds), Random(seed)
    known: set[str] = set()
    read = refused = faults = 0
    base = _peak()
    for i in range(inputs):
        data = mutated(rng.choice(corpus), reader.mutations, rng, seeds)
        _STATE.pack_into(state, 0, i + 1, read, refused, len(data))
        state[_STATE.size : _STATE.size + len(data)] = data
        before = _peak()
        signal.setitimer(signal.ITIMER_PROF, seconds)
        outcome = probe(reader, data, folder)
        signal.setitimer(signal.ITIMER_PROF, 0)
        peak = _peak()
        if not outcome.is_fault and peak - before > MEMORY + TIMES * len(data):
            outcome = Outcome("memory", f"memory {outcome.signature}", f"{(peak - before) >> 20} MB")
        if outcome.is_fault:
            Path(folder, f"{i}.fault").write_bytes(pickle.dumps(Fault(data, outcome)))
            faults += 1
        elif outcome.kind == "read":
            read += 1
        else:
            refused += 1
        if outcome.signature not in known and len(corpus) < _CORPUS:
            known.add(outcome.signature)
            if not outcome.is_fault and len(data) < 4096:
                corpus.append(data)
        if peak - base > _GROWTH or faults >= _MOST_FAULTS:
            _STATE.pack_into(state, 0, i + 1, read, refused, 0)
            return _RESTART
    _STATE.pack_into(state, 0, inputs, read, refused, 0)
    return 0


def _limit_address_space() -> None:
    with open("/proc/self/statm") as file:
        size = int(file.read().split()[0]) * resource.getpagesize()
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (size + _ADDRESS_SPACE, hard))


def _peak() -> int:
    """The most memory that this process has had, in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10


# ---------------------------------------------------------------------- making inputs small


def outcome_of(reader: Reader, data: bytes, seconds: float = SECONDS) -> Outcome:
    """What comes of an input, in a child of its own."""
    single = Reader(reader.name, lambda: [data], reader.read, (lambda d, *_: d,), reader.errors)
    report = fuzz(single, 1, 0, seconds, warm=False)
    if report.faults:
        return next(iter(report.faults.values())).outcome
    return Outcome("read" if report.read else "refused")


def minimized(reader: Reader, fault: Fault, seconds: float = SECONDS) -> bytes:
    """A shorter input with the same fault: pieces are left out, then bytes are made zero, as long as it stays."""
    left = _CANDIDATES.get(fault.outcome.kind, 200)
    data = fault.data

    def same(candidate: bytes) -> bool:
        nonlocal left
        left -= 1
        return outcome_of(reader, candidate, seconds).signature == fault.outcome.signature

    if not same(data):
        return data  # it takes more than this input
    size = max(1, len(data) // 2)
    while left > 0:
        at, shorter = 0, False
        while at < len(data) and left > 0:
            candidate = data[:at] + data[at + size :]
            if same(candidate):
                data, shorter = candidate, True
            else:
                at += size
        if size == 1 and not shorter:
            break
        size = size if shorter and size == 1 else max(1, size // 2)
    return data
