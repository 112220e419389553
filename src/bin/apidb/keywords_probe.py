"""Tells which keywords a callable with `**kwargs` refuses in its body, by calling it.

Run as `keywords_probe.py ROOT QUERIES FACTS [FOLDER]`: imports ROOT (first from FOLDER), answers one query a line and appends one
JSON object a line to FACTS, flushed at once, so that the caller can go on behind a query that
kills the process. Python 3.5 and later. One query:

    K path word,word    the callable at a path (`.().` before a method of an instance), and the
                        keywords to try

A keyword is refused where the call works without it, and raises with every value that is tried, in
the same words, which name the keyword. It is accepted where one value goes through. Everything
else cannot be told. What the signature names is not tried. Where a call that works would build or
fetch too much, one is made that fails behind its keywords (`FAILING`): going through means to end
in the same way.
"""

import importlib
import inspect
import json
import os
import re
import shutil
import sys
import tempfile
import time
import warnings

warnings.filterwarnings("ignore")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")

# What a query may take before the rest of its keywords counts as not told.
PATIENCE = 90

# Values of every kind; a keyword that takes one of them is accepted.
VALUES = [None, 1, "a", (2, 3)]

# How a message speaks of a keyword that is not taken, whatever its value.
UNKNOWN = re.compile(
    "[Uu]nexpected|not understood|ecognized|nvalid (keyword )?argument|[Uu]nknown|[Uu]nsupported"
    "|not supported|deprecated|no longer|not (a )?valid (argument|keyword)|not accept|[Rr]emoved"
)

# Parts of paths, and arguments with which the call fails as soon as its keywords were looked at.
FAILING = [
    (".applications.", {"weights": "imagenet", "classes": 2}),
    (".image_dataset_from_directory", {"directory": "/no/such/folder"}),
    (".text_dataset_from_directory", {"directory": "/no/such/folder"}),
    (".timeseries_dataset_from_array", {"data": [1], "targets": [1, 2], "sequence_length": 0}),
]

# What the two functions of an application that are no models are given: what they are no good for.
FAILING_APPLICATION = {
    "preprocess_input": {"x": "text"},
    "decode_predictions": {"preds": "text"},
}

# A value that a keyword is meant for, where the kinds above may all be wrong for it.
NATURAL = {
    "lr": 0.1,
    "learning_rate": 0.1,
    "input_shape": (2, 3),
    "batch_input_shape": (1, 2, 3),
    "batch_shape": (1, 2, 3),
    "shape": (2, 3),
    "dtype": "float32",
    "data_format": "channels_last",
    "dim_ordering": "tf",
    "padding": "same",
    "border_mode": "same",
    "activation": "relu",
    "init": "glorot_uniform",
    "implementation": 2,
    "interpolation": "nearest",
    "mode": "auto",
    "kernel_regularizer": "l2",
    "kernel_constraint": "max_norm",
    "kernel_initializer": "zeros",
    "reduction": "sum",
    "save_format": "h5",
    "callbacks": [],
    "optimizer": "sgd",
    "loss": "mse",
    "metrics": ["mse"],
    "weights": None,
    # Everything else would fetch weights.
    "include_top": True,
}


def required(keras, tmp):
    """Values for parameters without a default, by name; each is made anew."""
    three = not hasattr(keras, "__version__") or keras.__version__[:1] == "3"
    file = os.path.join(tmp, "m.keras" if three else "m.h5")
    return {
        "units": lambda: 2,
        "filters": lambda: 2,
        "kernel_size": lambda: 3,
        "rate": lambda: 0.5,
        "layer": lambda: keras.layers.LSTM(2),
        "cell": lambda: keras.layers.LSTMCell(2),
        "cells": lambda: [keras.layers.LSTMCell(2)],
        "target_shape": lambda: (2,),
        "dims": lambda: (1,),
        "n": lambda: 2,
        "function": lambda: (lambda x: x),
        "activation": lambda: "relu",
        "input_dim": lambda: 4,
        "output_dim": lambda: 2,
        "axes": lambda: 1,
        "axis": lambda: -1,
        "stddev": lambda: 0.1,
        "filepath": lambda: file,
        "filename": lambda: os.path.join(tmp, "log.csv"),
        "schedule": lambda: (lambda epoch: 0.1),
        "num_heads": lambda: 2,
        "num_query_heads": lambda: 2,
        "num_key_value_heads": lambda: 1,
        "head_dim": lambda: 2,
        "key_dim": lambda: 2,
        "height": lambda: 2,
        "width": lambda: 2,
        "factor": lambda: 0.1,
        "scale": lambda: 1.0,
        "value_range": lambda: (0, 1),
        "num_bins": lambda: 3,
        "num_tokens": lambda: 4,
        "bin_boundaries": lambda: [0.0, 1.0],
        "bins": lambda: [0.0, 1.0],
        "fn": lambda: (lambda a, b: a),
        "name": lambda: "m",
        "num_classes": lambda: 2,
        "precision": lambda: 0.5,
        "recall": lambda: 0.5,
        "sensitivity": lambda: 0.5,
        "specificity": lambda: 0.5,
        "inner_optimizer": lambda: keras.optimizers.SGD(),
        "optimizer": lambda: keras.optimizers.SGD(),
        "opt": lambda: keras.optimizers.SGD(),
        "loss_scale": lambda: "dynamic",
        "initial_learning_rate": lambda: 0.1,
        "decay_steps": lambda: 10,
        "first_decay_steps": lambda: 10,
        "decay_rate": lambda: 0.5,
        "boundaries": lambda: [1],
        "values": lambda: [0.1, 0.2],
        "shape": lambda: (2,),
        "max_value": lambda: 1.0,
        "x": lambda: [[0.0, 0.0]],
        "y": lambda: [[0.0]],
        "loss": lambda: "mse",
        "inputs": lambda: [keras.layers.Input((2,)), keras.layers.Input((2,))],
        "height_factor": lambda: 0.2,
        "width_factor": lambda: 0.2,
        "pool_size": lambda: 2,
        "output_size": lambda: 2,
        "equation": lambda: "ab,bc->ac",
        "output_shape": lambda: (2,),
        "backup_dir": lambda: os.path.join(tmp, "backup"),
        "max_number": lambda: 4,
        "learning_rate": lambda: 0.1,
        "linear_model": lambda: keras.experimental.LinearModel(),
        "dnn_model": lambda: keras.Sequential([keras.layers.Dense(1)]),
        "l": lambda: 0.1,
        "sequence_length": lambda: 2,
        "sequence_stride": lambda: 1,
        "fft_length": lambda: 8,
    }


