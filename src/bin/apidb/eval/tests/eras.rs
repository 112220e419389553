//! One small wheel for each way in which TensorFlow and Keras have laid out their names.

use super::{absent, evaluate, symbol};

const GENERATED: &str = "# This file is MACHINE GENERATED! Do not edit.\n";

#[test]
fn messages_of_protocol_buffers_reach_the_root_in_1_0_to_1_7() {
    let surface = evaluate(
        "tensorflow",
        "1.7.0",
        [
            (
                "tensorflow/__init__.py",
                "from tensorflow.python import *\nfrom tensorflow.python.util.lazy_loader import LazyLoader\n\
                 contrib = LazyLoader('contrib', globals(), 'tensorflow.contrib')\ndel LazyLoader\n",
            ),
            (
                "tensorflow/python/__init__.py",
                "from tensorflow.core.config_pb2 import *\n\
                 from tensorflow.python.all_util import remove_undocumented\n\
                 from tensorflow.python.training import training as train\n\
                 _allowed_symbols = ['ConfigProto', 'train']\n\
                 remove_undocumented(__name__, _allowed_symbols, [train])\n",
            ),
            (
                "tensorflow/python/all_util.py",
                "def remove_undocumented(a, b, c): pass\n",
            ),
            ("tensorflow/python/util/__init__.py", ""),
            (
                "tensorflow/python/util/lazy_loader.py",
                "class LazyLoader(object): pass\n",
            ),
            ("tensorflow/python/training/__init__.py", ""),
            (
                "tensorflow/python/training/training.py",
                "from tensorflow.core.config_pb2 import *\nfrom tensorflow.python.util.tf_export import tf_export\n\
                 @tf_export('train.Saver')\nclass Saver(object):\n  def __init__(self, var_list=None): pass\n",
            ),
            (
                "tensorflow/python/util/tf_export.py",
                "def tf_export(*names): pass\n",
            ),
            ("tensorflow/core/__init__.py", ""),
            (
                "tensorflow/core/config_pb2.py",
                "from google.protobuf import reflection as _reflection\nfrom google.protobuf import message as _message\n\
                 DESCRIPTOR = object()\n\
                 ConfigProto = _reflection.GeneratedProtocolMessageType('ConfigProto', (_message.Message,), dict(\n  DESCRIPTOR = 1))\n\
                 Hidden = _reflection.GeneratedProtocolMessageType('Hidden', (_message.Message,), dict())\n",
            ),
            (
                "tensorflow/contrib/__init__.py",
                "from tensorflow.contrib import layers\n",
            ),
            (
                "tensorflow/contrib/layers/__init__.py",
                "\"\"\"Layers.\n\n@@dense\n\"\"\"\nfrom tensorflow.contrib.layers.python.layers import *\n\
                 from tensorflow.python.all_util import remove_undocumented\nremove_undocumented(__name__, [])\n",
            ),
            ("tensorflow/contrib/layers/python/__init__.py", ""),
            (
                "tensorflow/contrib/layers/python/layers.py",
                "def dense(inputs, units): pass\ndef helper(): pass\n",
            ),
        ],
    );
    assert_eq!(symbol(&surface, "tensorflow.ConfigProto").kind, "class");
    assert_eq!(
        symbol(&surface, "tensorflow.train.ConfigProto").kind,
        "class"
    );
    assert_eq!(
        symbol(&surface, "tensorflow.train.Saver")
            .signature
            .as_deref(),
        Some("(var_list=)")
    );
    assert_eq!(
        symbol(&surface, "tensorflow.contrib.layers.dense").kind,
        "function"
    );
    absent(&surface, "tensorflow.Hidden");
    absent(&surface, "tensorflow.contrib.layers.helper");
    absent(&surface, "tensorflow.LazyLoader");
}

#[test]
fn contrib_is_loaded_by_a_class_of_the_root_in_1_0_and_1_1() {
    let surface = evaluate(
        "tensorflow",
        "1.0.0",
        [
            (
                "tensorflow/__init__.py",
                "class _Loader(object):\n\n  def __getattr__(self, item):\n    global contrib\n    import importlib\n    \
                 contrib = importlib.import_module('tensorflow.contrib')\n    return getattr(contrib, item)\n\n\
                 contrib = _Loader()\n",
            ),
            (
                "tensorflow/contrib/__init__.py",
                "from tensorflow.contrib import rnn\n",
            ),
            (
                "tensorflow/contrib/rnn/__init__.py",
                "class LSTMCell: pass\n",
            ),
        ],
    );
    symbol(&surface, "tensorflow.contrib.rnn.LSTMCell");
}

