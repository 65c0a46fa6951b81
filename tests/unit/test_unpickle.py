"""Optimizer states are unpickled without trusting them."""

import json
import pickle
import pickletools
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mxnet as mx
from mxnet.optimizer._saved import loads
from tests.conftest import SHARED, needs_shared

FOLDER = SHARED / "fixtures" / "optimizer"
STATES = sorted(p.name for p in FOLDER.glob("*.states")) if FOLDER.is_dir() else []


def flat(state):
    """The arrays of nested states, in order."""
    if state is None:
        return []
    return [x for part in state for x in flat(part)] if isinstance(state, (tuple, list)) else [state]


@needs_shared
@pytest.mark.parametrize("name", STATES)
def test_states_of_mxnet(name):
    manifest = json.loads((SHARED / "fixtures" / "manifest.json").read_text())["files"]
    states = loads((FOLDER / name).read_bytes())
    optimizer = None
    if isinstance(states, tuple):
        states, optimizer = states
    assert (optimizer is not None) == manifest.get(f"optimizer/{name}", {}).get("holds_optimizer", False)
    if optimizer is not None:
        assert isinstance(optimizer, mx.optimizer.Optimizer)
        kind = manifest[f"optimizer/{name}"]["optimizer"]
        assert type(optimizer) is type(mx.optimizer.create(kind))
    recorded = FOLDER / name.replace(".states", "-states.npz")
    if recorded.exists():
        with np.load(recorded) as expected:
            found = {f"{i}:{j}": x for i, state in states.items() for j, x in enumerate(flat(state))}
            assert set(found) == set(expected)
            for key in expected:
                np.testing.assert_array_equal(found[key].asnumpy(), expected[key])
                assert found[key].dtype == expected[key].dtype


class Scheduler(mx.lr_scheduler.LRScheduler):
    """A user's own."""

    def __call__(self, num_update):
        return 0.5


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_what_states_hold_in_every_protocol(protocol):
    optimizer = mx.optimizer.create("sgd", wd=np.float64(0.25), lr_scheduler=Scheduler())
    states = {0: None, "b": (mx.nd.array([1, 2]), [mx.nd.ones((2,)).tostype("row_sparse")])}
    found, other = loads(pickle.dumps((states, optimizer), protocol))
    assert found[0] is None and found["b"][0].asnumpy().tolist() == [1, 2]
    assert found["b"][1][0].stype == "row_sparse"
    assert type(other) is type(optimizer) and type(other.lr_scheduler) is Scheduler
    assert other.lr_scheduler(1) == 0.5 and other.wd == 0.25


class Evil:
    def __init__(self, function, *args):
        self.call = function, args

    def __reduce__(self):
        return self.call


def touched(path):
    path.touch()


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_nothing_else_is_called(protocol, tmp_path):
    data = pickle.dumps({0: Evil(touched, tmp_path / "x")}, protocol)
    with pytest.raises(mx.MXNetError, match="refers to .*touched|refers to pathlib"):
        loads(data)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "source",
    [
        b"cos\nsystem\n(S'true'\ntR.",
        b"cbuiltins\neval\n(S'1'\ntR.",
        b"cmxnet.test_utils\ndownload\n(S'x'\ntR.",
        b"cmxnet.optimizer.optimizer\nos\n.",
        b"cmxnet.ndarray.ndarray\nNDArray.save\n.",
        b"(cos\nsystem\nS'true'\no.",
        b"(S'true'\nios\nsystem\n.",
        b"Pperson\n.",
        b"\x82\x01.",
    ],
)
def test_known_attacks(source):
    with pytest.raises(mx.MXNetError, match="cannot read optimizer states"):
        loads(source)


