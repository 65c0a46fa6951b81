"""The model zoo: structure and outputs of all networks, against MXNet's; and the files of trained parameters."""

import hashlib
import inspect
import json
import zipfile

import numpy as np
import pytest

import mxnet as mx
from mxnet.gluon.model_zoo import model_store, vision
from tests.conftest import ROOT, SHARED, needs_shared
from tests.unit import model_zoo_cases as cases

GOLDEN = ROOT / "tests/golden/gluon_nn"
DIGESTS = json.loads((GOLDEN / "model_zoo.json").read_text())
OUTPUTS = json.loads((GOLDEN / "model_zoo_outputs.json").read_text())


@pytest.mark.parametrize("name", DIGESTS)
def test_structure(name):
    """Operators, names, edges, attributes, shapes, parameter names and text of each network are MXNet's."""
    found = dict(zip(cases.FACTS, cases.digests(mx, name).split()))
    assert found == dict(zip(cases.FACTS, DIGESTS[name].split()))


@pytest.mark.parametrize("name", OUTPUTS)
def test_outputs(name):
    expected = np.array(OUTPUTS[name])
    np.testing.assert_allclose(cases.output(mx, name), expected, rtol=1e-3, atol=1e-4 * np.abs(expected).max())


@needs_shared
def test_exported_file():
    """A whole graph file, node by node."""
    folder = SHARED / "fixtures/checkpoints"
    expected = json.loads((folder / "mobilenet0.25-symbol.json").read_text())
    net = cases.make(mx, "mobilenet0.25")
    assert json.loads(net(mx.sym.var("data")).tojson())["nodes"] == expected["nodes"]


def test_every_model_has_a_constructor():
    assert set(vision._MODELS) == set(model_store._model_sha1) == set(DIGESTS)
    for model, build in vision._MODELS.items():
        assert getattr(vision, build.__name__) is build
        assert inspect.signature(build).parameters.keys() == {"pretrained", "ctx", "root", "kwargs"}
        assert model in build.__doc__


@pytest.mark.parametrize("thumbnail", [False, True])
@pytest.mark.parametrize("version", [1, 2])
def test_thumbnails(version, thumbnail):
    net = vision.get_resnet(version, 18, thumbnail=thumbnail, classes=3)
    net.initialize()
    assert net(mx.nd.ones((1, 3, 16, 16))).shape == (1, 3)
    stem = net.features[version - 1]
    assert (stem._kwargs["kernel"], stem._kwargs["stride"]) == (((3, 3), (1, 1)) if thumbnail else ((7, 7), (2, 2)))


