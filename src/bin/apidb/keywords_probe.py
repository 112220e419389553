"""Tells which keywords a callable with `**kwargs` refuses in its body, by calling it.

Run as `keywords_probe.py ROOT QUERIES FACTS [FOLDER]`: imports ROOT (first from FOLDER), answers one query a line and appends one
JSON object a line to FACTS, flushed at once, so that the caller can go on behind a query that
kills the process. Python 3.5 and later. One query:

    K path word,word    the callable at a path (`.().` before a method of an instance), and the
                        keywords to try

A keyword is refused where the call works without it, and raises with every value that is tried, in
the same words, which name the keyword. It is accepted where one value goes through. Everything
else cannot be told. What the signature names is not tried.
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
    }


class Told(Exception):
    """It cannot be told."""


class Probe(object):
    def __init__(self, root):
        self.root = root
        self.module = importlib.import_module(root)
        self.keras = self.module.keras if root == "tensorflow" else self.module
        self.tmp = tempfile.mkdtemp()
        os.chdir(self.tmp)
        self.recipes = required(self.keras, self.tmp)
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
            if inspect.isabstract(value) or value.__init__ is object.__init__:
                raise Told()
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
        variants = self.baselines(parameters, path)
        call = None
        for arguments in variants:
            try:
                self.run(again, arguments, {})
                call = arguments
                break
            except BaseException:
                continue
        if call is None:
            return {"ok": False, "why": "no call works"}
        fact = {"ok": True, "refused": {}, "accepted": []}
        until = time.time() + PATIENCE
        # What takes any word is not asked for each.
        if self.keyword(again, call, "no_such_keyword") is True:
            return {"ok": False, "why": "it takes anything"}
        for word in words:
            if word in named or word in call or time.time() > until:
                continue
            said = self.keyword(again, call, word)
            if said is True:
                fact["accepted"].append(word)
            elif said is not None:
                fact["refused"][word] = said
        # A call that was spoilt by those before it tells nothing.
        try:
            self.run(again, call, {})
        except BaseException:
            return {"ok": False, "why": "the call stopped working"}
        return fact

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
        if ".applications." in path:
            needed = dict(needed)
            needed["weights"] = lambda: None
            variants = [needed]
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
        given = dict((name, make()) for name, make in arguments.items())
        given.update(more)
        return again()(**given)

    def keyword(self, again, call, word):
        """Its exception where it is refused, true where it is accepted."""
        values = ([NATURAL[word]] if word in NATURAL else []) + VALUES
        said = None
        for value in values:
            try:
                self.run(again, call, {word: value})
                return True
            except (TypeError, ValueError) as error:
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
            except BaseException:
                return None
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
