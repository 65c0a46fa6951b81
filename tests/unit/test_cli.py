"""`remx run` behaves as `python`, with remedies for old scripts."""

import contextlib
import io
import json
import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from mxnet.cli import python2, remedies

CLEAN = {n: v for n, v in os.environ.items() if n not in ("DISPLAY", "WAYLAND_DISPLAY", "MPLBACKEND")}
SOURCES = str(Path(remedies.__file__).parents[2])


def start(folder, *command, **variables):
    return subprocess.run(
        [sys.executable, *command],
        cwd=folder,
        capture_output=True,
        text=True,
        env={**CLEAN, "PYTHONPATH": SOURCES, **variables},
    )


def remx(folder, *arguments, **variables):
    return start(folder, "-m", "mxnet", "run", *arguments, **variables)


def said(done):
    return [line for line in done.stderr.splitlines() if line.startswith("remx: ")]


def without_remx(text):
    return "".join(line for line in text.splitlines(keepends=True) if not line.startswith("remx: "))


@pytest.fixture
def write(tmp_path):
    def write(name, text):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text))
        return path

    return write


# ---------------------------------------------------------------------- as python does

SAME = {
    "surroundings": """
        import sys, os, inspect
        print(__name__, __file__, __spec__, __package__, __doc__, sys.argv, sys.path[0], sorted(globals()))
        print(sys.modules["__main__"].__dict__ is globals(), type(__loader__).__name__, __builtins__.__name__)
        def f(): return 1
        print(inspect.getsource(f), f.__module__)
        import neighbor
        """,
    "error": """
        def f(n):
            return 1 / n
        try:
            f(0)
        except ZeroDivisionError as e:
            raise KeyError("lost") from e
        """,
    "error below": "import neighbor\nneighbor.fail()",
    "error in import": "import broken",
    "no python": "x = (1,\n",
    "code": "import sys; sys.exit(7)",
    "text": "import sys; sys.exit('why')",
    "own hook": """
        import sys
        def hook(*args): print("hook", args[0].__name__)
        sys.excepthook = hook
        raise ValueError
        """,
    "at exit": "import atexit; atexit.register(print, 'bye'); raise ValueError('x')",
    "pickles": """
        import pickle
        class Net:
            pass
        x = pickle.loads(pickle.dumps(Net()))
        print(type(x) is Net, Net.__module__, b"__main__" in pickle.dumps(x))
        """,
    "processes": """
        import multiprocessing as mp, dataclasses
        @dataclasses.dataclass
        class Item:
            n: "int"
        def double(item):
            return Item(item.n * 2)
        if __name__ == "__main__":
            for method in ("fork", "spawn", "forkserver"):
                with mp.get_context(method).Pool(1) as pool:
                    print(method, pool.map(double, [Item(1), Item(2)]))
        """,
}


@pytest.mark.parametrize("case", SAME)
def test_as_python(write, tmp_path, case):
    write("neighbor.py", "def fail():\n    raise RuntimeError('here')\n")
    write("broken.py", "1 / 0\n")
    path = write("script.py", SAME[case])
    plain = start(tmp_path, str(path.name), "a", "--help", "-m")
    ours = remx(tmp_path, str(path.name), "a", "--help", "-m")
    assert (ours.returncode, ours.stdout) == (plain.returncode, plain.stdout)
    assert without_remx(ours.stderr) == plain.stderr


def test_script_in_another_folder(write, tmp_path):
    write("far/neighbor.py", "x = 5")
    write("far/script.py", "import neighbor, sys; print(neighbor.x, sys.argv[0], __file__)")
    plain, ours = (command(tmp_path, "far/script.py") for command in (start, remx))
    assert ours.stdout == plain.stdout != ""


