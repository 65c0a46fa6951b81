"""The soak's verdict: what grows is found, what is flat is not complained of."""

import os
import tempfile
import threading
from pathlib import Path

import pytest

from tests.soak.activities import ACTIVITIES, once
from tests.soak.measure import Sample, growth, sample

pytestmark = pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="reads /proc")
FLAT = Sample(300.0, 9, 1, 0, 0, 100_000)


def samples(step=None, rounds=30):
    """Samples whose fields grow by a step each round."""
    return [FLAT._replace(**{n: getattr(FLAT, n) + i * s for n, s in (step or {}).items()}) for i in range(rounds)]


def test_flat_levels():
    noisy = [s._replace(memory=s.memory + 10 * (i % 3), objects=s.objects + i) for i, s in enumerate(samples())]
    assert growth(samples()) == growth(noisy) == {}
    with pytest.raises(ValueError, match="too few"):
        growth(samples(rounds=5))


@pytest.mark.parametrize(
    "field, step",
    [("memory", 2.0), ("descriptors", 0.1), ("threads", 1), ("processes", 1), ("shared", 1), ("objects", 200)],
)
def test_growth_is_found(field, step):
    assert list(growth(samples({field: step}))) == [field]


def test_a_sample_sees_what_is_open():
    before = sample()
    ended = threading.Event()
    threads = [threading.Thread(target=ended.wait) for _ in range(2)]
    with tempfile.TemporaryFile():
        for t in threads:
            t.start()
        now = sample()
        ended.set()
    for t in threads:
        t.join()
    assert now.descriptors == before.descriptors + 1 and now.threads == before.threads + 2
    after = sample(before)
    assert (after.descriptors, after.threads) == (before.descriptors, before.threads)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("activity", ACTIVITIES, ids=lambda a: a.__name__)
def test_each_activity_leaves_nothing_behind(activity, tmp_path: Path):
    """A short soak of each one: descriptors, threads, processes."""
    for number in range(2):
        once(number, tmp_path, [activity])
    before = sample()
    once(2, tmp_path, [activity])
    after = sample(before)
    assert all(now <= then for now, then in zip(after[1:5], before[1:5]))
    assert not list(tmp_path.iterdir())