def wanted(name):
    """Arguments without which a call by this name does not work though they have a default."""
    return {
        "CategoryEncoding": [{"num_tokens": 4}, {"max_tokens": 4}],
        "Input": [{"shape": (2,)}],
        "InputLayer": [{"input_shape": (2,)}, {"shape": (2,)}, {"batch_shape": (1, 2)}],
        "dot": [{"axes": 1}],
    }.get(name, [])


def nothing(self, *args, **kwargs):
    """Stands for a method that a class leaves to those below it."""


def ending(error):
    """How a call that raises ends."""
    return type(error).__name__ + ": " + str(error)


class Told(Exception):
    """It cannot be told."""


class Probe(object):
    def __init__(self, root):
        self.root = root
        self.module = importlib.import_module(root)
        self.keras = self.module.keras if root == "tensorflow" else self.module
        columns = getattr(self.module, "feature_column", None)
        self.columns = [columns.numeric_column("a")] if columns else []
        # What has several names is asked once.
        self.told = {}
        self.tmp = tempfile.mkdtemp()
        os.chdir(self.tmp)
        self.recipes = required(self.keras, self.tmp)
        self.recipes["feature_columns"] = lambda: self.columns
        # What is not seeded must not make a difference, and nothing may be downloaded.
        self.kept = {}

    def get(self, path):
        value = self.module
        for part in path[len(self.root) + 1 :].split("."):
            value = getattr(value, part)
        return value

    def model(self, cls):
        """An instance of a class of models, compiled and built."""
        keras = self.keras
        if cls.__name__ == "Sequential":
            model = cls([keras.layers.Dense(1, input_shape=(2,))])
        else:
            x = keras.layers.Input((2,))
            model = cls(x, keras.layers.Dense(1)(x))
        model.compile("sgd", "mse")
        return model

    def callable(self, path):
        """A function without arguments that gives what is to be called, and its signature."""
        if ".()." in path:
            path, name = path.split(".().")
            cls = self.get(path)
            value = getattr(cls, name)
            signature = inspect.signature(value)
            parameters = list(signature.parameters.values())[1:]

            def again():
                if path not in self.kept:
                    self.kept[path] = self.model(cls)
                return getattr(self.kept[path], name)

            return again, parameters
        value = self.get(path)
        if inspect.isclass(value):
            if value.__init__ is object.__init__:
                raise Told()
            if inspect.isabstract(value):
                # What a class of the user's hands on to it.
                value = type(value)("Asked", (value,), dict.fromkeys(value.__abstractmethods__, nothing))
            signature = inspect.signature(value.__init__)
            parameters = list(signature.parameters.values())[1:]
        else:
            parameters = list(inspect.signature(value).parameters.values())
        return (lambda: value), parameters

    def ask(self, path, words):
        try:
            again, parameters = self.callable(path)
        except BaseException:
            return {"ok": False}
        if not any(p.kind == p.VAR_KEYWORD for p in parameters):
            return {"ok": False}
        named = set(p.name for p in parameters)
        call, self.end = self.baseline(again, parameters, path)
        if call is None:
            return {"ok": False, "why": "no call works"}
        fact = {"ok": True, "refused": {}, "accepted": []}
        until = time.time() + PATIENCE
        # A method is another object whenever it is asked for.
        asked = path if ".()." in path else again()
        known = self.told.setdefault((asked, str(sorted(call))), {})
        # What takes any word is not asked for each.
        for word in ["no_such_keyword"] + words:
            if word in named or word in call or time.time() > until:
                continue
            if word not in known:
                known[word] = self.keyword(again, call, word)
            said = known[word]
            if word == "no_such_keyword":
                if said is True:
                    return {"ok": False, "why": "it takes anything"}
                continue
            if said is True:
                fact["accepted"].append(word)
            elif said is not None:
                fact["refused"][word] = said
        # A call that was spoilt by those before it tells nothing.
        try:
            end = self.run(again, call, {})
        except BaseException as error:
            end = ending(error)
        if end != self.end:
            return {"ok": False, "why": "the call stopped working"}
        return fact

    def baseline(self, again, parameters, path):
        """A call that works, or fails behind its keywords, and how it ends."""
        name = path.rsplit(".", 1)[-1]
        for part, given in FAILING:
            if part in path + ".":
                given = FAILING_APPLICATION.get(name, given)
                call = dict((key, (lambda value=value: value)) for key, value in given.items())
                try:
                    self.run(again, call, {})
                except Exception as error:
                    return call, ending(error)
                return None, None
        for call in self.baselines(parameters, path):
            try:
                return call, self.run(again, call, {})
            except BaseException:
                continue
        return None, None

    def baselines(self, parameters, path):
        needed = {}
        for p in parameters:
            simple = p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)
            if simple and p.default is p.empty:
                if p.name not in self.recipes:
                    return []
                needed[p.name] = self.recipes[p.name]
        variants = [needed]
        if "layer" in needed:
            other = dict(needed)
            other["layer"] = lambda: self.keras.layers.Dense(2)
            variants.append(other)
        for given in wanted(path.rsplit(".", 1)[-1]):
            more = dict(needed)
            for key, value in given.items():
                more[key] = lambda value=value: value
            variants.append(more)
        if path.endswith((".fit", ".evaluate", ".train_on_batch", ".test_on_batch")):
            import numpy

            given = dict(needed)
            given["x"] = lambda: numpy.zeros((2, 2), "float32")
            given["y"] = lambda: numpy.zeros((2, 1), "float32")
            if path.endswith((".fit", ".evaluate")):
                given["verbose"] = lambda: 0
            variants = [given]
        elif path.endswith(".compile"):
            variants = [{"optimizer": lambda: "sgd", "loss": lambda: "mse"}]
        elif ".predict" in path:
            import numpy

            variants = [{"x": lambda: numpy.zeros((2, 2), "float32")}]
        return variants

    def run(self, again, arguments, more):
        """Calls; what it gives is of no interest, but that it ends so is."""
        given = dict((name, make()) for name, make in arguments.items())
        given.update(more)
        again()(**given)
        return "it works"

    def keyword(self, again, call, word):
        """Its exception where it is refused, true where it is accepted."""
        values = ([NATURAL[word]] if word in NATURAL else []) + VALUES
        said = None
        for value in values:
            try:
                self.run(again, call, {word: value})
                return True
            except BaseException as error:
                if ending(error) == self.end:
                    return True
                if not isinstance(error, (TypeError, ValueError)):
                    return None
                text = " ".join(str(error).split())
                kind = "TypeError" if isinstance(error, TypeError) else "ValueError"
                found = re.search(r"(?<!\w)" + re.escape(word) + r"(?!\w)", text)
                if found is None or not UNKNOWN.search(text):
                    return None
                start = kind + ": " + text[: found.start()]
                if said is not None and said[0] != start:
                    return None
                rest = text[found.end() :]
                if said is not None:
                    rest = os.path.commonprefix([rest, said[1]])
                said = (start, rest)
        return said[0] + "{}" + self.shortened(said[1])

    @staticmethod
    def shortened(rest):
        """The first words after the name of a keyword, where they do not speak of its value."""
        words = re.match(r"[`']?[\w `',]*", rest).group(0).rstrip()
        if len(words) > 50:
            words = words[:50].rsplit(" ", 1)[0]
        return words if words.endswith(("'", "`")) or " " in words else ""


def main(root, queries, facts, beside=None):
    if beside:
        sys.path.insert(0, beside)
    with open(queries, encoding="utf-8") as lines:
        todo = [line.rstrip("\n") for line in lines]
    with open(facts, "a", encoding="utf-8") as out:

        def tell(query, fact):
            fact["q"] = query
            out.write(json.dumps(fact, sort_keys=True) + "\n")
            out.flush()

        try:
            probe = Probe(root)
        except BaseException as error:
            tell("R " + root, {"ok": False, "why": repr(error)[:300]})
            return
        tell("R " + root, {"ok": True})
        for query in todo:
            _, path, words = query.split(" ", 2)
            try:
                fact = probe.ask(path, words.split(","))
            except BaseException as error:
                fact = {"ok": False, "why": repr(error)[:200]}
            tell(query, fact)
        shutil.rmtree(probe.tmp, ignore_errors=True)
    # Threads that an import left behind must not keep the process.
    os._exit(0)


if __name__ == "__main__":
    main(*sys.argv[1:5])
