"""Runs pieces of code with an installed TensorFlow and tells how each ended.

Run as `truth_probe.py CASES RESULTS`: CASES is a JSON list of objects with `id`, `code` and
`fresh`; RESULTS gets one JSON object a line, `id` and `end`: "" for code that ran through, else the
exception. TensorFlow is imported once, and every piece runs in a process forked from there; a
`fresh` one, whose point is what happens before the import, in one that has imported nothing.
Python 3.6 and later, on systems that have fork.
"""

import json
import os
import signal
import sys
import traceback
import warnings

warnings.filterwarnings("ignore")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")

PATIENCE = 120


def run(code):
    """How the code ends, told in one line."""
    signal.alarm(PATIENCE)
    try:
        exec(compile(code, "app.py", "exec"), {"__name__": "__main__"})
    except SystemExit as exit:
        return "" if not exit.code else "SystemExit: %s" % exit.code
    except BaseException as error:  # Whatever stops the program is its end.
        return traceback.format_exception_only(type(error), error)[-1].strip()[:300]
    return ""


def forked(code):
    """Runs the code in a process of its own, quietly."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        quiet = os.open(os.devnull, os.O_WRONLY)
        os.dup2(quiet, 1)
        os.dup2(quiet, 2)
        end = run(code)
        os.write(writer, end.encode("utf-8", "replace")[:4000])
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as pipe:
        end = pipe.read().decode("utf-8", "replace")
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        return "killed by signal %d" % os.WTERMSIG(status)
    return end


def main():
    with open(sys.argv[1]) as file:
        cases = json.load(file)
    with open(sys.argv[2], "w") as out:
        # Those that must see no import come first.
        for case in sorted(cases, key=lambda case: not case["fresh"]):
            if not case["fresh"]:
                import tensorflow  # noqa: F401
            end = forked(case["code"])
            out.write(json.dumps({"id": case["id"], "end": end}) + "\n")
            out.flush()


main()
