"""What is recorded of MXNet's model zoo, and checked against it: runs with either ``mxnet``."""

import hashlib
import json
import zlib

import numpy as np

FACTS = ("ops", "names", "inputs", "attrs", "shapes", "parameters", "repr")
# Networks whose outputs are recorded: one a family and version. Images are as small as the network allows.
OUTPUTS = {
    "alexnet": 63,
    "densenet121": 224,
    "inceptionv3": 299,
    "mobilenet0.25": 32,
    "mobilenetv2_0.25": 32,
    "resnet18_v1": 32,
    "resnet50_v1": 32,
    "resnet18_v2": 32,
    "resnet50_v2": 32,
    "squeezenet1.0": 224,
    "squeezenet1.1": 224,
    "vgg11_bn": 32,
}
CLASSES = 5


def make(mx, name, **kwargs):
    """A network whose names do not depend on what was made before."""
    with mx.name.NameManager():
        return mx.gluon.model_zoo.vision.get_model(name, **kwargs)


def describe(mx, name):
    """Everything that makes up a network: kind of fact -> list of texts."""
    net = make(mx, name)
    out = net(mx.sym.var("data"))
    graph = json.loads(out.tojson())
    nodes = graph["nodes"]
    size = 299 if name == "inceptionv3" else 224
    arguments, outputs, auxiliary = out.infer_shape(data=(2, 3, size, size))
    return {
        "ops": [node["op"] for node in nodes],
        "names": [node["name"] for node in nodes],
        "inputs": [str(entries) for entries in [*(node["inputs"] for node in nodes), graph["heads"]]],
        "attrs": [json.dumps(node.get("attrs", {}), sort_keys=True) for node in nodes],
        "shapes": [
            f"{key} {tuple(shape)}"
            for names, shapes in (
                (out.list_arguments(), arguments),
                (out.list_auxiliary_states(), auxiliary),
                (out.list_outputs(), outputs),
            )
            for key, shape in zip(names, shapes)
        ],
        "parameters": [f"{key} {value.name}" for key, value in net._collect_params_with_prefix().items()],
        "repr": repr(net).splitlines(),
    }


def digests(mx, name):
    """A line of short digests, one a fact."""
    facts = describe(mx, name)
    return " ".join(hashlib.sha1("\n".join(facts[fact]).encode()).hexdigest()[:10] for fact in FACTS)


def fill(mx, net):
    """Give all parameters values that depend on their name and shape only, and that keep activations near 1."""
    for name, parameter in net._collect_params_with_prefix().items():
        shape = parameter.shape
        draw = np.random.RandomState(zlib.crc32(name.encode()))
        if name.endswith("weight"):
            values = draw.standard_normal(size=4099) * np.sqrt(2 / np.prod(shape[1:]))
        elif name.endswith(("running_var", "gamma")):
            values = draw.uniform(0.5, 1.5, size=4099)
        else:
            values = draw.uniform(-0.1, 0.1, size=4099)
        # Repeated where there are more: drawing a hundred million numbers takes seconds.
        parameter.set_data(mx.nd.array(np.resize(values.astype("float32"), shape)))


def output(mx, name):
    """What a network with those parameters gives for one image."""
    net = make(mx, name, classes=CLASSES)
    net.initialize()
    size = OUTPUTS[name]
    image = mx.nd.array(np.random.RandomState(1).uniform(-1, 1, size=(1, 3, size, size)).astype("float32"))
    net(image)
    fill(mx, net)
    return net(image).asnumpy()[0].tolist()
