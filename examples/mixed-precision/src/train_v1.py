"""What is left of the version for TensorFlow 1."""

import tensorflow as tf


def enable_mixed_precision() -> None:
    # Often given as the answer for old releases; it was gone from compat.v1 in 2.3.0.
    tf.compat.v1.keras.mixed_precision.experimental.set_policy("mixed_float16")


def features(images):
    return tf.contrib.layers.flatten(images)