#[test]
fn messages_that_the_library_makes_are_objects() {
    let surface = evaluate(
        "tensorflow",
        "2.12.0",
        [
            (
                "tensorflow/__init__.py",
                "from tensorflow._api.v2 import train\n",
            ),
            ("tensorflow/_api/__init__.py", ""),
            ("tensorflow/_api/v2/__init__.py", ""),
            (
                "tensorflow/_api/v2/train/__init__.py",
                "from tensorflow.core.example_pb2 import Example\n",
            ),
            ("tensorflow/core/__init__.py", ""),
            (
                "tensorflow/core/example_pb2.py",
                "from google.protobuf.internal import builder as _builder\n\
                 _builder.BuildMessageAndEnumDescriptors(DESCRIPTOR, globals())\n",
            ),
        ],
    );
    assert_eq!(symbol(&surface, "tensorflow.train.Example").kind, "object");
}

#[test]
fn release_1_8_has_its_names_from_the_generators_own_folder() {
    let surface = evaluate(
        "tensorflow",
        "1.8.0",
        [
            (
                "tensorflow/__init__.py",
                "from tensorflow.tools.api.generator.api import *\n",
            ),
            ("tensorflow/tools/__init__.py", ""),
            ("tensorflow/tools/api/__init__.py", ""),
            ("tensorflow/tools/api/generator/__init__.py", ""),
            (
                "tensorflow/tools/api/generator/api/__init__.py",
                "\"\"\"Imports for Python API.\nThis file is MACHINE GENERATED! Do not edit.\n\"\"\"\n\
                 from tensorflow.tools.api.generator.api import nn\n\
                 from tensorflow.python.ops.math import add\n",
            ),
            (
                "tensorflow/tools/api/generator/api/nn/__init__.py",
                "\"\"\"This file is MACHINE GENERATED! Do not edit.\"\"\"\nfrom tensorflow.python.ops.math import relu\n",
            ),
            ("tensorflow/python/__init__.py", ""),
            ("tensorflow/python/ops/__init__.py", ""),
            (
                "tensorflow/python/ops/math.py",
                "def add(x, y): pass\ndef relu(x): pass\n",
            ),
        ],
    );
    assert_eq!(symbol(&surface, "tensorflow.add").kind, "function");
    let nn = symbol(&surface, "tensorflow.nn");
    assert!(nn.attribute && !nn.importable);
    assert_eq!(symbol(&surface, "tensorflow.nn.relu").kind, "function");
}

#[test]
fn from_1_9_on_the_generated_files_are_the_packages() {
    for (version, folder) in [("1.9.0", "tensorflow"), ("1.13.1", "tensorflow/_api/v1")] {
        let package = folder.replace('/', ".");
        let root = format!("{GENERATED}from {package} import nn\n").leak();
        let nn = format!("{folder}/nn/__init__.py").leak();
        let body = format!("{GENERATED}from tensorflow.python.nn import relu\n").leak();
        let mut files = vec![
            ("tensorflow/__init__.py", &*root),
            (&*nn, &*body),
            ("tensorflow/python/__init__.py", ""),
            ("tensorflow/python/nn.py", "def relu(x): pass\n"),
        ];
        if folder != "tensorflow" {
            files.push(("tensorflow/_api/__init__.py", ""));
            files.push(("tensorflow/_api/v1/__init__.py", ""));
        }
        let surface = evaluate("tensorflow", version, files);
        assert_eq!(symbol(&surface, "tensorflow.nn.relu").kind, "function");
    }
}

