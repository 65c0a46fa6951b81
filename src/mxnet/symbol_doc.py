"""Examples of symbol operators, as classes that MXNet merged into the operators' documentation."""

from __future__ import annotations

from typing import Any


class SymbolDoc:
    """What the examples of one operator derive from: a class named after the operator, with the suffix ``Doc``."""

    @staticmethod
    def get_output_shape(sym: Any, **input_shapes: Any) -> dict[str, tuple[int, ...]]:
        """The shapes of a symbol's outputs, by name, for given shapes of its inputs."""
        _, shapes, _ = sym.infer_shape(**input_shapes)
        return dict(zip(sym.list_outputs(), shapes))


class ActivationDoc(SymbolDoc):
    """
    >>> import mxnet as mx
    >>> relu = mx.sym.Activation(mx.sym.Variable("x"), act_type="relu", name="relu")
    >>> SymbolDoc.get_output_shape(relu, x=(2, 3))
    {'relu_output': (2, 3)}
    """


class DropoutDoc(SymbolDoc):
    """
    Outside of training the data passes unchanged.

    >>> import mxnet as mx
    >>> drop = mx.sym.Dropout(mx.sym.Variable("x"), p=0.5)
    >>> drop.eval(x=mx.nd.ones((2,)))[0].asnumpy().tolist()
    [1.0, 1.0]
    """


class EmbeddingDoc(SymbolDoc):
    """
    >>> import mxnet as mx
    >>> words = mx.sym.Embedding(mx.sym.Variable("letters"), input_dim=26, output_dim=16, name="embed")
    >>> SymbolDoc.get_output_shape(words, letters=(5, 64))
    {'embed_output': (5, 64, 16)}
    """


class FlattenDoc(SymbolDoc):
    """
    >>> import mxnet as mx
    >>> flat = mx.sym.Flatten(mx.sym.Variable("x"), name="flat")
    >>> SymbolDoc.get_output_shape(flat, x=(2, 3, 4, 5))
    {'flat_output': (2, 60)}
    """


class FullyConnectedDoc(SymbolDoc):
    """
    >>> import mxnet as mx
    >>> fc = mx.sym.FullyConnected(mx.sym.Variable("x"), num_hidden=10, name="fc")
    >>> fc.list_arguments()
    ['x', 'fc_weight', 'fc_bias']
    >>> SymbolDoc.get_output_shape(fc, x=(2, 3))
    {'fc_output': (2, 10)}
    """


class ConcatDoc(SymbolDoc):
    """
    >>> import mxnet as mx
    >>> both = mx.sym.Concat(mx.sym.Variable("a"), mx.sym.Variable("b"), dim=0, name="both")
    >>> SymbolDoc.get_output_shape(both, a=(2, 3), b=(4, 3))
    {'both_output': (6, 3)}
    """


class BroadcastPlusDoc(SymbolDoc):
    """
    >>> import mxnet as mx
    >>> sum_of = mx.sym.broadcast_plus(mx.sym.Variable("a"), mx.sym.Variable("b"), name="sum")
    >>> SymbolDoc.get_output_shape(sum_of, a=(2, 1), b=(1, 3))
    {'sum_output': (2, 3)}
    """
