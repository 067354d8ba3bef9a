"""Training of one form of network, its step traced once in a process.

Keras' own ``fit`` traces each network anew and opens an iterator for each epoch, which takes many times as long as the
sums of so few weights do. Optimizer, loss, constraints and callbacks are Keras'.
"""

from collections.abc import Callable

import numpy as np

EPOCHS = 24
PATIENCE = 8
BATCH = 512

Watch = Callable[[int, float], bool]
"""``watch(epoch, loss of validation)``: whether to end here."""


class Trainer:
    """``model`` is trained in place, over and over: whoever wants to keep one takes its weights."""

    def __init__(self, keras, model, decay: float):
        import tensorflow as tf

        self.model = model
        self._keras = keras
        loss = keras.losses.BinaryCrossentropy()
        self._optimizer = optimizer = keras.optimizers.Adam(weight_decay=decay or None)
        optimizer.build(model.trainable_variables)
        model.compile(optimizer, loss)
        of = tf.TensorSpec
        three = of((None, model.input_shape[1]), tf.float32), of((None, 1), tf.float32), of((None,), tf.float32)

        @tf.function(input_signature=(*three, of((None,), tf.int32)))
        def epoch(x, fail, weight, order):
            for start in tf.range(0, len(order), BATCH):
                rows = order[start : start + BATCH]
                with tf.GradientTape() as tape:
                    found = model(tf.gather(x, rows), training=True)
                    lost = loss(tf.gather(fail, rows), found, sample_weight=tf.gather(weight, rows))
                optimizer.apply(tape.gradient(lost, model.trainable_variables), model.trainable_variables)

        @tf.function(input_signature=three)
        def validate(x, fail, weight):
            return loss(fail, model(x), sample_weight=weight)

        self._epoch, self._validate = epoch, validate

    def fit(self, windows, validation, rate: float, rng: np.random.Generator, watch: Watch | None = None) -> None:
        """From the weights that the model has; ``windows`` and ``validation``: float32[n, k], bool[n], float[n]."""
        for variable in self._optimizer.variables:
            variable.assign(np.zeros(variable.shape))
        self._optimizer.learning_rate = rate
        self.model.stop_training = False
        found = self._keras.callbacks
        callbacks = found.CallbackList(
            [
                found.EarlyStopping("val_loss", patience=PATIENCE, restore_best_weights=True),
                found.ReduceLROnPlateau("val_loss", factor=0.3, patience=3, min_lr=1e-4),
            ],
            model=self.model,
        )
        learned, validated = _tensors(*windows), _tensors(*validation)
        callbacks.on_train_begin()
        for k in range(EPOCHS):
            self._epoch(*learned, rng.permutation(len(windows[0])).astype(np.int32))
            lost = float(self._validate(*validated))
            callbacks.on_epoch_end(k, {"val_loss": lost})
            if self.model.stop_training or (watch is not None and watch(k, lost)):
                break
        callbacks.on_train_end()


def _tensors(x: np.ndarray, fail: np.ndarray, weight: np.ndarray) -> tuple:
    import tensorflow as tf

    return tuple(tf.constant(array, tf.float32) for array in (x, fail[:, None], weight))
