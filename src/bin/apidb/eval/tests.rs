//! Small hand-made wheels of the layouts that TensorFlow and Keras had over the years.

mod eras;

use std::collections::{BTreeMap, BTreeSet};

use super::{Files, surface};
use crate::surface::{Surface, Symbol};

struct Memory(BTreeMap<&'static str, &'static str>);

impl Files for Memory {
    fn read(&self, path: &str) -> Option<String> {
        self.0.get(path).map(|text| (*text).to_owned())
    }

    fn exists(&self, path: &str) -> bool {
        self.0.contains_key(path)
    }

    fn paths(&self) -> Vec<String> {
        self.0.keys().map(|path| (*path).to_owned()).collect()
    }
}

fn evaluate(
    package: &str,
    version: &str,
    files: impl IntoIterator<Item = (&'static str, &'static str)>,
) -> Surface {
    let (surface, problems) = surface(package, version, &Memory(files.into_iter().collect()));
    assert_eq!(problems, Vec::<String>::new());
    surface
}

#[track_caller]
fn symbol<'s>(surface: &'s Surface, path: &str) -> &'s Symbol {
    let known: Vec<&String> = surface.symbols.keys().collect();
    surface
        .symbols
        .get(path)
        .unwrap_or_else(|| panic!("`{path}` is absent from {known:?}"))
}

#[track_caller]
fn absent(surface: &Surface, path: &str) {
    assert!(!surface.symbols.contains_key(path), "`{path}` is present");
}

#[test]
fn names_that_are_not_documented_were_removed_up_to_1_7() {
    let surface = evaluate(
        "tensorflow",
        "1.0.0",
        [
            (
                "tensorflow/__init__.py",
                "from tensorflow.python import *\n",
            ),
            (
                "tensorflow/python/__init__.py",
                "from tensorflow.python import nn_doc as nn\n\
                 from tensorflow.python.math import *\n\
                 from tensorflow.python import math\n\
                 from tensorflow.python.all_util import remove_undocumented\n\
                 _allowed_symbols = ['nn']\n\
                 _allowed_symbols.extend(['Session'])\n\
                 class Session(object):\n  def run(self, fetches, feed_dict=None): pass\n\
                 remove_undocumented(__name__, _allowed_symbols, [math])\n",
            ),
            (
                "tensorflow/python/all_util.py",
                "def remove_undocumented(a, b, c): pass\n",
            ),
            (
                "tensorflow/python/math.py",
                "\"\"\"Math.\n\n@@add\n\"\"\"\ndef add(x, y, name=None): pass\ndef helper(): pass\n",
            ),
            (
                "tensorflow/python/nn_doc.py",
                "def relu(features, name=None): pass\n",
            ),
        ],
    );
    assert_eq!(
        symbol(&surface, "tensorflow.add").signature.as_deref(),
        Some("(x, y, name=)")
    );
    assert_eq!(symbol(&surface, "tensorflow.nn.relu").kind, "function");
    assert_eq!(
        symbol(&surface, "tensorflow.Session").signature.as_deref(),
        Some("()")
    );
    let class = symbol(&surface, "tensorflow.Session")
        .class
        .clone()
        .unwrap();
    let run = &surface.classes[&class].members["run"];
    assert_eq!(run.signature.as_deref(), Some("(fetches, feed_dict=)"));
    absent(&surface, "tensorflow.helper");
    absent(&surface, "tensorflow.remove_undocumented");
}

#[test]
fn the_root_forwards_to_tensorflow_core_in_1_15_to_2_1() {
    let surface = evaluate(
        "tensorflow",
        "2.1.0",
        [
            (
                "tensorflow/__init__.py",
                "_top_level_modules = [\n  \"tensorflow.python\",\n  \"tensorflow.core\",  # protos\n]\n\
                 from tensorflow_core import *\n",
            ),
            (
                "tensorflow_core/__init__.py",
                "import os as _os\nimport sys as _sys\n\
                 from tensorflow._api.v2 import nn\n\
                 _API_MODULE = _sys.modules[__name__].nn\n\
                 _tf_api_dir = _os.path.dirname(_os.path.dirname(_API_MODULE.__file__))\n\
                 __path__.append(_tf_api_dir)\n\
                 for s in ['a']:\n  plugin_dir = s\n",
            ),
            ("tensorflow_core/_api/v2/__init__.py", ""),
            (
                "tensorflow_core/_api/v2/nn/__init__.py",
                "from tensorflow.python.nn import relu_v2 as relu\n",
            ),
            ("tensorflow_core/python/__init__.py", ""),
            (
                "tensorflow_core/python/nn.py",
                "def relu_v2(features): pass\n",
            ),
        ],
    );
    // `tf.nn` works, `import tensorflow.nn` does not: the root does not forward it.
    assert!(!symbol(&surface, "tensorflow.nn").importable);
    assert!(!symbol(&surface, "tensorflow.nn.relu").importable);
    absent(&surface, "tensorflow.s");
    absent(&surface, "tensorflow.python");
    assert!(surface.modules.contains("tensorflow.python.nn"));
}

