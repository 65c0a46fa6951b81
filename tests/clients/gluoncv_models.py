"""GluonCV: classification through a DataLoader, detection with SSD and YOLO, segmentation, poses, videos.

Normalized convolutions double rounding errors every few layers, so networks compute in float64 where theirs allow it.
"""

import gluoncv
import numpy as np
from common import draw, fit, main, set_parameters
from gluoncv.model_zoo.ssd.target import SSDTargetGenerator
from gluoncv.model_zoo.yolo.yolo_target import YOLOV3PrefetchTargetGenerator

import mxnet as mx
from mxnet import gluon

# Detection computes in float32. Normalization with fixed averages keeps rounding errors as small as they are.
FIXED_NORM = {"norm_kwargs": {"use_global_stats": True}}


def images(count, size, seed=1, dtype="float32"):
    return mx.nd.array(draw((count, 3, size, size), seed), dtype=dtype)


def boxes(count, size):
    """One box in each image, with its class."""
    corner = np.random.RandomState(7).uniform(0, size / 2, (count, 1, 2))
    box = np.concatenate([corner, corner + size / 3], axis=2).astype("float32")
    return mx.nd.array(box), mx.nd.array(np.arange(count).reshape(count, 1, 1) % 3)


def classification():
    net = gluoncv.model_zoo.get_model("cifar_resnet20_v1", classes=4)
    net.initialize()
    net.cast("float64")
    set_parameters(net, mx.nd.zeros((1, 3, 32, 32), dtype="float64"))
    net.hybridize()
    pixels = np.random.RandomState(3).randint(0, 256, (16, 32, 32, 3)).astype("uint8")
    transform = gluon.data.vision.transforms.Compose(
        [
            gluon.data.vision.transforms.ToTensor(),
            gluon.data.vision.transforms.Normalize([0.5, 0.5, 0.5], [0.2, 0.2, 0.2]),
        ]
    )
    dataset = gluon.data.ArrayDataset(mx.nd.array(pixels, dtype="uint8"), np.arange(16) % 4)
    loader = gluon.data.DataLoader(dataset.transform_first(transform), batch_size=8, last_batch="discard")
    trainer = gluon.Trainer(net.collect_params(), "nag", {"learning_rate": 0.05, "momentum": 0.9, "wd": 1e-4})
    cross_entropy = gluon.loss.SoftmaxCrossEntropyLoss()
    metric, losses = mx.metric.Accuracy(), []
    for _ in range(3):
        for data, label in loader:
            data = gluon.utils.split_and_load(data, [mx.cpu()], batch_axis=0)[0].astype("float64")
            with mx.autograd.record():
                output = net(data)
                loss = cross_entropy(output, label)
            loss.backward()
            trainer.step(8)
            metric.update([label], [output])
            losses.append(loss.mean().asscalar())
    return losses


def ssd():
    net = gluoncv.model_zoo.get_model(
        "ssd_512_mobilenet1.0_custom", classes=["a", "b", "c"], pretrained_base=False, **FIXED_NORM
    )
    net.initialize()
    data = images(4, 128)
    set_parameters(net, data)
    box, label = boxes(4, 128)
    with mx.autograd.train_mode():
        _, _, anchors = net(data)
    targets = SSDTargetGenerator(stds=(0.1, 0.1, 0.2, 0.2), negative_mining_ratio=-1)
    class_target, box_target, _ = targets(anchors, None, box / 128, label)
    criterion = gluoncv.loss.SSDMultiBoxLoss()
    trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 1e-6})
    net.hybridize(static_alloc=True, static_shape=True)

    def loss():
        scores, offsets, _ = net(data)
        total, _, _ = criterion(scores, offsets, class_target, box_target)
        return total[0]

    losses = fit(trainer, 1, 3, loss)
    net.set_nms(nms_thresh=0.45, nms_topk=400)
    _, scores, _ = net(data)  # decodes, suppresses all but the best of overlapping boxes
    return [*losses, scores.max().asscalar()]


def yolo():
    net = gluoncv.model_zoo.get_model(
        "yolo3_mobilenet1.0_custom", classes=["a", "b", "c"], pretrained_base=False, **FIXED_NORM
    )
    net.initialize()
    data = images(2, 128)
    set_parameters(net, data)
    generate = YOLOV3PrefetchTargetGenerator(num_class=3)
    box, label = boxes(2, 128)
    with mx.autograd.train_mode():  # without recording the network gives what targets are made from
        _, anchors, offsets, maps, *_ = net(data)
    targets = generate(data, maps, anchors, offsets, box, label, None)
    trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 1e-3})
    return fit(trainer, 1, 3, lambda: sum(part.mean() for part in net(data, box, *targets)))


def segmentation():
    net = gluoncv.model_zoo.FCN(nclass=3, backbone="resnet50", pretrained_base=False, aux=True, crop_size=64)
    net.initialize()
    net.cast("float64")
    data = images(2, 64, dtype="float64")
    set_parameters(net, data)
    net.hybridize()
    target = mx.nd.array(np.random.RandomState(5).randint(-1, 3, (2, 64, 64)), dtype="float64")
    criterion = gluoncv.loss.MixSoftmaxCrossEntropyLoss(aux=True, aux_weight=0.5, ignore_label=-1)
    trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 1e-3, "momentum": 0.9, "wd": 1e-4})
    losses = fit(trainer, 2, 3, lambda: criterion(*net(data), target))
    evaluator = gluoncv.utils.metrics.segmentation.SegmentationMetric(3)
    evaluator.update([target], [net(data)[0]])
    return losses


def pose():
    net = gluoncv.model_zoo.get_model("simple_pose_resnet18_v1b", pretrained=False, pretrained_base=False)
    net.initialize()
    net.cast("float64")
    data = images(2, 64, dtype="float64")
    set_parameters(net, data)
    net.hybridize()
    heat = mx.nd.array(np.abs(draw((2, 17, 16, 16), 9)), dtype="float64")
    weight = mx.nd.ones((2, 17, 1, 1), dtype="float64")
    criterion = gluon.loss.L2Loss()
    trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 1e-2, "momentum": 0.9})
    return fit(trainer, 2, 3, lambda: criterion(net(data), heat, weight))


def recognition():
    net = gluoncv.model_zoo.get_model(
        "i3d_resnet50_v1_custom", nclass=3, use_kinetics_pretrain=False, pretrained_base=False
    )
    net.initialize()
    net.cast("float64")
    clip = mx.nd.array(draw((1, 3, 8, 64, 64), 4), dtype="float64")
    set_parameters(net, clip)
    net.hybridize()
    label = mx.nd.array([1], dtype="float64")
    criterion = gluon.loss.SoftmaxCrossEntropyLoss()
    trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 1e-3})
    return fit(trainer, 1, 2, lambda: criterion(net(clip), label))


if __name__ == "__main__":
    main(
        "gluoncv",
        [classification, ssd, yolo, segmentation, pose, recognition],
        # gluoncv.auto fails on every Python >= 3.10; gluoncv.torch is the PyTorch half, which needs torchvision
        not_importable=["gluoncv.auto", "gluoncv.torch"],
    )
