#!/usr/bin/env python3
"""Many sandboxes at once, each with four threads in a storm of futexes and pipes: do all finish, and how long is a stall?

usage: benchmarks/storm.py [--sandboxes 64] [--seconds 5] [--platform NAME[,...]]

Starts them all, lets them begin at the same moment, and prints for each platform the rounds that were made, and the
longest time in which a thread of any of them made none. The guest measures (sentry/src/test/c/stalls.c). The same number of
native processes is measured too: with that many threads on few CPUs, waiting for one's turn is the host's doing. Exits
with 1 if a sandbox fails or a stall is longer than a second.
"""
import argparse
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time

from picket_service import Picket, compile_guest

STALL_MILLIS = 1000


def parse(text):
    rounds, stall = map(int, re.match(r"(\d+) rounds, longest stall (\d+) ms", text).groups())
    return rounds, stall


def native(program, count, seconds):
    begin = str(int(time.time()) + 3)
    processes = [subprocess.Popen([program, begin, str(seconds)], stdout=subprocess.PIPE, text=True) for _ in range(count)]
    return [parse(process.communicate()[0]) for process in processes]


def sandboxes(picket, platform, count, seconds, startup):
    """Starts them four at a time; what a client would see as an error is one here."""
    begin = str(int(time.time() + startup))
    results, errors = [], []
    left = threading.Semaphore(4)

    def one():
        try:
            with left:
                container = picket.start("storm", platform, "/bin/stalls", begin, str(seconds))
            if time.time() > int(begin):
                raise RuntimeError("it started after the others had begun: raise --startup")
            results.append(parse(picket.finish(container)))
        except Exception as error:  # reported below
            errors.append(error)

    threads = [threading.Thread(target=one) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for error in errors[:5]:
        print(f"{platform}: {error}", file=sys.stderr)
    return results, len(errors)


def report(name, count, results):
    stalls = sorted(stall for _, stall in results)
    rounds = [rounds for rounds, _ in results]
    print(f"| {name} | {len(results)} of {count} | {sum(rounds):,} | {min(rounds, default=0):,} | "
          f"{statistics.median(stalls or [0]):.0f} ms | {max(stalls, default=0)} ms |", flush=True)
    return len(results) == count and max(stalls, default=0) <= STALL_MILLIS


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sandboxes", type=int, default=64)
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--startup", type=int, help="seconds until all begin; default: one for each, and ten")
    parser.add_argument("--platform", help="default: all that work here")
    options = parser.parse_args()
    count, good = options.sandboxes, True
    startup = options.startup or count + 10
    with tempfile.TemporaryDirectory() as directory, Picket("--pool", "4") as picket:
        program, = compile_guest(directory, "stalls")
        picket.load("storm", program)
        names = options.platform.split(",") if options.platform else [
            platform["name"] for platform in picket.platforms() if platform["available"]]
        print(f"| {count} at once, {options.seconds} s | finished | rounds | fewest of one | median stall | longest stall |")
        print("|---|---|---|---|---|---|")
        report("native", count, native(program, count, options.seconds))
        for name in names:
            results, errors = sandboxes(picket, name, count, options.seconds, startup)
            good &= report(name, count, results) and errors == 0
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
