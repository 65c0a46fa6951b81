"""Examples of array operators, as classes that MXNet merged into the operators' documentation."""

from __future__ import annotations


class NDArrayDoc:
    """What the examples of one operator derive from: a class named after the operator, with the suffix ``Doc``."""


class ReshapeDoc(NDArrayDoc):
    """
    >>> import mxnet as mx
    >>> mx.nd.ones((2, 3, 4)).reshape((4, 0, -1)).shape
    (4, 3, 2)
    """


class elemwise_addDoc(NDArrayDoc):
    """
    >>> import mxnet as mx
    >>> mx.nd.elemwise_add(mx.nd.array([1, 2]), mx.nd.array([10, 20])).asnumpy().tolist()
    [11.0, 22.0]
    """


class BroadcastToDoc(NDArrayDoc):
    """
    >>> import mxnet as mx
    >>> mx.nd.array([[4], [7]]).broadcast_to((2, 3)).asnumpy().tolist()
    [[4.0, 4.0, 4.0], [7.0, 7.0, 7.0]]
    """


class StackDoc(NDArrayDoc):
    """
    >>> import mxnet as mx
    >>> x, y = mx.nd.array([1, 2]), mx.nd.array([3, 4])
    >>> mx.nd.stack(x, y, axis=1).asnumpy().tolist()
    [[1.0, 3.0], [2.0, 4.0]]
    """


class CustomDoc(NDArrayDoc):
    """
    See :class:`mxnet.operator.CustomOp` for how an operator is written in Python; ``mx.nd.Custom(x, op_type="name")``
    applies the one that was registered under that name.
    """
