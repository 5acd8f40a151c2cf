"""Answer facts by experiment: ``python run.py [NAME ...]``, one line of JSON an experiment, the versions first.

Keras is imported once; each experiment runs in a fork of its own, so that none sees what another one left behind.
"""

import json
import os
import signal
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import lab
import norm  # noqa: F401  registers its experiments
import structure  # noqa: F401
import timing  # noqa: F401

LIMIT = int(os.environ.get("KFL_EXPERIMENT_LIMIT", "120"))


def answer(function):
    try:
        return {"answer": function()}
    except lab.DoesNotApply as reason:
        return {"skipped": str(reason)}
    except Exception as error:
        return {"error": "%s: %s" % (type(error).__name__, " ".join(str(error).split())[:300])}


def in_a_fork(function):
    """What a function returns, worked out in a child; or that it took too long."""
    handle, path = tempfile.mkstemp()
    os.close(handle)
    child = os.fork()
    if not child:
        signal.alarm(LIMIT)
        try:
            with open(path, "w") as out:
                json.dump(function(), out)
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    with open(path) as result:
        text = result.read()
    os.unlink(path)
    return json.loads(text) if text else {"error": "the experiment ended without an answer (limit %d s)" % LIMIT}


def main(wanted):
    out = os.fdopen(os.dup(1), "w")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    out.write(json.dumps(in_a_fork(lab.versions)) + "\n")
    for name, function in sorted(lab.EXPERIMENTS.items()):
        if not wanted or name in wanted:
            begin = time.time()
            result = in_a_fork(lambda: answer(function))
            result.update(name=name, seconds=round(time.time() - begin, 2))
            out.write(json.dumps(result) + "\n")
            out.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
