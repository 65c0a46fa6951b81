"""GluonTS: estimators trained and asked for forecasts, on two made series."""

import numpy as np
import pandas as pd
from common import main, set_parameters
from gluonts.dataset.common import ListDataset
from gluonts.mx.model.deepar import DeepAREstimator
from gluonts.mx.model.n_beats import NBEATSEstimator
from gluonts.mx.model.seq2seq import MQCNNEstimator
from gluonts.mx.model.simple_feedforward import SimpleFeedForwardEstimator
from gluonts.mx.model.tft import TemporalFusionTransformerEstimator
from gluonts.mx.model.transformer import TransformerEstimator
from gluonts.mx.model.wavenet import WaveNetEstimator
from gluonts.mx.trainer import Trainer
from gluonts.mx.trainer.callback import Callback

FREQUENCY, HORIZON = "H", 6


def series():
    hours = np.arange(24 * 6)
    values = [10 + phase + np.sin(2 * np.pi * (hours + phase) / 24) for phase in range(3)]
    entries = [
        {"start": pd.Period("2020-01-01 00:00", FREQUENCY), "target": value.astype("float32"), "item_id": str(number)}
        for number, value in enumerate(values)
    ]
    return ListDataset(entries, freq=FREQUENCY)


class Record(Callback):
    """Gives the network equal parameters at the start, and keeps the losses of the batches."""

    def __init__(self):
        self.losses = []

    def on_network_initializing_end(self, training_network):
        set_parameters(training_network)

    def on_train_batch_end(self, training_network):
        return True

    def on_epoch_end(self, epoch_no, epoch_loss, training_network, trainer, best_epoch_info, ctx):
        self.losses.append(epoch_loss)
        return True


def train(make, hybridize=True, **options):
    np.random.seed(1)
    record = Record()
    trainer = Trainer(epochs=2, num_batches_per_epoch=2, learning_rate=1e-3, hybridize=hybridize, callbacks=[record])
    estimator = make(prediction_length=HORIZON, trainer=trainer, batch_size=8, **options)
    predictor = estimator.train(series())
    forecasts = list(predictor.predict(series()))
    assert len(forecasts) == 3 and forecasts[0].mean.shape == (HORIZON,) and np.isfinite(forecasts[0].mean).all()
    return record.losses


def feedforward():
    return train(SimpleFeedForwardEstimator, num_hidden_dimensions=[8], context_length=12)


def deepar():
    return train(DeepAREstimator, freq=FREQUENCY, num_cells=8, num_layers=1, dropout_rate=0.0, context_length=12)


def transformer():
    return train(TransformerEstimator, freq=FREQUENCY, model_dim=8, num_heads=2, dropout_rate=0.0, context_length=12)


def wavenet():
    return train(
        WaveNetEstimator,
        freq=FREQUENCY,
        embedding_dimension=2,
        num_bins=32,
        n_residue=4,
        n_skip=4,
        dilation_depth=2,
        n_stacks=1,
        train_window_length=12,
    )


def n_beats():
    return train(NBEATSEstimator, freq=FREQUENCY, context_length=12, num_stacks=2, widths=[8], loss_function="MAPE")


def mqcnn():
    return train(
        MQCNNEstimator, freq=FREQUENCY, context_length=12, use_feat_static_cat=False, seed=3, quantiles=[0.1, 0.5, 0.9]
    )


def tft():
    return train(
        TemporalFusionTransformerEstimator,
        freq=FREQUENCY,
        context_length=12,
        hidden_dim=8,
        num_heads=2,
        dropout_rate=0.0,
    )


if __name__ == "__main__":
    main("gluonts.mx", [feedforward, deepar, transformer, wavenet, n_beats, mqcnn, tft])
