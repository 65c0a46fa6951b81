"""A few inputs through every reader, the same in each run; and that the fuzzer notices what it is there for."""

from __future__ import annotations

import os
import random

import pytest

from mxnet import MXNetError
from tests.fuzz.driver import Fault, fuzz, minimized, outcome_of
from tests.fuzz.mutations import BYTES, JSON, LONGEST, PICKLE, TEXT, mutated
from tests.fuzz.probe import LONGEST_MESSAGE, probe
from tests.fuzz.reader import Reader
from tests.fuzz.readers import READERS

_INPUTS = 150


@pytest.mark.parametrize("reader", READERS, ids=[r.name for r in READERS])
def test_reader(reader, tmp_path):
    """Good inputs are read; mutated ones are read or refused."""
    seeds = reader.seeds()
    assert any(probe(reader, data, str(tmp_path)).kind == "read" for data in seeds)
    rng = random.Random(reader.name)
    for _ in range(max(20, _INPUTS * reader.weight // 10)):
        data = mutated(rng.choice(seeds), reader.mutations, rng, seeds)
        outcome = probe(reader, data, str(tmp_path))
        assert not outcome.is_fault, f"{data!r}: {outcome.signature}\n{outcome.detail}"


# ---------------------------------------------------------------------- the fuzzer itself


def _reader(read, **options):
    return Reader("made up", lambda: [b"seed"], lambda data, _: read(data), BYTES, **options)


def _hang(_):
    while True:
        pass


def _raise(error):
    raise error


def _hog(_):
    return bytearray(200 << 20)


def _deep(data):
    return _deep(data) + 1


class _PrivateError(MXNetError):
    pass


@pytest.mark.parametrize(
    ("read", "kind"),
    [
        (lambda _: os.abort(), "crash SIGABRT"),
        (_hang, "hang"),
        (_hog, "memory"),
        (lambda _: bytearray(1 << 46), "memory"),
        (lambda _: {}["key"], "KeyError"),
        (_deep, "RecursionError"),
        (lambda _: _raise(MXNetError("x" * LONGEST_MESSAGE * 2)), "long message"),
        (lambda _: _raise(_PrivateError("x")), "private error"),
    ],
)
def test_faults_are_noticed(read, kind):
    outcome = outcome_of(_reader(read), b"input", seconds=0.3 if kind == "hang" else 10)
    assert outcome.is_fault and outcome.kind == kind


def test_what_is_no_fault():
    assert outcome_of(_reader(lambda _: None), b"input").kind == "read"
    assert outcome_of(_reader(lambda _: _raise(MXNetError("no"))), b"input").kind == "refused"
    assert outcome_of(_reader(lambda _: _raise(OSError("no"))), b"input").is_fault
    assert outcome_of(_reader(lambda _: _raise(OSError("no")), errors=(OSError,)), b"input").kind == "refused"


def test_counts_and_restarts():
    """A child that dies of an input is followed by another, and all inputs are counted."""
    report = fuzz(_reader(lambda data: os.abort() if b"s" not in data else None), 40, seed=1)
    assert report.inputs == 40
    assert report.read + report.counts["crash SIGABRT"] == 40
    assert report.counts["crash SIGABRT"] > 0 and b"s" not in report.faults["crash SIGABRT"].data


def test_inputs_are_made_small():
    reader = _reader(lambda data: _raise(KeyError("no")) if b"bad" in data else None)
    data = b"long before" * 5 + b"bad" + b"long after" * 5
    fault = Fault(data, outcome_of(reader, data))
    assert minimized(reader, fault) == b"bad"


@pytest.mark.parametrize("mutations", [BYTES, TEXT, JSON, PICKLE], ids=["bytes", "text", "json", "pickle"])
def test_mutations_change_inputs(mutations):
    rng = random.Random(0)
    for seed in (b"", b"\0", b'{"a": [1, {"b": "c"}]}', b"1,2\n3,4\n", b"\x80\x04}\x94K\x00N\x86s."):
        made = {mutated(seed, mutations, rng, [seed, b"other"]) for _ in range(200)}
        assert len(made) > 20 or not seed
        assert max(map(len, made)) <= LONGEST