def test_get_model():
    assert type(vision.get_model("MobileNetV2_0.25", classes=4)) is vision.MobileNetV2
    with pytest.raises(ValueError, match=r"Model resnet19 is not supported. Available options are\n\talexnet\n"):
        vision.get_model("resnet19")


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: vision.get_resnet(1, 20), "num_layers must be one of 18, 34, 50, 101, 152, got 20"),
        (lambda: vision.get_resnet(3, 18), "version must be one of 1, 2, got 3"),
        (lambda: vision.get_vgg(12), "num_layers must be one of 11, 13, 16, 19, got 12"),
        (lambda: vision.SqueezeNet("2"), "version must be one of '1.0', '1.1', got '2'"),
        (lambda: vision.densenet.get_densenet(120), "num_layers must be one of 121, 161, 169, 201, got 120"),
        (lambda: vision.ResNetV1(vision.BasicBlockV1, [1], [8]), "ResNetV1: channels must hold one number more"),
        (lambda: vision.VGG([1], [8, 8]), "VGG: layers and filters must be of one length, got 1 and 2"),
    ],
)
def test_bad_settings(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_training_step():
    """Gradients reach the first layer, hybridized or not, and running averages move."""
    net = vision.resnet18_v2(classes=2, thumbnail=True)
    net.initialize()
    x = mx.nd.random.normal(shape=(2, 3, 8, 8))
    grads = []
    for hybridize in (False, True):
        net.hybridize(hybridize)
        with mx.autograd.record():
            loss = net(x).sum()
        loss.backward()
        grads.append(net.features[1].weight.grad().asnumpy())
    assert np.abs(grads[0]).max() > 0
    np.testing.assert_allclose(grads[0], grads[1], rtol=1e-3, atol=1e-5)
    assert np.abs(net.features[0].running_mean.data().asnumpy()).max() > 0


def test_inception_aux():
    aux = vision.inception.make_aux(5)
    aux.initialize()
    assert aux(mx.nd.ones((1, 8, 17, 17))).shape == (1, 5)


# ---------------------------------------------------------------------------------------------------- files


@pytest.fixture
def stored(tmp_path, monkeypatch):
    """A file of parameters of a small network, under the name and checksum the store expects."""
    net = vision.squeezenet1_1(classes=2)
    net.initialize()
    net(mx.nd.ones((1, 3, 224, 224)))
    plain = tmp_path / "plain.params"
    net.save_parameters(str(plain))
    sha1 = hashlib.sha1(plain.read_bytes()).hexdigest()
    monkeypatch.setitem(model_store._model_sha1, "squeezenet1.1", sha1)
    root = tmp_path / "models"
    root.mkdir()
    path = root / f"squeezenet1.1-{sha1[:8]}.params"
    plain.rename(path)
    return net, path


def test_pretrained_from_a_local_file(stored):
    net, path = stored
    assert model_store.get_model_file("squeezenet1.1", str(path.parent)) == str(path)
    loaded = vision.get_model("squeezenet1.1", pretrained=True, root=str(path.parent), classes=2)
    for (name, a), (_, b) in zip(
        net._collect_params_with_prefix().items(), loaded._collect_params_with_prefix().items()
    ):
        np.testing.assert_array_equal(a.data().asnumpy(), b.data().asnumpy(), err_msg=name)


def _serve(monkeypatch, archive):
    """Let downloads copy ``archive``; gives the list of addresses asked for."""
    asked = []

    def download(url, path, overwrite):
        asked.append(url)
        if archive is None:
            raise OSError("no route to host")
        with open(path, "wb") as file:
            file.write(archive.read_bytes())

    monkeypatch.setattr(model_store, "download", download)
    monkeypatch.setenv("MXNET_GLUON_REPO", "https://example.org/repo")
    return asked


def _zip(path, member, content):
    with zipfile.ZipFile(path, "w") as files:
        files.writestr(member, content)
    return path


def test_download(stored, tmp_path, monkeypatch, caplog):
    _, path = stored
    archive = _zip(tmp_path / "served.zip", path.name, path.read_bytes())
    asked = _serve(monkeypatch, archive)
    path.write_bytes(b"damaged")
    assert model_store.get_model_file("squeezenet1.1", str(path.parent)) == str(path)
    assert "is damaged" in caplog.text
    assert asked == [f"https://example.org/repo/gluon/models/{path.stem}.zip"]
    assert [p.name for p in path.parent.iterdir()] == [path.name]
    new_root = tmp_path / "a" / "b"
    assert model_store.get_model_file("squeezenet1.1", str(new_root)) == str(new_root / path.name)


def test_wrong_download_leaves_nothing(stored, tmp_path, monkeypatch):
    _, path = stored
    path.unlink()
    for archive, message in (
        (_zip(tmp_path / "other.zip", path.name, b"other"), "has another checksum than expected"),
        (_zip(tmp_path / "elsewhere.zip", "../" + path.name, b""), "is no archive of"),
    ):
        _serve(monkeypatch, archive)
        with pytest.raises(ValueError, match=message):
            model_store.get_model_file("squeezenet1.1", str(path.parent))
        assert not list(path.parent.iterdir())


def test_offline_error_says_what_to_do(tmp_path, monkeypatch):
    _serve(monkeypatch, None)
    with pytest.raises(
        OSError, match="trained parameters of 'vgg11' are not in .*vgg11-dd221b16.params.*no route to host"
    ):
        vision.vgg11(pretrained=True, root=str(tmp_path))


def test_store_names(tmp_path):
    assert model_store.short_hash("resnet50_v1") == "0aee57f9"
    with pytest.raises(ValueError, match="Pretrained model for lenet is not available"):
        model_store.get_model_file("lenet", str(tmp_path))


def test_purge(tmp_path):
    for name in ("a.params", "b.params", "notes.txt"):
        (tmp_path / name).touch()
    model_store.purge(str(tmp_path))
    assert [p.name for p in tmp_path.iterdir()] == ["notes.txt"]
