"""MXFusion: maximum a posteriori, variational inference, a Gaussian process, and a Gluon block inside a model."""

import mxfusion
import mxnet as mx
import numpy as np
from common import draw, main
from mxfusion import Model, Posterior, Variable
from mxfusion.components.distributions import Normal
from mxfusion.components.distributions.gp.kernels import RBF
from mxfusion.components.functions import MXFusionGluonFunction
from mxfusion.components.variables import PositiveTransformation
from mxfusion.inference import MAP, BatchInferenceLoop, GradBasedInference, MeanField, StochasticVariationalInference
from mxfusion.inference.meanfield import create_Gaussian_meanfield
from mxfusion.modules.gp_modules import GPRegression, SparseGPRegression
from mxnet import gluon

del mxfusion, MeanField, Posterior
