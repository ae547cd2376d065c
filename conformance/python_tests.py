#!/usr/bin/env python3
"""Runs Python's own tests of what touches the system, natively and in a sandbox, and names what differs.

Usage: conformance/python_tests.py [--inside COMMAND] [--natively-only FILE | --native FILE] [--details] [MODULE...]

Wants Debian's libpython3.11-testsuite. What fails inside and passes natively is printed, with the end of its traceback
if --details is given; the exit status is 0 when there is none.
"""

import argparse
import collections
import json
import os
import shlex
import subprocess
import sys
import tempfile

MODULES = (
    "test_os test_posix test_subprocess test_threading test_signal test_mmap test_select test_selectors test_socket "
    "test_tempfile test_shutil test_multiprocessing_fork test_asyncio test_fcntl test_pty test_time test_resource"
).split()

# Runs the tests of one module but those named, and says of each how it ended. A test that takes too long ends it.
RUNNER = r"""
import faulthandler, json, os, sys, tempfile, time, traceback, unittest
module, timeout, done = sys.argv[1], float(sys.argv[2]), set(json.loads(sys.argv[3]))
from test import support
support.use_resources = []
report = os.fdopen(os.dup(1), "w", buffering=1)
null = os.open("/dev/null", os.O_RDWR)
os.dup2(null, 0)
os.dup2(null, 1)
os.chdir(tempfile.mkdtemp())

def say(kind, test, text=""):
    report.write("\n@@" + json.dumps([kind, test, text[-3000:]]) + "\n")

class Result(unittest.TestResult):
    def startTest(self, test):
        super().startTest(test)
        self.outcome, self.text, self.began = "ok", "", time.monotonic()
        say("begun", test.id())
        faulthandler.dump_traceback_later(timeout, exit=True)
    def stopTest(self, test):
        faulthandler.cancel_dump_traceback_later()
        say(self.outcome, test.id(), self.text)
        super().stopTest(test)
    def bad(self, outcome, test, error):
        text = "".join(traceback.format_exception(*error))
        if hasattr(self, "outcome"):
            self.outcome, self.text = outcome, self.text + text
        if "_ErrorHolder" in type(test).__name__:
            say(outcome, test.id(), text)
    def addFailure(self, test, error): self.bad("FAIL", test, error)
    def addError(self, test, error): self.bad("ERROR", test, error)
    def addSubTest(self, test, sub, error):
        if error: self.bad("FAIL", test, error)
    def addSkip(self, test, reason):
        self.outcome, self.text = "skip", reason
        if "_ErrorHolder" in type(test).__name__: say("skip", test.id(), reason)
    def addExpectedFailure(self, test, error): self.outcome = "expected"
    def addUnexpectedSuccess(self, test): self.outcome = "FAIL"

def without_done(suite):
    kept = unittest.TestSuite()
    for each in suite:
        if isinstance(each, unittest.TestSuite): kept.addTest(without_done(each))
        elif each.id() not in done: kept.addTest(each)
    return kept

try:
    tests = without_done(unittest.defaultTestLoader.loadTestsFromName("test." + module))
    faulthandler.dump_traceback_later(timeout, exit=True)
    tests.run(Result())
except unittest.SkipTest as e:
    say("skip", "test." + module, str(e))
say("finished", module)
report.flush()
os._exit(0)
"""


def run_module(prefix, module, timeout):
    """How each test of a module ended: {id: [outcome, text]}."""
    ended = {}
    for _ in range(20):
        command = prefix + ["python3", "-c", RUNNER, module, str(timeout), json.dumps(sorted(ended))]
        with tempfile.TemporaryDirectory(dir="/dev/shm") as directory:
            environment = dict(os.environ, TMPDIR=directory, LANG="C.UTF-8")
            environment["PATH"] = "/usr/sbin:/usr/bin:/sbin:/bin:" + environment["PATH"]
            process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment
            )
            with tempfile.TemporaryFile() as errors:
                process.stderr.close()
                current, finished = None, False
                for line in process.stdout:
                    if not line.startswith(b"@@"):
                        continue
                    kind, test, text = json.loads(line[2:])
                    if kind == "begun":
                        current = test
                    elif kind == "finished":
                        finished = True
                    else:
                        ended[test] = [kind, text]
                        current = None
                process.wait()
        if finished:
            return ended
        ended[current or "start of " + module] = ["HANG", "exit status %s" % process.returncode]
    return ended


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--inside", default=None, help="what starts a command in a sandbox")
    parser.add_argument("--native", help="a file with the native results, written if it is missing")
    parser.add_argument("--timeout", type=float, default=60, help="seconds that one test may take natively")
    parser.add_argument("--details", action="store_true")
    parser.add_argument("modules", nargs="*", default=MODULES)
    options = parser.parse_args()
    root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    inside = shlex.split(options.inside) if options.inside else [root + "/picket", "run", "-m", "2g", "host", "--"]

    native = {}
    if options.native and os.path.exists(options.native):
        with open(options.native) as file:
            native = json.load(file)
    differing = 0
    for module in options.modules:
        if module not in native:
            native[module] = run_module([], module, options.timeout)
            if options.native:
                with open(options.native, "w") as file:
                    json.dump(native, file, indent=0)
        results = run_module(inside, module, 2 * options.timeout)
        counts = collections.Counter(kind for kind, _ in results.values())
        expected = collections.Counter(kind for kind, _ in native[module].values())
        print(module, "natively", dict(expected), "inside", dict(counts), flush=True)
        for test in sorted(set(native[module]) | set(results)):
            before, _ = native[module].get(test, ["absent", ""])
            after, text = results.get(test, ["absent", ""])
            if before != after and before in ("ok", "expected", "absent", "skip") and after != "ok":
                differing += after in ("FAIL", "ERROR", "HANG")
                last = [line for line in text.strip().split("\n") if line][-1:]
                print("  %s: natively %s, inside %s: %s" % (test, before, after, "".join(last)), flush=True)
                if options.details:
                    print("    " + text.strip().replace("\n", "\n    "), flush=True)
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main())