#[test]
fn the_root_of_1_15_takes_the_search_path_of_the_core_along() {
    let core = "import os as _os\nimport sys as _sys\n\
                from tensorflow._api.v1 import nn\n\
                from tensorflow.python.util import module_wrapper as _module_wrapper\n\
                _sys.modules[__name__] = _module_wrapper.TFModuleWrapper(_sys.modules[__name__], '')\n\
                _current_module = _sys.modules[__name__]\n\
                _tf_api_dir = _os.path.dirname(_os.path.dirname(nn.__file__))\n\
                __path__.append(_tf_api_dir)\n\
                try:\n  from tensorflow.python.keras.api._v1 import keras\n\
                \x20 _current_module.__path__ = [keras.__file__] + _current_module.__path__\n\
                except ImportError:\n  pass\n";
    let surface = evaluate(
        "tensorflow",
        "1.15.5",
        [
            (
                "tensorflow/__init__.py",
                "_top_level_modules = [\n  \"tensorflow.python\",\n]\nfrom tensorflow_core import *\n",
            ),
            ("tensorflow_core/__init__.py", core),
            ("tensorflow_core/_api/v1/__init__.py", ""),
            ("tensorflow_core/_api/v1/nn/__init__.py", "relu = 1\n"),
            ("tensorflow_core/python/__init__.py", ""),
            ("tensorflow_core/python/util/__init__.py", ""),
            (
                "tensorflow_core/python/util/module_wrapper.py",
                "class TFModuleWrapper(object): pass\n",
            ),
        ],
    );
    assert!(symbol(&surface, "tensorflow.nn").importable);
}

#[test]
fn keras_is_a_wheel_of_its_own_from_2_6_to_2_15() {
    let root = "import sys as _sys\n\
                from tensorflow.python.util.lazy_loader import LazyLoader as _LazyLoader\n\
                _current_module = _sys.modules[__name__]\n\
                keras = _LazyLoader('keras', globals(), 'keras.api._v2.keras')\n\
                _module_dir = _module_util.get_parent_dir_for_name('keras.api._v2.keras')\n\
                if _module_dir:\n  _current_module.__path__ = [_module_dir] + _current_module.__path__\n\
                setattr(_current_module, 'keras', keras)\n\
                if hasattr(_current_module, 'keras'):\n  losses = keras.losses\n";
    let surface = evaluate(
        "tensorflow",
        "2.8.0",
        [
            ("tensorflow/__init__.py", root),
            ("tensorflow/python/__init__.py", ""),
            ("tensorflow/python/util/__init__.py", ""),
            (
                "tensorflow/python/util/lazy_loader.py",
                "class LazyLoader(object): pass\n",
            ),
            ("tensorflow/keras/__init__.py", "dead = 1\n"),
            ("keras/__init__.py", ""),
            ("keras/api/__init__.py", ""),
            ("keras/api/_v2/__init__.py", ""),
            (
                "keras/api/_v2/keras/__init__.py",
                "# This file is MACHINE GENERATED!\nfrom keras.api._v2.keras import losses\nfrom keras.engine import Model\n",
            ),
            (
                "keras/api/_v2/keras/losses/__init__.py",
                "from keras.engine import mse\n",
            ),
            (
                "keras/engine.py",
                "class Layer:\n  def __init__(self, name=None, **kwargs): self.built = False\nclass Model(Layer):\n  def fit(self, x, *, epochs=1): pass\ndef mse(y_true, y_pred): pass\n",
            ),
        ],
    );
    let model = symbol(&surface, "tensorflow.keras.Model");
    assert_eq!(model.signature.as_deref(), Some("(name=, **kwargs)"));
    let class = &surface.classes[model.class.as_deref().unwrap()];
    assert_eq!(class.mro, ["keras.engine:Layer"]);
    assert_eq!(
        class.members["fit"].signature.as_deref(),
        Some("(x, *, epochs=)")
    );
    assert!(
        surface.classes["keras.engine:Layer"]
            .members
            .contains_key("built")
    );
    assert!(symbol(&surface, "tensorflow.keras.losses").importable);
    assert_eq!(symbol(&surface, "tensorflow.losses.mse").kind, "function");
    absent(&surface, "tensorflow.keras.dead");
}

