"""Splitting, clipping, checksums, downloads."""

import hashlib
import http.server
import os
import pickle
import threading
from pathlib import Path

import numpy as np
import pytest

import mxnet as mx
from mxnet.gluon import utils


def test_split_data():
    x = mx.nd.arange(10).reshape((5, 2))
    parts = utils.split_data(x, 2, even_split=False)
    assert [p.shape for p in parts] == [(3, 2), (2, 2)]
    np.testing.assert_array_equal(np.concatenate([p.asnumpy() for p in parts]), x.asnumpy())
    assert [p.shape for p in utils.split_data(x, 2, batch_axis=1)] == [(5, 1), (5, 1)]
    assert len(utils.split_data(x, 1)) == 1
    with pytest.raises(ValueError, match=r"shape \(5, 2\) cannot be evenly split into 2 slices along axis 0"):
        utils.split_data(x, 2)


def test_split_and_load():
    parts = utils.split_and_load(np.arange(4), [mx.cpu(0), mx.cpu(3)])
    assert [(p.context, p.asnumpy().tolist()) for p in parts] == [(mx.cpu(0), [0, 1]), (mx.cpu(3), [2, 3])]
    (one,) = utils.split_and_load(mx.nd.ones((3,)), [mx.cpu(1)])
    assert one.context == mx.cpu(1)


def test_clip_global_norm():
    arrays = [mx.nd.array([3.0]), mx.nd.array([[4.0]], mx.cpu(1))]
    assert utils.clip_global_norm(arrays, 10) == pytest.approx(5)
    assert [a.asscalar() for a in arrays] == [3, 4]  # small enough
    norm = utils.clip_global_norm(arrays, 1.0, check_isfinite=False)
    assert norm.shape == (1,) and norm.asscalar() == pytest.approx(5)
    assert [a.asscalar() for a in arrays] == pytest.approx([0.6, 0.8])
    with pytest.warns(UserWarning, match="norm is nan or inf"):
        utils.clip_global_norm([mx.nd.array([np.inf])], 1)
    with pytest.raises(AssertionError):
        utils.clip_global_norm([], 1)


def test_clip_global_norm_of_rows():
    rows = mx.nd.array([[0, 0], [3, 4]]).tostype("row_sparse")
    assert utils.clip_global_norm([rows], 1) == pytest.approx(5)
    np.testing.assert_allclose(rows.asnumpy(), [[0, 0], [0.6, 0.8]], rtol=1e-5)


def test_shape_is_known():
    assert [utils.shape_is_known(s) for s in (None, (), (0, 1), (1, 2))] == [False, False, False, True]
    with mx.np_shape():
        assert [utils.shape_is_known(s) for s in (None, (), (0, 1), (-1,))] == [False, True, True, False]
    with pytest.raises(AssertionError, match="cannot be less than 0, while received -1"):
        utils.shape_is_known((-1, 2))


def test_handles_of_hooks_can_be_pickled():
    net = mx.gluon.nn.Dense(1)
    handle = net.register_forward_hook(print)
    copied = pickle.loads(pickle.dumps((net._forward_hooks, handle)))
    copied[1].detach()
    assert not copied[0] and len(net._forward_hooks) == 1


def test_names_are_listed_briefly():
    assert utils._brief_print_list("abc") == "'a', 'b', 'c'"
    assert utils._brief_print_list(range(20)) == "'0', '1', '2', ..., '16', '17', '18', '19'"


# ---------------------------------------------------------------------- files

BODY = bytes(range(256)) * 1000
SHA1 = hashlib.sha1(BODY).hexdigest()


class Site(http.server.BaseHTTPRequestHandler):
    """Breaks connections off: each answer brings at most ``piece`` bytes."""

    piece = len(BODY)
    ranges = True
    requests: list = []

    def do_GET(self):
        asked = self.headers.get("Range")
        self.requests.append(asked)
        start = int(asked.removeprefix("bytes=").rstrip("-")) if asked and self.ranges else 0
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(BODY) - start))
        self.send_header("ETag", '"1"')
        self.end_headers()
        self.wfile.write(BODY[start : start + self.piece])

    def log_message(self, *args):
        pass


@pytest.fixture
def site(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(Site, "requests", [])
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Site)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    for name in ("http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    yield f"http://127.0.0.1:{server.server_port}/data.bin"
    server.shutdown()
    server.server_close()
    thread.join()


def test_download(site, capsys):
    assert utils.download(site) == "data.bin" and Path("data.bin").read_bytes() == BODY
    assert capsys.readouterr().out == f"Downloading data.bin from {site}...\n"
    utils.download(site)
    utils.download(site, sha1_hash=SHA1)
    assert len(Site.requests) == 1  # it is there
    utils.download(site, overwrite=True)
    assert len(Site.requests) == 2
    Path("data.bin").write_text("damaged")
    utils.download(site, sha1_hash=SHA1)
    assert utils.check_sha1("data.bin", SHA1)
    assert utils.download(site, path="deep/er/x") == "deep/er/x" and os.path.exists("deep/er/x")
    assert utils.download(site, path="deep") == os.path.join("deep", "data.bin")


def test_download_goes_on_where_it_was_broken_off(site, monkeypatch, capsys):
    monkeypatch.setattr(Site, "piece", 100_000)
    utils.download(site, sha1_hash=SHA1)
    assert Site.requests == [None, "bytes=100000-", "bytes=200000-"]
    assert "retrying, 4 attempts left" in capsys.readouterr().out


def test_download_starts_anew_when_the_server_cannot_go_on(site, monkeypatch):
    monkeypatch.setattr(Site, "piece", 100_000)
    monkeypatch.setattr(Site, "ranges", False)
    with pytest.raises(OSError, match=f"100000 of {len(BODY)} bytes"):
        utils.download(site, retries=3)
    assert len(Site.requests) == 3 and os.listdir() == []  # nothing half is left


def test_download_refuses_other_content(site):
    Path("data.bin").write_text("old")
    with pytest.raises(UserWarning, match=r"for data.bin without the expected SHA-1"):
        utils.download(site, sha1_hash="0" * 40)
    assert Path("data.bin").read_text() == "old" and os.listdir() == ["data.bin"]


def test_download_arguments(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(AssertionError, match="does not end in a file name"):
        utils.download("http://127.0.0.1:1/")
    with pytest.raises(AssertionError, match="at least 0, got -1"):
        utils.download("http://127.0.0.1:1/a", retries=-1)
    with pytest.warns(UserWarning, match="Unverified HTTPS request"), pytest.raises(OSError, match="failed to open"):
        utils.download("https://127.0.0.1:1/a", retries=0, verify_ssl=False)


def test_replace_file(tmp_path):
    a, b = tmp_path / "a", tmp_path / "b"
    a.write_text("new")
    b.write_text("old")
    utils.replace_file(str(a), str(b))
    assert b.read_text() == "new" and not a.exists()
    a.write_text("more")
    with pytest.raises(OSError, match="could not be renamed"):
        utils.replace_file(str(a), str(tmp_path / "no" / "folder"))
    assert not a.exists()
