#!/usr/bin/env python3
"""What system calls, memory and processes cost a guest: natively, on each platform of Picket, and on gVisor.

usage: benchmarks/guest-micro.py [--rounds N] [--platform NAME[,...]] [--no-gvisor]

Compiles benchmarks/guest/micro.c, runs it in turns on every target, and prints the medians as a table with ratios: to
the native program, and to the better of gVisor's platforms. Needs gcc, and runsc in the PATH for gVisor's columns.
"""
import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile

from picket_service import Picket, compile_guest

# What the issue holds a platform's first touches against: a native program that touches a shared memfd.
NATIVE_ROW = {"first touch of 256 MiB": "first touch of 256 MiB, shared memfd"}


def parse(output):
    return {name: float(value) for name, value in (line.split("\t") for line in output.splitlines())}


def gvisor(platform, program):
    done = subprocess.run(["runsc", "--rootless", "--network=none", "--platform=" + platform, "do", program],
                          capture_output=True, timeout=300, text=True)
    if done.returncode:
        raise RuntimeError((done.stderr or done.stdout).strip().splitlines()[-1:])
    return parse(done.stdout)


def find_gvisor(program):
    """The targets of gVisor that work here."""
    targets = {}
    if not shutil.which("runsc"):
        print("gVisor is left out: there is no runsc in the PATH", file=sys.stderr)
        return targets
    for platform in ("ptrace", "systrap"):
        try:
            gvisor(platform, program)
            targets["gVisor " + platform] = lambda platform=platform: gvisor(platform, program)
        except (RuntimeError, subprocess.TimeoutExpired, ValueError) as error:
            print(f"gVisor {platform} is left out: {error}", file=sys.stderr)
    return targets


def amount(nanos):
    for unit, scale in (("ms", 1e6), ("us", 1e3)):
        if nanos >= scale:
            return f"{nanos / scale:.3g} {unit}"
    return f"{nanos:.3g} ns"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--platform", help="default: all that work here")
    parser.add_argument("--no-gvisor", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory, Picket("--pool", "1") as picket:
        micro, nothing = compile_guest(directory, "micro", "nothing")
        picket.load("micro", micro, nothing)
        for platform in picket.platforms():
            if not platform["available"]:
                print(f"{platform['name']} is left out: {platform['reason']}", file=sys.stderr)
        names = options.platform.split(",") if options.platform else [
            platform["name"] for platform in picket.platforms() if platform["available"]]
        targets = {"native": lambda: parse(subprocess.run([micro], capture_output=True, check=True, text=True).stdout)}
        for name in names:
            targets[name] = lambda name=name: parse(picket.run("micro", name, "/bin/micro"))
        rivals = {} if options.no_gvisor else find_gvisor(micro)
        targets.update(rivals)
        samples = {name: {} for name in targets}
        for _ in range(options.rounds):
            for name, run in targets.items():
                for row, value in run().items():
                    samples[name].setdefault(row, []).append(value)
        print_table(names, rivals, {name: {row: statistics.median(values) for row, values in rows.items()}
                                    for name, rows in samples.items()})


def print_table(names, rivals, medians):
    head = ["a piece", *medians] + [f"{name} / native" for name in names]
    if rivals:
        head += [f"{name} / best gVisor" for name in names]
    print("| " + " | ".join(head) + " |")
    print("|---" * len(head) + "|")
    for row, native in medians["native"].items():
        native = medians["native"][NATIVE_ROW.get(row, row)]
        cells = [row] + [amount(medians[name][row]) for name in medians]
        cells += [f"{medians[name][row] / native:.3g}" for name in names]
        if rivals:
            best = min(medians[name][row] for name in rivals)
            cells += [f"{medians[name][row] / best:.2f}" for name in names]
        print("| " + " | ".join(cells) + " |")
    if set(NATIVE_ROW) & set(medians["native"]):
        print("\nThe first touch is compared with the native program's touch of a shared memfd.")


if __name__ == "__main__":
    main()
