"""Tells what an installed package really offers.

Run as `verify_probe.py ROOT QUERIES FACTS`: imports ROOT, answers one query a line and appends one
JSON object a line to FACTS, flushed at once, so that the caller can go on behind a query that
kills the process. Python 3.5 and later. Queries:

    A path    attribute access from the root
    D path    the public names of a module
    C path    the members of a class
    I path    importlib.import_module
    P path    whether there is such a module file, found but not imported
"""

import importlib
import importlib.util
import inspect
import json
import os
import sys
import types
import warnings

warnings.filterwarnings("ignore")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")

FUNCTIONS = (types.FunctionType, types.BuiltinFunctionType, types.MethodType)


def parameters(signature, drop_first=False):
    """A signature in the notation of the data: `(x, name=, *, axis=, **kwargs)`."""
    parts = []
    star = positional = False
    values = list(signature.parameters.values())
    if drop_first and values and values[0].kind in (
        inspect.Parameter.POSITIONAL_ONLY,
        inspect.Parameter.POSITIONAL_OR_KEYWORD,
    ):
        values = values[1:]
    for p in values:
        if p.kind == p.POSITIONAL_ONLY:
            positional = True
        elif positional:
            parts.append("/")
            positional = False
        if p.kind == p.VAR_POSITIONAL:
            parts.append("*" + p.name)
            star = True
        elif p.kind == p.VAR_KEYWORD:
            parts.append("**" + p.name)
        else:
            if p.kind == p.KEYWORD_ONLY and not star:
                parts.append("*")
                star = True
            parts.append(p.name + ("" if p.default is p.empty else "="))
    if positional:
        parts.append("/")
    return "(" + ", ".join(parts) + ")"


def signature_of(value, drop_first=False):
    try:
        return parameters(inspect.signature(value), drop_first)
    except BaseException:
        return None


def constructor(cls):
    """What `cls(...)` accepts: `inspect.signature`, and the `__init__` or `__new__` behind it,
    since a metaclass or a `__new__` that only forwards hides the parameters."""
    found = []
    first = signature_of(cls)
    if first is not None:
        found.append(first)
    if cls.__init__ is not object.__init__:
        found.append(signature_of(cls.__init__, True))
    elif cls.__new__ is not object.__new__:
        found.append(signature_of(cls.__new__, True))
    return sorted(set(s for s in found if s is not None))


def kind_of(value):
    if isinstance(value, types.ModuleType):
        return "module"
    if inspect.isclass(value):
        return "class"
    if isinstance(value, FUNCTIONS) or callable(value):
        return "function"
    return "object"


def failure(error):
    """Why an import failed; `missing` is the module that was not found."""
    fact = {"ok": False, "why": type(error).__name__}
    if isinstance(error, ImportError) and getattr(error, "name", None):
        fact["missing"] = error.name
    return fact


class Probe(object):
    def __init__(self, root):
        self.root = root
        self.seen = {root: (True, importlib.import_module(root))}
        self.classes = {}

    def get(self, path):
        """Attribute access; whatever it raises, the name is not there."""
        if path not in self.seen:
            if not path.startswith(self.root + "."):
                return False, None
            parent, name = path.rsplit(".", 1)
            there, value = self.get(parent)
            if there:
                try:
                    there, value = True, getattr(value, name)
                except BaseException:
                    there, value = False, None
            self.seen[path] = (there, value)
        return self.seen[path]

    def attribute(self, path):
        there, value = self.get(path)
        if not there:
            return {"ok": False}
        fact = {"ok": True, "kind": kind_of(value)}
        if fact["kind"] == "class":
            fact["sig"] = constructor(value)
        elif fact["kind"] == "function":
            fact["sig"] = [s for s in [signature_of(value)] if s is not None]
        return fact

    def names(self, path):
        there, value = self.get(path)
        if not there or not isinstance(value, types.ModuleType):
            return {"ok": False}
        return {"ok": True, "names": [n for n in dir(value) if not n.startswith("_")]}

    def members(self, path):
        there, cls = self.get(path)
        if not there or not inspect.isclass(cls):
            return {"ok": False}
        if id(cls) in self.classes:
            return {"ok": True, "same": self.classes[id(cls)]}
        self.classes[id(cls)] = path
        members = {}
        for name in dir(cls):
            if not name.startswith("_"):
                members[name] = self.member(cls, name)
        return {"ok": True, "members": members}

    @staticmethod
    def member(cls, name):
        try:
            raw = inspect.getattr_static(cls, name)
            value = getattr(cls, name)
        except BaseException:
            return ["attribute", None]
        if isinstance(raw, (staticmethod, classmethod)):
            return ["function", signature_of(value)]
        if inspect.isclass(value):
            return ["class", None]
        if isinstance(raw, types.FunctionType):
            return ["function", signature_of(value, True)]
        if callable(value) and not isinstance(raw, property):
            return ["function", None]
        return ["attribute", None]

    @staticmethod
    def importable(path):
        try:
            importlib.import_module(path)
            return {"ok": True}
        except BaseException as error:
            return failure(error)

    @staticmethod
    def file(path):
        try:
            return {"ok": importlib.util.find_spec(path) is not None}
        except BaseException as error:
            return failure(error)


def main(root, queries, facts):
    with open(queries, encoding="utf-8") as lines:
        todo = [line.rstrip("\n") for line in lines]
    # Only what no import can print into is written to.
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
        answers = {
            "A": probe.attribute,
            "D": probe.names,
            "C": probe.members,
            "I": probe.importable,
            "P": probe.file,
        }
        for query in todo:
            verb, path = query.split(" ", 1)
            try:
                fact = answers[verb](path)
            except BaseException as error:
                fact = {"ok": False, "why": repr(error)[:200]}
            tell(query, fact)
    # Threads that an import left behind must not keep the process.
    os._exit(0)


if __name__ == "__main__":
    sys.setrecursionlimit(5000)
    main(*sys.argv[1:4])
