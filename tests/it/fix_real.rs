//! Repairs of forms that stand in published code, each named after what it made of them before.

use crate::fix::{on_request, safe};

/// Nothing is made of code, even on request.
#[track_caller]
fn stays(pin: &str, code: &str) {
    on_request(pin, code, code);
}

#[test]
fn a_message_whose_fields_are_read_was_left_as_it_was() {
    safe(
        "tensorflow==2.3.4",
        "import tensorflow as tf\n\nconfig = tf.ConfigProto()\nconfig.gpu_options.allow_growth = True\n",
        "import tensorflow as tf\n\nconfig = tf.compat.v1.ConfigProto()\nconfig.gpu_options.allow_growth = True\n",
    );
}

#[test]
fn a_method_took_the_place_of_a_function() {
    stays(
        "tensorflow==2.10.1",
        "import tensorflow as tf\n\nds = ds.apply(tf.data.experimental.unbatch())\n",
    );
    stays(
        "tensorflow==2.18.1",
        "import tensorflow as tf\n\nds = ds.apply(tf.data.experimental.dense_to_ragged_batch(8))\n",
    );
    // A static method wants no object.
    on_request(
        "tensorflow==2.10.1",
        "import tensorflow as tf\n\nds = tf.data.experimental.sample_from_datasets([a, b])\n",
        "import tensorflow as tf\n\nds = tf.data.Dataset.sample_from_datasets([a, b])\n",
    );
}

#[test]
fn a_layer_took_the_place_of_a_function_that_applies_one() {
    stays(
        "tensorflow==2.3.4",
        "import tensorflow as tf\n\ny = tf.compat.v1.layers.conv2d(inputs=x, filters=8, kernel_size=3)\n",
    );
    on_request(
        "tensorflow==2.3.4",
        "import tensorflow as tf\n\ny = tf.layers.conv2d(inputs=x, filters=8, kernel_size=3)\n",
        "import tensorflow as tf\n\ny = tf.compat.v1.layers.conv2d(inputs=x, filters=8, kernel_size=3)\n",
    );
}

#[test]
fn a_name_out_of_a_deprecation_took_the_arguments_of_another_function() {
    // It would interpolate in another way.
    stays(
        "tensorflow==2.18.1",
        "import tensorflow.compat.v1 as tf\n\ny = tf.image.resize_bicubic([x], [8, 8])\n",
    );
    // It takes the folder first.
    stays(
        "tensorflow==2.18.1",
        "import tensorflow as tf\n\ntf.compat.v1.saved_model.loader.load(session, ['serve'], folder)\n",
    );
}
