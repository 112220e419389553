"""The same switch for every TensorFlow from 2.0 on."""

import tensorflow as tf


def enable_mixed_precision() -> None:
    # The guard works on every release, so nothing is reported here.
    try:
        tf.keras.mixed_precision.set_global_policy("mixed_float16")
    except AttributeError:
        tf.keras.mixed_precision.experimental.set_policy("mixed_float16")
