"""Trains a small image classifier with 16-bit floats."""

import tensorflow as tf
from tensorflow.keras import mixed_precision as mp

import compat

# Copied from a newer tutorial: the name appears only in TensorFlow 2.4.
tf.keras.mixed_precision.set_global_policy("mixed_float16")


def build(classes: int) -> tf.keras.Model:
    inputs = tf.keras.Input(shape=(32, 32, 3))
    x = tf.keras.layers.Conv2D(32, 3, activation="relu")(inputs)
    x = tf.keras.layers.GlobalAveragePooling2D()(x)
    # The last layer stays in 32 bits, or the loss loses its digits.
    outputs = tf.keras.layers.Dense(classes, dtype="float32")(x)
    return tf.keras.Model(inputs, outputs)


def optimizer() -> tf.keras.optimizers.Optimizer:
    return mp.LossScaleOptimizer(tf.keras.optimizers.Adam(1e-3))


def main() -> None:
    compat.enable_mixed_precision()
    (x, y), _ = tf.keras.datasets.cifar10.load_data()
    model = build(classes=10)
    model.compile(optimizer(), loss="sparse_categorical_crossentropy")
    model.fit(x / 255.0, y, batch_size=256, epochs=2)


if __name__ == "__main__":
    main()