#[test]
fn keras_and_estimators_hang_on_1_14_from_elsewhere() {
    let surface = evaluate(
        "tensorflow",
        "1.14.0",
        [
            (
                "tensorflow/__init__.py",
                "# MACHINE GENERATED\nfrom tensorflow._api.v1 import compat\n\
                 from tensorflow.python.tools import component_api_helper as _component_api_helper\n\
                 _component_api_helper.package_hook(\n  parent_package_str=__name__,\n  child_package_str='tensorflow_estimator.python.estimator.api._v1.estimator')\n\
                 _component_api_helper.package_hook(\n  parent_package_str=__name__,\n  child_package_str='tensorflow.python.keras.api._v1.keras')\n",
            ),
            ("tensorflow/_api/__init__.py", ""),
            ("tensorflow/_api/v1/__init__.py", ""),
            (
                "tensorflow/_api/v1/compat/__init__.py",
                "from tensorflow._api.v1.compat import v1\n",
            ),
            (
                "tensorflow/_api/v1/compat/v1/__init__.py",
                "from tensorflow.python.util import Session\n",
            ),
            ("tensorflow/python/__init__.py", ""),
            ("tensorflow/python/util.py", "class Session(object): pass\n"),
            ("tensorflow/python/tools/__init__.py", ""),
            (
                "tensorflow/python/tools/component_api_helper.py",
                "def package_hook(**k): pass\n",
            ),
            ("tensorflow/python/keras/__init__.py", ""),
            ("tensorflow/python/keras/api/__init__.py", ""),
            ("tensorflow/python/keras/api/_v1/__init__.py", ""),
            (
                "tensorflow/python/keras/api/_v1/keras/__init__.py",
                "# MACHINE GENERATED\nfrom tensorflow.python.util import Session as Model\n",
            ),
            ("tensorflow_estimator/__init__.py", ""),
            ("tensorflow_estimator/python/__init__.py", ""),
            ("tensorflow_estimator/python/estimator/__init__.py", ""),
            ("tensorflow_estimator/python/estimator/api/__init__.py", ""),
            (
                "tensorflow_estimator/python/estimator/api/_v1/__init__.py",
                "",
            ),
            (
                "tensorflow_estimator/python/estimator/api/_v1/estimator/__init__.py",
                "# MACHINE GENERATED\nModeKeys = 1\n",
            ),
        ],
    );
    assert_eq!(symbol(&surface, "tensorflow.keras.Model").kind, "class");
    assert!(symbol(&surface, "tensorflow.estimator").importable);
    assert_eq!(
        symbol(&surface, "tensorflow.estimator.ModeKeys").kind,
        "object"
    );
    assert_eq!(
        symbol(&surface, "tensorflow.compat.v1.Session").kind,
        "class"
    );
}

#[test]
fn release_1_15_wraps_its_modules_and_loads_contrib_late() {
    let surface = evaluate(
        "tensorflow",
        "1.15.0",
        [
            ("tensorflow/__init__.py", "from tensorflow_core import *\n"),
            (
                "tensorflow_core/__init__.py",
                "import sys as _sys\nfrom tensorflow._api.v1 import nn\n\
                 from tensorflow.python.util import module_wrapper as _module_wrapper\n\
                 from tensorflow.python.util.lazy_loader import LazyLoader\n\
                 contrib = LazyLoader('contrib', globals(), 'tensorflow.contrib')\ndel LazyLoader\n\
                 if not isinstance(_sys.modules[__name__], _module_wrapper.TFModuleWrapper):\n  \
                 _sys.modules[__name__] = _module_wrapper.TFModuleWrapper(_sys.modules[__name__], '')\n",
            ),
            ("tensorflow_core/_api/__init__.py", ""),
            ("tensorflow_core/_api/v1/__init__.py", ""),
            (
                "tensorflow_core/_api/v1/nn/__init__.py",
                "from tensorflow.python.nn import relu\n",
            ),
            ("tensorflow_core/python/__init__.py", ""),
            ("tensorflow_core/python/nn.py", "def relu(x): pass\n"),
            ("tensorflow_core/python/util/__init__.py", ""),
            (
                "tensorflow_core/python/util/lazy_loader.py",
                "class LazyLoader: pass\n",
            ),
            (
                "tensorflow_core/python/util/module_wrapper.py",
                "class TFModuleWrapper: pass\n",
            ),
            (
                "tensorflow_core/contrib/__init__.py",
                "from tensorflow.contrib import rnn\n",
            ),
            (
                "tensorflow_core/contrib/rnn/__init__.py",
                "class LSTMCell: pass\n",
            ),
        ],
    );
    assert_eq!(symbol(&surface, "tensorflow.nn.relu").kind, "function");
    assert_eq!(
        symbol(&surface, "tensorflow.contrib.rnn.LSTMCell").kind,
        "class"
    );
    absent(&surface, "tensorflow.LazyLoader");
}

