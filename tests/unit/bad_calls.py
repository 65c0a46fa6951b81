"""Calls that MXNet 1.9.1 refuses, and the kind of error by which its users catch them.

With MXNet's interpreter, ``python -m tests.unit.bad_calls`` checks the table, and stops at a row that is not so.
"""

import os
import struct
import tempfile

import cv2
import numpy as np

# The kind, and the call.
TABLE = """
# gluon layers
AssertionError: nn.Conv1D(4, (3, 3))
AssertionError: nn.Conv2D(4, (3, 3, 3))
AssertionError: nn.Conv2D(4, 3, layout="CHWN")
AssertionError: nn.Conv1D(4, 3, layout="NWC")
AssertionError: nn.Conv3D(4, (3, 3))
AssertionError: nn.Conv3D(4, 3, layout="X")
AssertionError: nn.Conv1DTranspose(4, 3, layout="NWC")
AssertionError: nn.Conv1DTranspose(4, (3, 3))
AssertionError: nn.Conv2DTranspose(4, (3,))
AssertionError: nn.Conv2DTranspose(4, 3, output_padding=(1, 1, 1))
AssertionError: nn.Conv2DTranspose(4, 3, layout="X")
AssertionError: nn.Conv3DTranspose(4, (3,))
AssertionError: nn.Conv3DTranspose(4, 3, output_padding=(1, 1))
AssertionError: nn.Conv2D(4, "3")
AssertionError: nn.MaxPool1D((2, 2))
AssertionError: nn.MaxPool2D((2,))
AssertionError: nn.MaxPool2D(2, layout="NCW")
AssertionError: nn.MaxPool3D((2, 2))
AssertionError: nn.AvgPool1D((2, 2))
AssertionError: nn.AvgPool2D((2, 2, 2))
AssertionError: nn.AvgPool3D((2,))
AssertionError: nn.AvgPool2D(2, layout="x")
AssertionError: nn.AvgPool3D(2, layout="x")
AssertionError: nn.MaxPool1D(2, layout="x")
AssertionError: nn.GlobalMaxPool1D(layout="x")
AssertionError: nn.GlobalAvgPool2D(layout="x")
AssertionError: nn.GlobalAvgPool3D(layout="x")
AssertionError: nn.GlobalMaxPool2D(layout="x")
AssertionError: nn.LeakyReLU(-1)
AssertionError: nn.Lambda("no_such_function")
ValueError: nn.Lambda(3)
AssertionError: nn.HybridLambda("no_such_function")
ValueError: nn.HybridLambda(3)
AssertionError: nn.ReflectionPad2D("a")
AssertionError: nn.ReflectionPad2D((1, 2))
# losses
AssertionError: loss.L1Loss(weight=nd.ones((1,)))(nd.ones((2, 3)), nd.ones((2, 3)))
AssertionError: loss.CTCLoss(layout="CNT")
AssertionError: loss.CTCLoss(label_layout="X")
AssertionError: loss.SDMLLoss()(nd.ones((2, 3)), nd.ones((2, 4)))
MXNetError: loss.CosineEmbeddingLoss()(nd.ones((2, 3)), nd.ones((2, 4)), nd.ones((2,)))
AssertionError: loss._apply_weighting(nd, nd.ones((2,)), "a")
# model zoo
AssertionError: vision.get_resnet(1, 19)
AssertionError: vision.get_resnet(3, 18)
KeyError: vision.get_vgg(12)
AssertionError: vision.SqueezeNet("2.0")
AssertionError: vision.resnet.ResNetV1("basic_block", [2], [3])
AssertionError: vision.VGG([1], [2, 3])
AssertionError: vision.resnet.ResNetV1(vision.resnet.BasicBlockV1, [2, 2], [3, 4])
AssertionError: vision.resnet.ResNetV2(vision.resnet.BasicBlockV2, [2, 2], [3, 4])
# rnn
KeyError: rnn.RNN(5, activation="x")
RuntimeError: rnn.GRU(5)(nd.ones((2, 3)))
MXNetError: run(rnn.LSTM(5), nd.ones((2, 3, 4)), [nd.ones((1, 3, 5))])
AssertionError: gluon.contrib.cnn.DeformableConvolution(4, layout="X")
AssertionError: gluon.contrib.cnn.DeformableConvolution(4, (3, 3), layout="NCW")
AssertionError: gluon.contrib.cnn.ModulatedDeformableConvolution(4, layout="X")
AssertionError: gluon.contrib.nn.PixelShuffle2D((2, 2, 2))
AssertionError: gluon.contrib.nn.PixelShuffle3D((2, 2))
# image
AssertionError: image.ImageIter(2, (3, 8, 8))
AssertionError: image.ImageIter(2, (3, 8, 8), **listed, dtype="float16")
AssertionError: image.ImageIter(2, (3, 8, 8), **listed, dtype="x")
AssertionError: image.ImageIter(2, (3, 8, 8), **listed, part_index=3, num_parts=2)
AssertionError: image.ImageIter(2, (3, 8, 8), imglist=3, path_root="x")
AssertionError: image.ImageIter(2, (3, 8, 8), path_imgrec=rec_file, shuffle=True)
AssertionError: image.ImageIter(2, (3, 8, 8), path_imgrec=rec_file, num_parts=2)
AssertionError: image.ImageIter(2, (3, 8, 8), path_imgrec=rec_file, path_imgidx=idx_file, part_index=2, num_parts=2)
AssertionError: image.ImageDetIter(2, (3, 8, 8))
AssertionError: image.ImageDetIter(2, (3, 8, 8), **boxed).sync_label_shape(3)
AssertionError: image.ImageDetIter(2, (3, 8, 8), **boxed, mean=3)
AssertionError: image.CreateAugmenter((3, 8, 8), rand_resize=True)
AssertionError: image.CreateAugmenter((3, 8, 8), mean=np.ones(2))
AssertionError: image.CreateAugmenter((3, 8, 8), std=np.ones(2))
AssertionError: image.CreateAugmenter((3, 8, 8), mean=3)
AssertionError: image.CreateAugmenter((3, 8, 8), std=[1, 2, 3])
AssertionError: image.CreateDetAugmenter((3, 8, 8), mean=np.ones(2))
AssertionError: image.CreateDetAugmenter((3, 8, 8), std=3)
AssertionError: image.CreateDetAugmenter((3, 8, 8), mean=[1, 2, 3])
AssertionError: image.CreateDetAugmenter((3, 8, 8), rand_crop=1, aspect_ratio_range="a")
AssertionError: image.DetRandomCropAug(aspect_ratio_range="a")
AssertionError: image.DetRandomCropAug(area_range="a")
AssertionError: image.DetRandomPadAug(pad_val="a")
AssertionError: image.DetRandomPadAug(aspect_ratio_range="a")
AssertionError: image.DetRandomPadAug(area_range="a")
AssertionError: image.CreateMultiRandCropAugmenter(min_object_covered=[0.1, 0.2], aspect_ratio_range=[(1, 2)] * 3)
AssertionError: image.RandomSizedCropAug((3, 3), 0.5, (1, 2), nothing=3)
AssertionError: image.random_size_crop(nd.ones((8, 8, 3)), (3, 3), 0.5, (1, 2), nothing=3)
AssertionError: image.imresize(3, 4, 4)
AssertionError: image.image._get_interp_method(9, (1, 2))
AssertionError: image.copyMakeBorder(3, 1, 1, 1, 1)
# recordio
struct.error: recordio.unpack(b"")
struct.error: recordio.unpack(b"123")
ValueError: recordio.unpack(recordio.pack(recordio.IRHeader(0, [1, 2, 3], 4, 0), b"")[:26])
struct.error: recordio.unpack_img(b"")
cv2.error: recordio.pack_img(recordio.IRHeader(0, 1, 2, 0), np.ones((4, 4, 3), "uint8"), img_fmt=".nothing")
cv2.error: recordio.pack_img(recordio.IRHeader(0, 1, 2, 0), np.ones((4, 4, 3), "uint8"), quality="a")
cv2.error: recordio.pack_img(recordio.IRHeader(0, 1, 2, 0), np.ones((0, 4, 3), "uint8"))
# io
MXNetError: mx.io.CSVIter(3)
MXNetError: mx.io.MNISTIter(3)
# metric
KeyError: named.update_dict({"x": nd.ones((2,))}, {"b": nd.ones((2,))})
KeyError: named.update_dict({"a": nd.ones((2,))}, {"x": nd.ones((2,))})
KeyError: named.update_dict({}, {})
# optimizer
AssertionError: mx.optimizer.SGD(param_idx2name=3)
AssertionError: mx.optimizer.SGD(param_idx2name=["a"])
AssertionError: mx.optimizer.SGD().update(0, 3, nd.ones((3,)), None)
AssertionError: mx.optimizer.SGD().update(0, nd.ones((2,)), 3, None)
AssertionError: mx.optimizer.AdaGrad().update(0, 3, nd.ones((2,)), nd.ones((2,)))
AssertionError: mx.optimizer.Ftrl().update(0, 3, nd.ones((2,)), (nd.ones((2,)), nd.ones((2,))))
AssertionError: mx.optimizer.Adamax().update(0, 3, nd.ones((2,)), (nd.ones((2,)), nd.ones((2,))))
AssertionError: mx.optimizer.Nadam().update(0, nd.ones((2,)), 3, (nd.ones((2,)), nd.ones((2,))))
AssertionError: mx.optimizer.SGLD().update(0, nd.ones((2,)), 3, None)
AssertionError: mx.optimizer.DCASGD().update(0, nd.ones((2,)), 3, (None, nd.ones((2,))))
AssertionError: mx.optimizer.AdaDelta().update(0, nd.ones((2,)), 3, (nd.ones((2,)), nd.ones((2,))))
AssertionError: mx.optimizer.contrib.GroupAdaGrad().create_state(0, nd.ones((2,)))
AssertionError: mx.optimizer.contrib.GroupAdaGrad().update(0, nd.ones((2, 2)), 3, nd.ones((2, 1)))
AssertionError: mx.optimizer.contrib.GroupAdaGrad().update(0, 3, nd.ones((2, 2)), nd.ones((2, 1)))
AssertionError: mx.optimizer.contrib.GroupAdaGrad(wd=0.1).update(0, nd.ones((2, 2)), nd.ones((2, 2)), nd.ones((2, 1)))
AssertionError: mx.optimizer.Optimizer.register(3)
# module
KeyError: mx.mod.Module(mlp).bind([("data", (2, 3))], [("nothing", (2,))])
MXNetError: ready().forward(batch((2, 4)))
KeyError: ready().update_metric(named, [nd.ones((2,))])
KeyError: ready().reshape([("data", (2, 3))], [("nothing", (2,))])
# ndarray
AssertionError: nd.relu(3)
AssertionError: nd.relu([1.0])
AssertionError: nd.relu(np.ones(3))
AssertionError: nd.relu("a")
AssertionError: nd.dot(nd.ones((2, 2)), 3)
AssertionError: nd.dot(3, nd.ones((2, 2)))
AssertionError: nd.dot(np.ones((2, 2)), nd.ones((2, 2)))
AssertionError: nd.concat(nd.ones((2,)), 3)
AssertionError: nd.concat(3)
AssertionError: nd.stack(nd.ones((2,)), np.ones(2))
AssertionError: nd.add_n(3, 4)
AssertionError: nd.broadcast_add(nd.ones((2,)), 3)
AssertionError: nd.FullyConnected(nd.ones((2, 3)), 3, num_hidden=2, no_bias=True)
AssertionError: nd.Convolution(nd.ones((2, 3)), weight=3, num_filter=2, kernel=(2,))
AssertionError: nd.sum(3)
AssertionError: nd.mean(np.ones(3))
AssertionError: nd.softmax([1, 2])
AssertionError: nd.transpose(3)
AssertionError: nd.reshape([1, 2], shape=(2,))
AssertionError: nd.zeros_like(3)
AssertionError: nd.ones_like(np.ones(2))
AssertionError: nd.clip(3, 0, 1)
AssertionError: nd.one_hot([1, 2], 3)
AssertionError: nd.take(nd.ones((3,)), [1])
AssertionError: nd.pick(nd.ones((3, 3)), [1, 1, 1])
AssertionError: nd.where([1], nd.ones((1,)), nd.ones((1,)))
AssertionError: nd.SequenceMask(nd.ones((2, 2)), sequence_length=[1, 2], use_sequence_length=True)
AssertionError: nd.Embedding([1], nd.ones((2, 2)), input_dim=2, output_dim=2)
AssertionError: nd.relu(data=3)
AssertionError: nd.relu(mx.sym.var("x"))
AssertionError: nd.topk("a")
AssertionError: nd.ones((2, 3)).take([1])
AssertionError: nd.ones((2, 3)).pick([1, 1])
AssertionError: nd.ones((2, 3)).slice_like(np.ones((1, 1)))
AssertionError: nd.ones((2, 3)).reshape_like([1])
AssertionError: nd.ones((2, 3)).reshape()
MXNetError: nd.ones((2, 3)).reshape((4, 4))
KeyError: nd.ones((2, 3)).attach_grad("x")
AssertionError: nd.concatenate(3)
AssertionError: nd.concatenate([])
AssertionError: nd.concatenate([3])
AssertionError: nd.concatenate([nd.ones((2, 3)), nd.ones((2, 4))])
AssertionError: nd.concatenate([nd.ones((2, 3)), nd.ones((2, 3), dtype="int32")])
AssertionError: nd.from_dlpack(3)
AssertionError: nd.random.randn(2, loc="a")
AssertionError: nd.random.multinomial(3)
AssertionError: nd.random.multinomial([0.5, 0.5])
AssertionError: nd.random.shuffle(3)
AssertionError: nd.linalg.gemm2(3, 4)
AssertionError: nd.sparse.dot(3, 4)
AssertionError: nd.image.to_tensor(3)
AssertionError: nd.image.normalize(3, 0, 1)
AssertionError: nd.Custom(3, op_type="nothing")
AssertionError: nd.maximum("a", 3)
MXNetError: nd.add(None, 3)
AssertionError: nd.power("a", nd.ones((2,)))
AssertionError: nd.sgd_update(nd.ones((2,)), 3, lr=1)
AssertionError: mx.np.sum("a")
AssertionError: mx.np.unique("a")
AssertionError: mx.np.random.shuffle(3)
TypeError: nd.relu(nd.ones((2,)), out=3)
TypeError: nd.broadcast_add(nd.ones((2,)), nd.ones((2,)), out=3)
TypeError: nd.relu(nd.ones((2, 2)).tostype("csr"), out=3)
TypeError: nd.ones((2,)).as_in_context(3)
TypeError: nd.ones((2,)).as_in_context("cpu")
TypeError: mx.np.ones((2,)).as_in_ctx(None)
AssertionError: nd.onehot_encode(3, 4)
AssertionError: nd.onehot_encode(nd.ones((2,)), 4)
MXNetError: nd.ones((2,), ctx=3)
MXNetError: nd.zeros((2,), ctx="x")
MXNetError: nd.arange(3, ctx=3)
MXNetError: mx.np.ones((2,), ctx=3)
MXNetError: mx.np.arange(3, ctx=3)
MXNetError: mx.np.random.uniform(ctx=3)
TypeError: mx.np.random.uniform(out=3)
TypeError: mx.np.random.randint(3, out=3)
KeyError: mx.Context("x")
KeyError: mx.Context(3)
KeyError: mx.random.seed(1, ctx="x")
# symbol
AssertionError: mx.sym.relu(3)
AssertionError: mx.sym.relu(nd.ones((2,)))
AssertionError: mx.sym.relu(data=3)
AssertionError: mx.sym.relu("a")
AssertionError: mx.sym.FullyConnected(3, num_hidden=2)
AssertionError: mx.sym.FullyConnected(mx.sym.var("x"), weight=3, num_hidden=2)
AssertionError: mx.sym.concat(mx.sym.var("x"), 3)
AssertionError: mx.sym.Concat(3)
AssertionError: mx.sym.dot(mx.sym.var("x"), np.ones(2))
AssertionError: mx.sym.broadcast_add(mx.sym.var("x"), 3)
AssertionError: mx.sym.random.normal(0, [1])
AssertionError: mx.sym.random.randn(2, loc="a")
AssertionError: mlp.optimize_for(3)
# autograd
TypeError: mx.autograd.backward(3)
AssertionError: mx.autograd.backward([nd.ones((2,))], [])
AssertionError: mx.autograd.grad(nd.ones((2,)), [])
TypeError: mx.autograd.grad(nd.ones((2,)), 3)
AssertionError: mx.autograd.get_symbol(3)
TypeError: mx.autograd.mark_variables(3, 4)
TypeError: mx.autograd.backward(None)
AssertionError: mx.autograd.mark_variables(nd.ones((2,)), 3)
KeyError: mx.autograd.mark_variables(nd.ones((2,)), nd.ones((2,)), "x")
# old rnn
MXNetError: mx.rnn.FusedRNNCell(5).unpack_weights({"lstm_parameters": nd.ones((3,))})
MXNetError: mx.rnn.FusedRNNCell(5, prefix="lstm_").unpack_weights({"lstm_parameters": nd.ones((3,))})
"""

