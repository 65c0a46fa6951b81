"""Files that are written whole, whatever they are and whatever happens in between."""

import os
import stat
import subprocess
import sys
import threading

import pytest

import mxnet as mx
from mxnet._core import files
from mxnet._core.files import atomic_write

SAVERS = {
    "symbol": lambda path: mx.sym.Variable("x").save(path),
    "arrays": lambda path: mx.nd.save(path, mx.nd.ones((2,))),
}


@pytest.fixture(params=SAVERS.values(), ids=SAVERS.keys())
def save(request):
    return request.param


def test_links_and_modes_are_kept(tmp_path, save):
    target, link = tmp_path / "target", tmp_path / "link"
    target.write_text("old")
    target.chmod(0o640)
    link.symlink_to(target)
    save(str(link))
    assert link.is_symlink()
    assert target.read_bytes() != b"old"
    assert stat.S_IMODE(target.stat().st_mode) == 0o640


def test_a_link_to_nothing_yet(tmp_path, save):
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "target")
    save(str(link))
    assert link.is_symlink()
    assert (tmp_path / "target").stat().st_size > 0


def test_new_files_have_the_mode_of_any_new_file(tmp_path, save):
    save(str(tmp_path / "saved"))
    (tmp_path / "other").write_text("")
    assert (tmp_path / "saved").stat().st_mode == (tmp_path / "other").stat().st_mode


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names here")
def test_a_pipe_stays_a_pipe(tmp_path, save):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    found = []
    reader = threading.Thread(target=lambda: found.append(pipe.read_bytes()))
    reader.start()
    save(str(pipe))
    reader.join()
    assert found[0]
    assert stat.S_ISFIFO(pipe.stat().st_mode)


def test_a_device_stays_a_device(save):
    save(os.devnull)
    assert stat.S_ISCHR(os.stat(os.devnull).st_mode)


def test_long_names(tmp_path, save):
    path = tmp_path / ("é" * 127)  # 254 bytes
    save(str(path))
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="everything may be written")
def test_a_folder_that_takes_no_new_files(tmp_path, save):
    path = tmp_path / "x"
    path.write_text("old")
    tmp_path.chmod(0o500)
    try:
        save(str(path))
    finally:
        tmp_path.chmod(0o700)
    assert path.read_bytes() != b"old"


def test_a_folder_that_is_not_there(tmp_path, save):
    with pytest.raises(mx.MXNetError, match="No such file"):
        save(str(tmp_path / "missing" / "x"))


KILLED = """
import os, signal, sys
from mxnet._core.files import atomic_write
with atomic_write(sys.argv[1]) as file:
    file.write(b"half")
    file.flush()
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.skipif(files.fcntl is None, reason="needs locks of files")
def test_what_a_killed_writer_left_is_removed_at_the_next_save(tmp_path, save):
    path = tmp_path / "x.params"
    path.write_text("old")
    subprocess.run([sys.executable, "-c", KILLED, str(path)], check=False)
    left = [p for p in tmp_path.iterdir() if p != path]
    assert len(left) == 1 and path.read_text() == "old"
    other = tmp_path / "y.params.0123abcd.tmp"  # of another file
    other.write_text("")
    save(str(path))
    assert set(tmp_path.iterdir()) == {path, other}


def test_two_writers_at_once_leave_each_other_alone(tmp_path):
    path = tmp_path / "x"
    with atomic_write(str(path), "w") as first:
        first.write("first")
        with atomic_write(str(path), "w") as second:
            second.write("second")
        assert path.read_text() == "second"
    assert path.read_text() == "first"
    assert list(tmp_path.iterdir()) == [path]


def test_the_content_is_on_the_disk_before_the_name(tmp_path, monkeypatch, save):
    calls = []
    fsync, replace = os.fsync, os.replace
    monkeypatch.setattr(os, "fsync", lambda d: (calls.append(("fsync", os.fstat(d).st_size)), fsync(d)))
    monkeypatch.setattr(os, "replace", lambda a, b: (calls.append(("replace", b)), replace(a, b)))
    path = str(tmp_path / "x")
    save(path)
    assert calls == [("fsync", os.stat(path).st_size), ("replace", os.path.realpath(path))]


def test_a_file_system_without_fsync(tmp_path, monkeypatch, save):
    def refuse(descriptor):
        raise OSError(22, "Invalid argument")

    monkeypatch.setattr(os, "fsync", refuse)
    save(str(tmp_path / "x"))
    assert (tmp_path / "x").exists()


def test_a_failing_disk(tmp_path, monkeypatch, save):
    def fail(descriptor):
        raise OSError(5, "Input/output error")

    path = tmp_path / "x"
    path.write_text("old")
    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(mx.MXNetError, match="Input/output error"):
        save(str(path))
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]
