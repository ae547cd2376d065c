#!/usr/bin/env python3
"""What a sandbox costs that does nothing: CPU time of all its processes, and of the service, in a second of sleep.

usage: benchmarks/idle.py [--platform NAME[,...]] [--seconds N]

Reads the time that every thread has run from /proc/PID/task/TID/schedstat, in nanoseconds. Exits with 1 if a second of
sleep costs a sandbox 5 ms or more.
"""
import argparse
import os
import shutil
import sys
import tempfile
import time

from picket_service import Picket

MOST_MILLIS = 5


def children():
    """The children of every process."""
    tree = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open(f"/proc/{name}/stat") as stat:
                    parent = int(stat.read().rpartition(")")[2].split()[1])
            except OSError:
                continue  # it has ended
            tree.setdefault(parent, []).append(int(name))
    return tree


def family(process):
    tree, found, left = children(), [], [process]
    while left:
        found.append(left.pop())
        left += tree.get(found[-1], [])
    return found


def run_nanos(processes):
    """What each thread has run, by its id."""
    times = {}
    for process in processes:
        try:
            for thread in os.listdir(f"/proc/{process}/task"):
                with open(f"/proc/{process}/task/{thread}/schedstat") as stat:
                    times[thread] = int(stat.read().split()[0])
        except OSError:
            pass  # it has ended
    return times


def measure(processes, seconds):
    """Milliseconds in a second."""
    before = run_nanos(processes)
    time.sleep(seconds)
    return sum(nanos - before.get(thread, 0) for thread, nanos in run_nanos(processes).items()) / seconds / 1e6


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--platform", help="default: all that work here")
    parser.add_argument("--seconds", type=int, default=5)
    options = parser.parse_args()
    busybox = shutil.which("busybox") or sys.exit("install busybox-static")
    good = True
    with tempfile.TemporaryDirectory() as directory, Picket("--pool", "0") as picket:
        program = os.path.join(directory, "sleep")  # what busybox does depends on its name
        shutil.copy(busybox, program)
        picket.load("idle", program)
        names = options.platform.split(",") if options.platform else [
            platform["name"] for platform in picket.platforms() if platform["available"]]
        print("| CPU time in a second of sleep | sandbox | processes | service |")
        print("|---|---|---|---|")
        for name in names:
            container = picket.start("idle", name, "/bin/sleep", "1000")
            worker = picket.connection().ask("GET", f"/containers/{container}/json")["State"]["Pid"]
            time.sleep(3)  # the compiler and the first collection have settled
            processes = family(worker)
            service = [picket.process.pid]
            sandbox = measure(processes, options.seconds)
            print(f"| {name} | {sandbox:.2f} ms | {len(processes)} | {measure(service, options.seconds):.2f} ms |", flush=True)
            good &= sandbox < MOST_MILLIS
            picket.connection().ask("DELETE", f"/containers/{container}?force=1")
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