def test_module(write, tmp_path):
    write("package/__init__.py", "")
    write("package/__main__.py", "from . import other; import sys; print(__name__, __package__, sys.argv[1:], other.x)")
    write("package/other.py", "x = 3\nif __name__ == '__main__': print('other', __spec__.name)")
    for name in ("package", "package.other"):
        plain, ours = start(tmp_path, "-m", name, "-v"), remx(tmp_path, "-m", name, "-v")
        assert (ours.returncode, ours.stdout) == (0, plain.stdout) and ours.stdout
    assert remx(tmp_path, "-m", "nothing.there").returncode == 1


@pytest.fixture
def interruptible():
    """What a job in the background of a shell inherits is that interrupts are ignored, and it hands that on."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
def test_interrupts_end_it_as_python(write, tmp_path):
    write("script.py", "import os, signal; os.kill(os.getpid(), signal.SIGINT); import time; time.sleep(5)")
    plain, ours = start(tmp_path, "script.py"), remx(tmp_path, "script.py")
    assert without_remx(ours.stderr) == plain.stderr and "KeyboardInterrupt" in plain.stderr
    assert ours.returncode == start(tmp_path, "-m", "script").returncode
    assert ours.returncode in (-signal.SIGINT, 128 + signal.SIGINT, 1)


@pytest.mark.parametrize("fails", [False, True])
def test_profile(write, tmp_path, fails):
    write(
        "script.py",
        f"""
        import sys, mxnet as mx
        x = mx.nd.ones((2, 2))
        print(sys.argv, __name__, mx.nd.dot(x, x).shape)
        {"raise ValueError('over')" if fails else ""}
        """,
    )
    done = start(tmp_path, "-m", "mxnet", "profile", "-o", "trace.json", "script.py", "-o", "x")
    assert done.returncode == fails and done.stdout.startswith("['script.py', '-o', 'x'] __main__")
    assert "dot" in done.stderr and ("ValueError: over" in done.stderr) == fails
    events = json.loads((tmp_path / "trace.json").read_text())["traceEvents"]
    assert "dot" in {e["name"] for e in events}


def test_usage(tmp_path):
    done = remx(tmp_path, "nothing.py")
    assert done.returncode == 2 and "can't open file" in done.stderr
    assert remx(tmp_path).returncode == 2
    done = remx(tmp_path, "--without", "wishes", "x.py")
    assert done.returncode == 2 and "numpy-names" in done.stderr
    done = remx(tmp_path, "--help")
    assert done.returncode == 0 and all(r.name in done.stdout for r in remedies.REMEDIES)
    assert start(tmp_path, "-m", "mxnet", "walk").returncode == 2


# ---------------------------------------------------------------------- remedies


def test_every_remedy_says_why_and_for_whom():
    assert all(r.what and r.why and r.clients for r in remedies.REMEDIES)
    assert len({r.name for r in remedies.REMEDIES}) == len(remedies.REMEDIES)
    with pytest.raises(ValueError, match="wishes"):
        remedies.apply(without=["wishes"])


def test_numpy_names(write, tmp_path):
    write("script.py", "import numpy as np\nprint(np.zeros(1, np.bool), np.float(3))\nimport mxnet")
    done = remx(tmp_path, "script.py")
    assert done.stdout == "[False] 3.0\n"
    assert len(said(done)) == 1 and "old names again: " in said(done)[0]
    done = remx(tmp_path, "script.py", MXNET_NUMPY_ALIASES="0")
    assert done.returncode == 1 and not said(done)


def test_ragged(write, tmp_path):
    write(
        "script.py",
        """
        import numpy as np
        a = np.array([[1, 2], [3]])
        np.save("a.npy", [[1, 2], [3]])
        np.savez("b.npz", x=[[1], [2, 3]])
        b = np.load("a.npy", allow_pickle=True)
        c = np.load("b.npz", allow_pickle=True)["x"]
        print(a.dtype, a.shape, b.dtype, b[0], c[1], np.asarray([[1], []]).shape)
        print(np.array([[1, 2], [3, 4]]).dtype.kind, np.array([1.5], "float32", copy=True).dtype)
        for arguments in (([[1, 2], [3]], "float32"), ([[1, 2], [3]], None, None)):
            try:
                np.array(*arguments)
            except (ValueError, TypeError) as e:
                print(type(e).__name__)
        """,
    )
    done = remx(tmp_path, "script.py")
    assert done.stdout.splitlines()[:2] == ["object (2,) object [1, 2] [2, 3] (2,)", "i float32"], done.stderr
    assert done.stdout.splitlines()[2] == "ValueError"
    assert sum("different lengths" in line for line in said(done)) == 1
    assert remx(tmp_path, "--without", "ragged", "script.py").returncode == 1


def test_gluoncv(write, tmp_path):
    write(
        "gluoncv/__init__.py",
        """
        from .check import _require_pytorch_version
        found = True
        try:
            _require_pytorch_version("1.4.0", "2.0.0")
        except ImportError:
            found = False
        """,
    )
    write("gluoncv/check.py", "def _require_pytorch_version(low, high):\n    raise RuntimeError('Legacy torch')")
    write("script.py", "import gluoncv; print(gluoncv.found)")
    done = remx(tmp_path, "script.py")
    assert done.stdout == "False\n" and any("gluoncv" in line for line in said(done))
    assert "Legacy torch" in remx(tmp_path, "--without", "gluoncv", "script.py").stderr


def test_matplotlib(write, tmp_path):
    pytest.importorskip("matplotlib")
    write(
        "script.py",
        """
        import matplotlib
        matplotlib.use("TkAgg", warn=False)
        import matplotlib.pyplot as plt
        plt.switch_backend("Qt4Agg")
        plt.plot([1, 2])
        plt.show(block=True)
        plt.savefig("x.png")
        print(matplotlib.get_backend().lower())
        """,
    )
    done = remx(tmp_path, "script.py", MPLBACKEND="TkAgg")
    assert done.stdout == "agg\n", done.stderr
    assert without_remx(done.stderr) == "" and any("no display" in line for line in said(done))
    assert (tmp_path / "x.png").stat().st_size > 0


# ---------------------------------------------------------------------- Python 2

OLD = """
    # -*- coding: utf-8 -*-
    import cPickle as pickle
    import sys
    import symbols
    reload(sys)
    sys.setdefaultencoding("utf8")
    print "n", 7 / 2, 7 / 2.0, symbols.half(9)
    for i in xrange(5 / 2):
        print i,
    print
    d = {"a": 1}
    print d.keys()[0], d.has_key("b"), d.items()[0], map(str, [1, 2])
    n = 5
    n /= 2
    x = [7.0, 7]
    x[0] /= 2
    x[1] /= 2
    print n, x, 0777, 10L, u"text", `n`
    try:
        raise ValueError, "bad"
    except ValueError, e:
        print "caught", e
    print pickle.loads(pickle.dumps([1]))
    """


def test_python2(write, tmp_path):
    pytest.importorskip("fissix")
    write("script.py", OLD)
    write("symbols.py", "def half(n):\n\tif n:\n        \treturn sum(1 for _ in xrange(n / 2))\n")
    done = remx(tmp_path, "script.py")
    assert done.stdout.splitlines() == [
        "n 3 3.5 4",
        "0 1 ",
        "a False ('a', 1) ['1', '2']",
        "2 [3.5, 3] 511 10 text 2",
        "caught bad",
        "[1]",
    ], done.stderr
    mended = [line for line in said(done) if "Python 2" in line]
    assert len(mended) == 2 and "script.py" in mended[0] and "symbols.py" in mended[1]
    assert not list(tmp_path.rglob("*.pyc"))  # mended code is in memory only


def test_python2_traceback_shows_the_file(write, tmp_path):
    pytest.importorskip("fissix")
    write("script.py", "print 'a'\ndef f():\n    raise KeyError, 'here'\nf()\n")
    done = remx(tmp_path, "script.py")
    assert done.returncode == 1
    assert "line 3, in f\n    raise KeyError, 'here'" in done.stderr and "mxnet" not in without_remx(done.stderr)


def test_python2_in_spawned_processes(write, tmp_path):
    pytest.importorskip("fissix")
    write(
        "script.py",
        """
        import multiprocessing
        def work(n):
            import numpy as np
            print "at", n
            return n / 2, np.array([[1], [2, 3]]).shape
        if __name__ == "__main__":
            print multiprocessing.get_context("spawn").Pool(1).map(work, [5])
        """,
    )
    done = remx(tmp_path, "script.py")
    assert done.stdout.split() == "at 5 [(2, (2,))]".split(), done.stderr


def mend(source):
    """What `python2.mend` makes of a source, as what it prints, and what it says."""
    said = []
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(python2.mend(source.encode(), "a.py", said.append), {})
    return printed.getvalue(), said


@pytest.mark.parametrize(
    "source",
    [
        "from os.path import *\nprint(3 / 2)\nif False: xrange",
        "try:\n    unicode\nexcept NameError:\n    unicode = str\nprint(unicode('a') and 3 / 2)",
        "import sys\nkinds = (str, unicode) if sys.version_info[0] < 3 else (str,)\nprint(3 / 2)",
        "import sys\nif sys.version_info[0] == 2:\n    import cPickle as pickle\nprint(3 / 2)",
        "try:\n    import cPickle as pickle\nexcept ImportError:\n    import pickle\nprint(3 / 2)",
        "def reduce(f, xs):\n    return f(*xs)\nprint(reduce(lambda a, b: a / b, [3, 2]))",
        "from __future__ import division, print_function\nprint(3 / 2)",
        "def f(long):\n    return long\nprint(f(3 / 2))",
    ],
)
def test_python3_stays_as_it_is(source):
    assert mend(source) == ("1.5\n", [])


@pytest.mark.parametrize(
    "source, printed",
    [
        ("print sum(xrange(7 / 2))", "3\n"),
        ("print(sum(xrange(7 / 2)))", "3\n"),
        ("from __future__ import division\nprint 7 / 2", "3.5\n"),
        (
            "from __future__ import print_function\nimport sys\nprint(reduce(max, [7 / 2]), file=sys.stdout)",
            "3\n",
        ),
        (
            "import numpy as np\nprint (np.arange(4) / 2).tolist(), (np.arange(2.0) / 2).tolist()",
            "[0, 0, 1, 1] [0.0, 0.5]\n",
        ),
        ('print ("%d") % (7 / 2)', "3\n"),
        ("class A: n = 7\nA.n /= 2\nprint A.n", "3\n"),
        ("x = [7]\ndef i():\n    print 'once',\n    return 0\nx[i()] /= 2.0\nprint x", "once [3.5]\n"),
        ("# Andr\xe9\nprint 'a'", "a\n"),
    ],
)
def test_python2_is_mended(source, printed):
    pytest.importorskip("fissix")
    text, said = mend(source)
    assert text == printed and len(said) == 1 and said[0].startswith("a.py is Python 2 code")


def test_bytes_of_latin1():
    pytest.importorskip("fissix")
    code = python2.mend("x = 'Andr\xe9'\nif x <> 1: y = 1".encode("latin-1"), "a.py", lambda text: None)
    space = {}
    exec(code, space)
    assert space["x"] == "Andr\xe9" and space["y"] == 1


def test_what_is_no_python_keeps_its_error():
    with pytest.raises(SyntaxError) as caught:
        python2.mend(b"x = (1,\n", "a.py", lambda text: None)
    assert caught.value.filename == "a.py" and caught.value.__context__ is None


def test_without_fissix_it_says_what_would_help(write, tmp_path):
    write("script.py", "print 'a'\n")
    write("sitecustomize.py", "import sys\nsys.modules['fissix'] = None\n")
    done = remx(tmp_path, "script.py", PYTHONPATH=os.pathsep.join([str(tmp_path), SOURCES]))
    assert done.returncode == 1 and "SyntaxError" in done.stderr and "remx[python2]" in said(done)[-1]