#[test]
fn keras_is_a_package_of_tensorflow_from_2_2_to_2_5() {
    let surface = evaluate(
        "tensorflow",
        "2.3.0",
        [
            (
                "tensorflow/__init__.py",
                "import sys as _sys\nfrom tensorflow import keras\n\
                 setattr(_sys.modules[__name__], 'losses', keras.losses)\n",
            ),
            (
                "tensorflow/keras/__init__.py",
                "# MACHINE GENERATED\nfrom tensorflow.keras import losses\nfrom tensorflow.keras import mixed_precision\n",
            ),
            (
                "tensorflow/keras/losses/__init__.py",
                "# MACHINE GENERATED\nfrom tensorflow.python.keras.losses import mse\n",
            ),
            (
                "tensorflow/keras/mixed_precision/__init__.py",
                "# MACHINE GENERATED\nfrom tensorflow.keras.mixed_precision import experimental\n",
            ),
            (
                "tensorflow/keras/mixed_precision/experimental/__init__.py",
                "# MACHINE GENERATED\nfrom tensorflow.python.keras.losses import mse as set_policy\n",
            ),
            ("tensorflow/python/__init__.py", ""),
            ("tensorflow/python/keras/__init__.py", ""),
            (
                "tensorflow/python/keras/losses.py",
                "def mse(y_true, y_pred): pass\n",
            ),
        ],
    );
    assert_eq!(symbol(&surface, "tensorflow.losses.mse").kind, "function");
    symbol(
        &surface,
        "tensorflow.keras.mixed_precision.experimental.set_policy",
    );
    absent(&surface, "tensorflow.keras.mixed_precision.set_policy");
    assert!(symbol(&surface, "tensorflow.keras.mixed_precision.experimental").importable);
}

#[test]
fn the_loader_of_keras_finds_the_wheel_in_2_15_and_keras_3_later() {
    let root = "from tensorflow.python.util.lazy_loader import KerasLazyLoader as _KerasLazyLoader\n\
                import typing as _typing\n\
                if _typing.TYPE_CHECKING:\n  from keras.api._v2 import keras\n\
                else:\n  keras = _KerasLazyLoader(globals(), mode='v2')\n  \
                losses = _KerasLazyLoader(globals(), submodule='losses', name='losses', mode='v2')\n";
    let files = [
        ("tensorflow/__init__.py", root),
        ("tensorflow/python/__init__.py", ""),
        ("tensorflow/python/util/__init__.py", ""),
        (
            "tensorflow/python/util/lazy_loader.py",
            "class KerasLazyLoader: pass\n",
        ),
        ("keras/__init__.py", ""),
        ("keras/api/__init__.py", ""),
        ("keras/api/_v2/__init__.py", ""),
        (
            "keras/api/_v2/keras/__init__.py",
            "# MACHINE GENERATED\nfrom keras.api._v2.keras import losses\n",
        ),
        (
            "keras/api/_v2/keras/losses/__init__.py",
            "# MACHINE GENERATED\nfrom keras.src.losses import mse\n",
        ),
        ("keras/src/__init__.py", ""),
        ("keras/src/losses.py", "def mse(a, b): pass\n"),
    ];
    let surface = evaluate("tensorflow", "2.15.0", files);
    assert_eq!(symbol(&surface, "tensorflow.losses.mse").kind, "function");
    symbol(&surface, "tensorflow.keras.losses.mse");
    let surface = evaluate("tensorflow", "2.16.1", files);
    assert_eq!(symbol(&surface, "tensorflow.keras").kind, "module");
    absent(&surface, "tensorflow.keras.losses");
}

#[test]
fn keras_by_hand_shows_its_packages_and_helpers() {
    let surface = evaluate(
        "keras",
        "2.2.4",
        [
            (
                "keras/__init__.py",
                "from __future__ import absolute_import\nfrom . import layers\n__version__ = '2.2.4'\n",
            ),
            ("keras/layers/__init__.py", "from .core import *\n"),
            (
                "keras/layers/core.py",
                "class Dense(object):\n  def __init__(self, units): pass\n",
            ),
            ("keras/engine/__init__.py", ""),
            (
                "keras/engine/topology.py",
                "from ..layers.core import Dense\ndef _to_list(x): pass\n",
            ),
        ],
    );
    assert_eq!(symbol(&surface, "keras.layers.Dense").kind, "class");
    assert_eq!(symbol(&surface, "keras.layers.core.Dense").kind, "class");
    let topology = symbol(&surface, "keras.engine.topology");
    assert!(!topology.attribute && topology.importable);
    symbol(&surface, "keras.engine.topology._to_list");
}

