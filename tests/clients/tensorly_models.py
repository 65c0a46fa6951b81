"""TensorLy with its MXNet back end: decompositions of a made tensor."""

import tensorly
from common import draw, main
from tensorly.decomposition import parafac, tensor_train, tucker

import mxnet as mx


def tensor():
    tensorly.set_backend("mxnet")
    factors = [draw((size, 3), seed) for seed, size in enumerate((4, 5, 6))]
    return tensorly.cp_to_tensor((None, [tensorly.tensor(factor, dtype="float32") for factor in factors]))


def errors(full, *found):
    return [float(tensorly.norm(full - other, 2) / tensorly.norm(full, 2)) for other in found]


def cp():
    full = tensor()
    found, recorded = parafac(full, 2, init="svd", n_iter_max=5, return_errors=True)
    assert isinstance(found[1][0], mx.np.ndarray)
    return [*map(float, recorded), *errors(full, tensorly.cp_to_tensor(found))]


def tucker_decomposition():
    full = tensor()
    return errors(full, *(tensorly.tucker_to_tensor(tucker(full, rank=[size] * 3, n_iter_max=5)) for size in (2, 3)))


def train():
    full = tensor()
    return errors(full, *(tensorly.tt_to_tensor(tensor_train(full, [1, size, size, 1])) for size in (2, 3)))


if __name__ == "__main__":
    main(
        "tensorly.backend",
        [cp, tucker_decomposition, train],
        [
            "tensorly.backend.cupy_backend",
            "tensorly.backend.jax_backend",
            "tensorly.backend.tensorflow_backend",
            "tensorly.backend.pytorch_backend",
        ],
    )