def test_numbers_allocate_nothing():
    for source in (
        b"cbuiltins\nbytearray\n(I1000000000000\ntR.",  # bytearray(10**12)
        b"\x80\x05\x96" + (10**15).to_bytes(8, "little") + b"ab.",  # BYTEARRAY8
        b"\x80\x04\x8e" + (10**15).to_bytes(8, "little") + b"ab.",  # BINBYTES8
        b"\x80\x04\x95" + (10**15).to_bytes(8, "little") + b"N.",  # FRAME
    ):
        try:
            loads(source)
        except mx.MXNetError:
            continue
        assert source.endswith((b"ab.", b"N."))
    assert loads(b"Nr\xff\xff\xff\x7f.") is None  # LONG_BINPUT makes the C unpickler allocate for 2**31 entries


def test_classes_cannot_be_changed():
    before = dict(vars(mx.optimizer.SGD))
    with pytest.raises(mx.MXNetError, match="changes a class"):
        loads(b"cmxnet.optimizer.optimizer\nSGD\n(N(S'update'\nNdtb.")
    assert dict(vars(mx.optimizer.SGD)) == before


VALID = pickle.dumps({0: (mx.nd.ones((2,)), None), 1: mx.nd.zeros((3,))}, 4)


@given(st.lists(st.tuples(st.integers(0, len(VALID) - 1), st.integers(0, 255)), max_size=4), st.integers(1, len(VALID)))
@settings(max_examples=300, deadline=None)
def test_damaged_states(edits, length):
    data = bytearray(VALID)
    for place, byte in edits:
        data[place] = byte
    try:
        loads(bytes(data[:length]))
    except mx.MXNetError as e:
        assert "cannot read" in str(e)


def test_updater_uses_it():
    updater = mx.optimizer.get_updater(mx.optimizer.create("sgd"))
    with pytest.raises(mx.MXNetError, match="system"):
        updater.set_states(b"cos\nsystem\n(S'true'\ntR.")


def test_own_states_name_mxnets_modules():
    """So that MXNet can read them."""
    data = pickle.dumps(mx.optimizer.create("sgd", lr_scheduler=mx.lr_scheduler.FactorScheduler(2)), 4)
    words = [arg for op, arg, _ in pickletools.genops(data) if op.name == "SHORT_BINUNICODE"]
    assert "mxnet.optimizer.optimizer" in words and "mxnet.lr_scheduler" in words


# ---------------------------------------------------------------------- work and memory