#[test]
fn keras_3_keeps_modules_behind_its_search_path() {
    let root = "# DO NOT EDIT. Generated by api_gen.sh\nimport os\n\
                from keras.api import layers\nfrom keras.api import Model\n\
                __path__.append(os.path.join(os.path.dirname(__file__), 'api'))\n\
                del os\n";
    let api = "# DO NOT EDIT. Generated by api_gen.sh\nfrom keras.api import layers\nfrom keras.src.model import Model\n";
    let surface = evaluate(
        "keras",
        "3.5.0",
        [
            ("keras/__init__.py", root),
            ("keras/api/__init__.py", api),
            (
                "keras/api/layers/__init__.py",
                "# DO NOT EDIT. Generated by api_gen.sh\nfrom keras.src.model import Dense\n",
            ),
            ("keras/api/_tf_keras/__init__.py", ""),
            (
                "keras/api/_tf_keras/keras/__init__.py",
                "# DO NOT EDIT. Generated by api_gen.sh\nfrom keras.src.model import Dense as Old\n",
            ),
            ("keras/src/__init__.py", ""),
            (
                "keras/src/model.py",
                "class Model: pass\nclass Dense(Model):\n  def __init__(self, units): pass\n",
            ),
        ],
    );
    assert!(symbol(&surface, "keras.layers").importable);
    assert_eq!(
        symbol(&surface, "keras.layers.Dense").signature.as_deref(),
        Some("(units)")
    );
    assert_eq!(symbol(&surface, "keras._tf_keras.keras.Old").kind, "class");
    absent(&surface, "keras.os");
}

#[test]
fn a_base_of_pythons_own_collections_hides_no_members() {
    let code = "from tensorflow.compat import collections_abc\nfrom collections.abc import Sized\n\
                class Dataset(collections_abc.Iterable, Sized):\n  def map(self): pass\n\
                class Table(collections_abc.Mapping): pass\n\
                class Other(wrapped.Iterable): pass\n\
                import collections\n\
                class Old(collections.MutableSequence): pass\n\
                class Count(collections.Counter): pass\n";
    let surface = evaluate(
        "tensorflow",
        "2.8.0",
        [
            ("tensorflow/__init__.py", code),
            (
                "tensorflow/compat.py",
                "import collections.abc as collections_abc\n",
            ),
        ],
    );
    let class = |name: &str| {
        let symbol = symbol(&surface, &format!("tensorflow.{name}"));
        &surface.classes[symbol.class.as_deref().unwrap()]
    };
    assert!(!class("Dataset").open);
    assert_eq!(class("Dataset").members.len(), 1);
    assert!(!class("Table").open && class("Table").members.contains_key("items"));
    assert!(class("Other").open);
    // TensorFlow 2.3.0 and 1.x name them as Python 2 did.
    assert!(!class("Old").open && class("Old").members.contains_key("append"));
    assert!(class("Count").open);
}

#[test]
fn a_class_below_a_tuple_of_its_own_name_keeps_its_members() {
    let code = "import collections\n\
                class Spec(collections.namedtuple('Spec', ['loss'])):\n\
                \x20 Rows = collections.namedtuple('Rows', ['key'])\n\
                \x20 def export(self): pass\n";
    let surface = evaluate("tensorflow", "1.7.1", [("tensorflow/__init__.py", code)]);
    let symbol = symbol(&surface, "tensorflow.Spec");
    let members = members(&surface, "tensorflow.Spec");
    for name in ["export", "Rows", "loss"] {
        assert!(members.contains(name), "{name} is not in {members:?}");
    }
    assert_eq!(symbol.signature.as_deref(), Some("(loss)"));
}

#[test]
fn a_class_that_is_one_of_several_has_the_members_of_all() {
    let code = "if backend() == 'tensorflow':\n  from tensorflow.a import A as Trainer\n\
                elif backend() == 'jax':\n  from tensorflow.b import B as Trainer\n\
                else:\n  from tensorflow.b import Open as Trainer\n\
                class Model(Trainer): pass\n\
                Model.Late = Model\n";
    let surface = evaluate(
        "tensorflow",
        "2.18.0",
        [
            ("tensorflow/__init__.py", code),
            (
                "tensorflow/a.py",
                "class A:\n  def train_step(self, data): pass\n",
            ),
            (
                "tensorflow/b.py",
                "class B:\n  def jax_state_sync(self): pass\n\
                 class Open(unknown.Thing):\n  def other(self): pass\n",
            ),
        ],
    );
    let members = members(&surface, "tensorflow.Model");
    for name in ["train_step", "jax_state_sync", "other", "Late"] {
        assert!(members.contains(name), "{name} is not in {members:?}");
    }
    // What one of them has besides is not known; the others say what is missing.
    let class = symbol(&surface, "tensorflow.Model").class.as_deref();
    let class = &surface.classes[class.unwrap()];
    let mut bases = class.mro.iter().filter_map(|id| surface.classes.get(id));
    assert!(!class.open && bases.all(|base| !base.open));
}

/// The members of a class, and of its bases.
fn members<'s>(surface: &'s Surface, path: &str) -> BTreeSet<&'s str> {
    let class = &surface.classes[symbol(surface, path).class.as_deref().unwrap()];
    let bases = class.mro.iter().filter_map(|id| surface.classes.get(id));
    let all = std::iter::once(class).chain(bases);
    all.flat_map(|class| class.members.keys().map(String::as_str))
        .collect()
}