#[test]
fn keras_2_6_to_2_12_has_empty_packages_that_can_be_imported() {
    let surface = evaluate(
        "keras",
        "2.7.0",
        [
            ("keras/__init__.py", "from keras import models\n"),
            ("keras/models.py", "class Model: pass\n"),
            ("keras/applications/__init__.py", ""),
            (
                "keras/applications/inception_v3.py",
                "def InceptionV3(): pass\n",
            ),
            ("keras/api/__init__.py", ""),
            (
                "keras/api/_v2/__init__.py",
                "from keras.models import Model\n",
            ),
        ],
    );
    let package = symbol(&surface, "keras.applications");
    assert!(!package.attribute && package.importable);
    absent(&surface, "keras.applications.InceptionV3");
    symbol(&surface, "keras.applications.inception_v3.InceptionV3");
    absent(&surface, "keras.api._v2.Model");
}

#[test]
fn a_helper_stays_a_helper_where_another_distribution_has_it() {
    let surface = evaluate(
        "keras",
        "2.8.0",
        [
            (
                "keras/__init__.py",
                "from keras.preprocessing import sequence\n",
            ),
            ("keras/preprocessing/__init__.py", ""),
            (
                "keras/preprocessing/sequence.py",
                "from keras_preprocessing import sequence\n\
                 from tensorflow.python import keras as _other\n\
                 from . import text as _text\n\
                 _remove_long_seq = sequence._remove_long_seq\n\
                 _made = sequence.make()\n",
            ),
            ("keras/preprocessing/text.py", ""),
        ],
    );
    symbol(&surface, "keras.preprocessing.sequence._remove_long_seq");
    symbol(&surface, "keras.preprocessing.sequence._made");
    absent(&surface, "keras.preprocessing.sequence._text");
}

#[test]
fn keras_2_13_and_tf_keras_are_generated() {
    for package in ["keras", "tf_keras"] {
        let init = format!("{package}/__init__.py").leak();
        let root =
            format!("\"\"\"AUTOGENERATED. DO NOT EDIT.\"\"\"\nfrom {package} import layers\n")
                .leak();
        let layers = format!("{package}/layers/__init__.py").leak();
        let body = format!(
            "\"\"\"AUTOGENERATED. DO NOT EDIT.\"\"\"\nfrom {package}.src.core import Dense\n"
        )
        .leak();
        let src = format!("{package}/src/__init__.py").leak();
        let core = format!("{package}/src/core.py").leak();
        let surface = evaluate(
            package,
            "2.15.0",
            [
                (&*init, &*root),
                (&*layers, &*body),
                (&*src, ""),
                (
                    &*core,
                    "class Dense:\n  def __init__(self, units, **kwargs): pass\n",
                ),
            ],
        );
        let dense = symbol(&surface, &format!("{package}.layers.Dense"));
        assert_eq!(dense.signature.as_deref(), Some("(units, **kwargs)"));
    }
}

#[test]
fn functions_that_another_module_wraps_in_2_15_keep_their_parameters() {
    let wrapper = "from tensorflow.python import math_ops\nfrom tensorflow.python import tf_decorator\n\
                   def weak(op, x=None):\n  def wrapper(*args, **kwargs): return op(*args, **kwargs)\n  \
                   wrapper = tf_decorator.make_decorator(op, wrapper)\n  return wrapper\n\
                   def other(op):\n  return tf_decorator.make_decorator(op, op, decorator_argspec=spec)\n\
                   math_ops.abs = weak(math_ops.abs)\nmath_ops.sign = weak(\n    math_ops.sign, x='x')\n\
                   math_ops.real = other(math_ops.real)\nmath_ops.imag = weak(something)\n";
    let surface = evaluate(
        "tensorflow",
        "2.15.0",
        [
            (
                "tensorflow/__init__.py",
                "from tensorflow.python import weak_ops\nfrom tensorflow.python.math_ops import abs, sign, real, imag\n",
            ),
            ("tensorflow/python/__init__.py", ""),
            ("tensorflow/python/weak_ops.py", wrapper),
            (
                "tensorflow/python/tf_decorator.py",
                "def make_decorator(target, decorator_func, decorator_argspec=None): pass\n",
            ),
            (
                "tensorflow/python/math_ops.py",
                "def abs(x, name=None): pass\ndef sign(x): pass\ndef real(input): pass\ndef imag(input): pass\n",
            ),
        ],
    );
    let parameters = |name: &str| {
        let found = symbol(&surface, &format!("tensorflow.{name}"));
        found.signature.as_deref()
    };
    assert_eq!(parameters("abs"), Some("(x, name=)"));
    assert_eq!(parameters("sign"), Some("(x)"));
    // What tells of other parameters, and what is not known, has none.
    assert_eq!(parameters("real"), None);
    assert_eq!(parameters("imag"), None);
}
