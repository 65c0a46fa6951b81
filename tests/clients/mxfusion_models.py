"""MXFusion: maximum a posteriori, variational inference over a Gluon network, Gaussian processes."""

import numpy as np
from common import draw, main, set_parameters
from mxfusion import Model, Variable
from mxfusion.components.distributions import Normal
from mxfusion.components.distributions.gp.kernels import RBF
from mxfusion.components.functions import MXFusionGluonFunction
from mxfusion.components.functions.operators import broadcast_to
from mxfusion.components.variables import PositiveTransformation
from mxfusion.inference import (
    MAP,
    BatchInferenceLoop,
    GradBasedInference,
    ModulePredictionAlgorithm,
    StochasticVariationalInference,
    TransferInference,
    create_Gaussian_meanfield,
)
from mxfusion.modules.gp_modules import GPRegression, SparseGPRegression, SVGPRegression

import mxnet as mx
from mxnet import gluon


class Losses(BatchInferenceLoop):
    """Four steps of the package's loop, and the losses; then two steps of its own."""

    def run(self, infr_executor, data, param_dict, ctx, **options):
        trainer = gluon.Trainer(param_dict, optimizer="adam", optimizer_params={"learning_rate": 1e-2})
        self.losses = []
        for _ in range(4):
            with mx.autograd.record():
                loss, loss_for_gradient = infr_executor(mx.nd.zeros(1, ctx=ctx), *data)
                loss_for_gradient.backward()
            trainer.step(batch_size=1, ignore_stale_grad=True)
            self.losses.append(loss.asscalar())
        super().run(infr_executor, data, param_dict, ctx, max_iter=2)


def infer(algorithm, **data):
    loop = Losses()
    inference = GradBasedInference(inference_algorithm=algorithm, grad_loop=loop, dtype="float64", context=mx.cpu())
    inference.initialize(**{name: value.shape for name, value in data.items()})
    inference.run(**data)
    return inference, loop.losses


def inputs():
    x = np.linspace(-2, 2, 12).reshape(-1, 1)
    y = np.sin(x) + 0.1 * draw((12, 1), 3)
    return mx.nd.array(x, dtype="float64"), mx.nd.array(y, dtype="float64")


def maximum_a_posteriori():
    model = Model()
    model.mean = Variable(shape=(1,), initial_value=mx.nd.array([0.5], dtype="float64"))
    model.variance = Variable(
        shape=(1,), transformation=PositiveTransformation(), initial_value=mx.nd.array([2.0], dtype="float64")
    )
    mean, variance = (broadcast_to(variable, (12, 1)) for variable in (model.mean, model.variance))
    model.y = Normal.define_variable(mean=mean, variance=variance, shape=(12, 1), dtype="float64")
    return infer(MAP(model=model, observed=[model.y]), y=inputs()[1])[1]


def bayesian_network():
    """A network's weights get priors and a factorized posterior: samples are random, so no losses are compared."""
    net = gluon.nn.HybridSequential(prefix="net_")
    with net.name_scope():
        net.add(gluon.nn.Dense(4, activation="tanh", in_units=1, dtype="float64"))
        net.add(gluon.nn.Dense(1, in_units=4, dtype="float64"))
    net.initialize(mx.init.Xavier(magnitude=1))
    set_parameters(net)
    model = Model()
    model.n = Variable()
    model.f = MXFusionGluonFunction(net, num_outputs=1, broadcastable=False)
    model.x = Variable(shape=(model.n, 1))
    model.v = Variable(
        shape=(1,), transformation=PositiveTransformation(), initial_value=mx.nd.array([0.01], dtype="float64")
    )
    model.r = model.f(model.x)
    for _, weight in model.r.factor.parameters.items():
        weight.set_prior(
            Normal(
                mean=broadcast_to(mx.nd.array([0.0], dtype="float64"), weight.shape),
                variance=broadcast_to(mx.nd.array([1.0], dtype="float64"), weight.shape),
                dtype="float64",
            )
        )
    model.y = Normal.define_variable(
        mean=model.r, variance=broadcast_to(model.v, (model.n, 1)), shape=(model.n, 1), dtype="float64"
    )
    observed = [model.y, model.x]
    posterior = create_Gaussian_meanfield(model=model, observed=observed, dtype="float64")
    algorithm = StochasticVariationalInference(num_samples=3, model=model, posterior=posterior, observed=observed)
    x, y = inputs()
    _, losses = infer(algorithm, y=y, x=x)
    assert len(losses) == 4 and np.isfinite(losses).all()
    return []


def gaussian_process(kind=GPRegression, **options):
    model = Model()
    model.x = Variable(shape=(12, 1))
    model.noise = Variable(
        shape=(1,), transformation=PositiveTransformation(), initial_value=mx.nd.array([0.01], dtype="float64")
    )
    model.kernel = RBF(input_dim=1, variance=1, lengthscale=1, dtype="float64")
    model.y = kind.define_variable(
        X=model.x, kernel=model.kernel, noise_var=model.noise, shape=(12, 1), dtype="float64", **options
    )
    x, y = inputs()
    inference, losses = infer(MAP(model=model, observed=[model.x, model.y]), x=x, y=y)
    predict = TransferInference(
        ModulePredictionAlgorithm(model, observed=[model.x], target_variables=[model.y]),
        infr_params=inference.params,
        dtype=np.float64,
    )
    mean, variance = predict.run(x=x)[0]
    return [*losses, mean.asnumpy().sum(), variance.asnumpy().sum()]


def sparse_gaussian_process():
    points = Variable(shape=(4, 1), initial_value=mx.nd.array(np.linspace(-1, 1, 4).reshape(-1, 1), dtype="float64"))
    return gaussian_process(SparseGPRegression, inducing_inputs=points)


def variational_gaussian_process():
    points = Variable(shape=(4, 1), initial_value=mx.nd.array(np.linspace(-1, 1, 4).reshape(-1, 1), dtype="float64"))
    losses = gaussian_process(SVGPRegression, inducing_inputs=points)
    assert np.isfinite(losses).all()
    return []  # the means of its posterior start at random


if __name__ == "__main__":
    main(
        "mxfusion",
        [
            maximum_a_posteriori,
            bayesian_network,
            gaussian_process,
            sparse_gaussian_process,
            variational_gaussian_process,
        ],
    )