ROWS = [tuple(line.split(": ", 1)) for line in TABLE.splitlines() if line and line[0] != "#"]


def names(mx, root):
    """What the calls refer to; files go into the folder ``root``."""
    nd, gluon = mx.nd, mx.gluon

    def path(name):
        return os.path.join(root, name)

    picture = np.zeros((16, 16, 3), np.uint8)
    cv2.imwrite(path("a.jpg"), picture)
    writer = mx.recordio.MXIndexedRecordIO(path("r.idx"), path("r.rec"), "w")
    for i in range(3):
        writer.write_idx(i, mx.recordio.pack_img((0, i, i, 0), picture))
    writer.close()
    out = mx.sym.FullyConnected(mx.sym.var("data"), num_hidden=4, name="fc")
    mlp = mx.sym.SoftmaxOutput(out, name="softmax")
    box = [2, 5, 0, 0.1, 0.1, 0.5, 0.5]

    def run(block, *args):
        block.initialize()
        return block(*args)

    def batch(shape):
        return mx.io.DataBatch([nd.ones(shape)], [nd.ones((shape[0],))])

    def ready():
        module = mx.mod.Module(mlp)
        module.bind([("data", (2, 3))], [("softmax_label", (2,))])
        module.init_params()
        return module

    return {
        "mx": mx,
        "MXNetError": mx.base.MXNetError,
        "struct": struct,
        "cv2": cv2,
        "np": np,
        "nd": nd,
        "gluon": gluon,
        "nn": gluon.nn,
        "rnn": gluon.rnn,
        "loss": gluon.loss,
        "vision": gluon.model_zoo.vision,
        "image": mx.image,
        "recordio": mx.recordio,
        "rec_file": path("r.rec"),
        "idx_file": path("r.idx"),
        "listed": {"imglist": [[0, "a.jpg"], [1, "a.jpg"]], "path_root": root},
        "boxed": {"imglist": [[box, "a.jpg"], [box, "a.jpg"]], "path_root": root},
        "named": mx.metric.Accuracy(label_names=["a"], output_names=["b"]),
        "mlp": mlp,
        "run": run,
        "batch": batch,
        "ready": ready,
    }


if __name__ == "__main__":
    import mxnet

    with tempfile.TemporaryDirectory() as folder:
        known = names(mxnet, folder)
        for kind, call in ROWS:
            try:
                eval(call, known)
            except eval(kind, known):
                continue
            raise SystemExit(f"{call} raises nothing")