NESTED = 200_000
SHARED_TUPLES = b"\x80\x04}(" + b"N\x85" + b"2\x86" * 40 + b"Nu."
COLLIDING = b"}(" + b"".join(pickle.dumps((2**61 - 1) * i, 2)[2:-1] + b"N" for i in range(20_000)) + b"u."
BOMBS = {
    "tuples nested deeply": b"}(" + b")" + b"\x85" * NESTED + b"Nu.",
    "nested tuple as a value": b")" + b"\x85" * NESTED + b".",
    "nested lists": b"]" * NESTED + b"a" * (NESTED - 1) + b".",
    "nested dicts": b"}" + b"K\x00}" * NESTED + b"s" * NESTED + b".",
    "shared tuples as a key": SHARED_TUPLES,
    "shared tuples as a value": b"N\x85" + b"2\x86" * 60 + b".",
    "shared lists": b"](Ne" + b"q\x00](h\x00h\x00e" * 60 + b".",
    "shared tuples in a set": b"\x80\x04\x8f(" + b"N\x85" + b"2\x86" * 40 + b"\x90.",
    "shared tuples in a frozenset": b"\x80\x04(" + b"N\x85" + b"2\x86" * 40 + b"\x91.",
    "shared tuples in set()": b"\x80\x02cbuiltins\nset\n](" + b"N\x85" + b"2\x86" * 40 + b"e\x85R.",
    "shared tuples in OrderedDict()": b"\x80\x02ccollections\nOrderedDict\n]("
    + b"N\x85"
    + b"2\x86" * 40
    + b"N\x86e\x85R.",
    "shared tuples as a class": b"\x80\x02N\x85" + b"2\x86" * 40 + b")\x81.",
    "shared tuples as a NumPy type": b"\x80\x02cnumpy\ndtype\nN\x85" + b"2\x86" * 40 + b"\x85R.",
    "a list that contains itself": b"]q\x00h\x00a.",
    "colliding keys": COLLIDING,
    "a number of a million digits": b"I" + b"9" * 1_000_000 + b"\n.",
    "a long number of a megabyte": b"\x8b" + (1 << 20).to_bytes(4, "little") + b"\x7f" * (1 << 20) + b".",
    "copies of bytes": b"\x80\x04cbuiltins\nbytearray\nq\x00B"
    + (1 << 20).to_bytes(4, "little")
    + b"x" * (1 << 20)
    + b"\x85q\x01]("
    + b"h\x00h\x01R" * 100_000
    + b"e.",
    "copies of text": b"\x80\x04c_codecs\nencode\nq\x00X"
    + (1 << 20).to_bytes(4, "little")
    + b"x" * (1 << 20)
    + b"\x85q\x01]("
    + b"h\x00h\x01R" * 100_000
    + b"e.",
    "empty sets": b"\x80\x04](" + b"\x8f" * 1_000_000 + b"e.",
    "marks": b"(" * 4_000_000,
    "memo": b"\x80\x04N" + b"\x94" * 4_000_000 + b".",
    "classes": b"0".join([b"cmxnet.optimizer.optimizer\nSGD\n"] * 30_000) + b".",
    "NumPy type of many parts": b"cnumpy\ndtype\n(V" + b"i8," * 300_000 + b"\nI0\nI1\ntR.",
    "no end": b"N" * 1000,
    "empty": b"",
    "empty stack": b"\x85.",
    "no mark": b"Nt.",
    "value below a mark": b"N(\x85.",
    "odd items": b"}(Nu.",
    "items of a number": b"K\x00Na.",
    "a key that is a list": b"}]Ns.",
    "a class as a value": b"}K\x00cmxnet.optimizer.optimizer\nSGD\ns.",
    "an array without content": b"}K\x00cmxnet.ndarray.ndarray\nNDArray\n(NtRs.",
    "an array made of text": b"cmxnet.ndarray.ndarray\nNDArray\n(NtR}X\x06\x00\x00\x00handleVx\nsb.",
    "an array as arguments": b"cmxnet.optimizer.optimizer\nSGD\ncmxnet.ndarray.ndarray\nNDArray\n(NtRR.",
    "an optimizer made by a call": b"cmxnet.optimizer.optimizer\nSGD\n(K\x00tR.",
    "a method of an optimizer": b"\x80\x02cmxnet.optimizer.optimizer\nSGD\n)\x81}X\x06\x00\x00\x00updateNsb.",
    "the class of an optimizer": b"\x80\x02cmxnet.optimizer.optimizer\nSGD\n)\x81}X\x09\x00\x00\x00__class__Nsb.",
}


WATCHED = """
import pickle, sys, time
import mxnet as mx
from mxnet.optimizer._saved import loads

def peak():
    with open("/proc/self/status") as lines:
        return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))

try: loads(b"]K")
except mx.MXNetError: pass
for name, data in pickle.load(sys.stdin.buffer).items():
    with open("/proc/self/clear_refs", "w") as file:
        file.write("5")  # the peak starts anew
    before, start = peak(), time.process_time()
    try:
        print(name, "gave", type(loads(data)))
    except mx.MXNetError as e:
        if not ("cannot read" in str(e) and len(str(e)) < 500): print(name, e)
    seconds, memory = time.process_time() - start, peak() - before
    if seconds > 4 or memory > 64 * 1024 + 20 * len(data) / 1024:
        print(name, "took", seconds, "s", memory, "kB")
    print(name, seconds, memory, file=sys.stderr)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_bounded_work_and_memory():
    """In a process of its own, which may not crash, take long, or take more memory than allowed."""
    done = subprocess.run([sys.executable, "-c", WATCHED], input=pickle.dumps(BOMBS), capture_output=True, timeout=120)
    assert (done.returncode, done.stdout.decode()) == (0, ""), done.stderr.decode()[-500:]
