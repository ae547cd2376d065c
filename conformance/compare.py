#!/usr/bin/env python3
"""Runs every program of a directory natively and in a sandbox, and names those that end differently.

Usage: conformance/compare.py [--platform NAME] [--jobs N] [--timeout SECONDS] DIRECTORY [PROGRAM...]

For suites of small test programs whose exit status is their verdict, such as Linux's own selftests or the Open POSIX test
suite; docs/conformance.md says how to build those. Run as root, as the sandbox's programs do: some of them mount things,
so the native ones get a mount namespace of their own. The exit status is 0 when nothing differs.
"""

import argparse
import os
import subprocess
import sys
import tarfile
import tempfile

# Each program in a directory of its own; a line for each: name and status, then the end of what a failing one has said.
RUNNER = r"""
programs=$1; jobs=$2; limit=$3; work=$(mktemp -d); cd "$work"; export programs limit work
one() {
    mkdir "$work/$1.d"; cd "$work/$1.d"
    timeout -k 2 "$limit" "$programs/$1" >"$work/$1.out" 2>&1 </dev/null; status=$?
    if [ $status = 0 ]; then echo "@@ $1 $status"; else echo "@@ $1 $status $(tail -n 2 "$work/$1.out" | tr -c '[:print:]' ' ' | cut -c 1-200)"; fi
    cd "$work"; rm -rf "$work/$1.d" "$work/$1.out"
}
export -f one
ls "$programs" | xargs -P "$jobs" -n 1 bash -c 'one $0'
rm -rf "$work"
"""

INSIDE = 'mkdir /tmp/programs && tar -x -C /tmp/programs && exec bash -c "$1" runner /tmp/programs "$2" "$3"'


def outcomes(text):
    found = {}
    for line in text.splitlines():
        if line.startswith("@@ "):
            name, status, *said = line[3:].split(" ", 2)
            found[name] = (int(status), said[0].strip() if said else "")
    return found


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--platform", default="auto")
    parser.add_argument("--jobs", default="4")
    parser.add_argument("--timeout", default="30")
    parser.add_argument("directory")
    parser.add_argument("program", nargs="*")
    options = parser.parse_args()
    picket = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "picket")

    with tempfile.TemporaryDirectory() as chosen:
        for name in options.program or os.listdir(options.directory):
            os.symlink(os.path.abspath(os.path.join(options.directory, name)), os.path.join(chosen, name))
        native = subprocess.run(
            ["unshare", "-m", "bash", "-c", RUNNER, "runner", chosen, options.jobs, options.timeout],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, errors="replace").stdout
        with tempfile.TemporaryFile() as packed:
            with tarfile.open(fileobj=packed, mode="w", dereference=True) as tar:
                for name in sorted(os.listdir(chosen)):
                    tar.add(os.path.join(chosen, name), arcname=name)
            packed.seek(0)
            inside = subprocess.run(
                [picket, "run", "-i", "-m", "2g", "--platform", options.platform, "host", "--",
                 "sh", "-c", INSIDE, "sh", RUNNER, options.jobs, options.timeout],
                stdin=packed, stdout=subprocess.PIPE, text=True, errors="replace").stdout

    native, inside = outcomes(native), outcomes(inside)
    differing = [name for name in sorted(native) if native[name][0] != inside.get(name, (None,))[0]]
    for name in differing:
        status, said = inside.get(name, ("did not run", ""))
        print(f"{name}: natively {native[name][0]}, inside {status}: {said}")
    same = len(native) - len(differing)
    print(f"{len(native)} programs, {same} end alike, {len(differing)} differ")
    return 1 if differing or not native else 0


if __name__ == "__main__":
    sys.exit(main())
