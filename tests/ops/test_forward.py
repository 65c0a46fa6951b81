"""Every sample row gives what MXNet 1.9.1 gave."""

import mxnet as mx

from . import runner
from .support import as_text, assert_same, recorded, select


def _outputs(results):
    return {name: a for name, a in results.items() if not name.startswith("grad")}


@select(lambda r: r.golden and not r.raises)
def test_like_mxnet(family, row, ctx):
    """Values, shapes, types and storage of the outputs, and which inputs changed to what."""
    assert_same(runner.forward(mx, row, ctx), _outputs(recorded(family, row)), row)


@select(lambda r: r.params and r.golden and not r.raises)
def test_parameters_as_strings(family, row, ctx):
    """Parameters given as strings, as in JSON files, mean the same."""
    texts = {name: as_text(value) for name, value in row.params.items()}
    assert_same(runner.forward(mx, row, ctx, texts), runner.forward(mx, row, ctx), row, rtol=0, atol=0)


@select(lambda r: not r.golden and not r.raises)
def test_runs(family, row, ctx):
    """Rows without a recording run at least."""
    results = runner.forward(mx, row, ctx)
    assert any(name.startswith(("out", "after")) for name in results)
