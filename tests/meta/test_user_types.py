"""A type checker over a user's script: it accepts what is right, and sees what is misspelled."""

import subprocess
import sys

import pytest

from tests.conftest import ROOT

SCRIPT = ROOT / "tests" / "meta" / "typed" / "script.py"
# Into the script, each in the place of the text before it; what the checker has to say about it.
MISTAKES = {
    "operator argument": (
        'act_type="relu"',
        'act_typ="relu"',
        'Unexpected keyword argument "act_typ" for "Activation"',
    ),
    "symbol argument": ("grad_scale=", "gradscale=", 'Unexpected keyword argument "gradscale" for "SoftmaxOutput"'),
    "method argument": ("keepdims=True)\n    z", "keepdim=True)\n    z", 'Unexpected keyword argument "keepdim"'),
    "operator": ("nd.dot(", "nd.dto(", 'Module has no attribute "dto"'),
    "np function": ("np.where(", "np.were(", 'Module has no attribute "were"'),
    "np argument": ("size=(2,)", "shape=(2,)", 'Unexpected keyword argument "shape" for "uniform"'),
    "npx argument": (".T, axis=-1", ".T, axes=-1", 'Unexpected keyword argument "axes" for "softmax"'),
}


def complaints(*paths):
    """What mypy says about scripts, without what it says about the package."""
    command = [sys.executable, "-m", "mypy", "--config-file", "", "--follow-imports", "silent", "--no-error-summary"]
    done = subprocess.run(
        [*command, "--cache-dir", str(ROOT / ".mypy_cache" / "scripts"), *map(str, paths)],
        cwd=SCRIPT.parent, env={"MYPYPATH": str(ROOT / "src"), "PATH": ""}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert not done.stderr, done.stderr
    return done.stdout.splitlines()


@pytest.mark.slow
def test_what_a_type_checker_says(tmp_path):
    text = SCRIPT.read_text(encoding="utf-8")
    wrong = {}
    for name, (right, misspelled, _) in MISTAKES.items():
        assert text.count(right) == 1, name
        wrong[name] = tmp_path / f"{name.replace(' ', '_')}.py"
        wrong[name].write_text(text.replace(right, misspelled), encoding="utf-8")
    found = complaints(SCRIPT, *wrong.values())
    assert not [line for line in found if line.startswith("script.py")]
    for name, (_, _, expected) in MISTAKES.items():
        errors = [line for line in found if wrong[name].name in line and "error:" in line]
        assert len(errors) == 1 and expected in errors[0], (name, errors)
