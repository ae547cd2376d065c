#!/usr/bin/env python3
"""Which platforms work in the reduced environments that a user would meet, and whether `auto` works wherever any does.

usage: tools/portability.py [--only TEXT]

Runs `picket platforms` and then a program on each platform that is said to work, and on `auto`, in each environment:
plain, as an unprivileged user, with no_new_privs, on one CPU, without /dev/kvm, and in containers of a real dockerd, with
its default seccomp profile and without CAP_SYS_PTRACE. Prints a table. Exits with 1 if a platform that is said to work
does not run the program, if `auto` fails although one works, or if none works where ptrace should.

Needs root, util-linux (setpriv, taskset, unshare) and, for the containers, docker.io and busybox-static. The dockerd is
one of its own, on a socket and in directories that go away with it.
"""
import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PICKET = os.path.join(ROOT, "picket")
NOBODY = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"]

# The first argument is the launcher; then the names of platforms to run a program on, or none to ask for the table.
INSIDE = """
data=$(mktemp -d) || exit 1
cd /
if [ $# = 1 ]; then "$1" platforms --json --data "$data/data"; status=$?; fi
picket=$1; shift
for platform; do
    printf '%s ' "$platform"
    "$picket" run --data "$data/data" --platform "$platform" host -- /bin/sh -c 'echo $((6*7))' 2>&1 </dev/null | tail -n 1
done
rm -rf "$data"
exit ${status:-0}
"""

# A /dev of one's own, with the usual nodes and no kvm, in a mount namespace of one's own.
WITHOUT_KVM = """
dev=$(mktemp -d)
mount -t tmpfs -o mode=755 dev "$dev"
for node in null zero full random urandom tty; do cp -a /dev/$node "$dev/"; done
mkdir "$dev/shm" "$dev/pts"
ln -s /proc/self/fd "$dev/fd"
mount --move "$dev" /dev
rmdir "$dev"
exec "$@"
"""


def environments(docker):
    yield "plain", []
    yield "unprivileged user", NOBODY
    yield "no_new_privs, unprivileged", [*NOBODY, "--no-new-privs", "--bounding-set=-all", "--inh-caps=-all"]
    yield "one CPU", ["taskset", "-c", "0"]
    yield "without /dev/kvm", ["unshare", "--mount", "--propagation", "private", "sh", "-c", WITHOUT_KVM, "sh"]
    if docker:
        yield "docker container", docker.command()
        yield "docker container, unprivileged user", docker.command("--user", "65534:65534")
        yield "docker container, no capabilities, no_new_privs", docker.command(
            "--user", "65534:65534", "--cap-drop", "ALL", "--security-opt", "no-new-privileges")
        if os.path.exists("/dev/kvm"):
            yield "docker container with /dev/kvm", docker.command("--device", "/dev/kvm")


class Docker:
    """A dockerd of our own, and a container that shows the host's programs, read-only."""

    def __init__(self):
        self.directory = tempfile.mkdtemp(prefix="picket-docker-")
        self.host = "unix://" + os.path.join(self.directory, "docker.sock")
        self.log = open(os.path.join(self.directory, "log"), "w+")
        self.process = subprocess.Popen(
            ["dockerd", "--host", self.host, "--data-root", os.path.join(self.directory, "data"),
             "--exec-root", os.path.join(self.directory, "exec"), "--pidfile", os.path.join(self.directory, "pid"),
             "--bridge=none", "--iptables=false"], stdout=self.log, stderr=self.log, start_new_session=True)
        end = time.time() + 60
        while subprocess.run(["docker", "--host", self.host, "version"], capture_output=True).returncode:
            if self.process.poll() is not None or time.time() > end:
                self.log.seek(0)
                output = self.log.read()[-2000:]
                self.close()
                raise SystemExit("dockerd did not come up: " + output)
            time.sleep(0.2)
        root = os.path.join(self.directory, "root")
        for name in ("usr", "etc", "tmp", "proc", "sys", "dev"):
            os.makedirs(os.path.join(root, name))
        os.chmod(os.path.join(root, "tmp"), 0o1777)
        for name in ("bin", "sbin", "lib", "lib64"):
            os.symlink("usr/" + name, os.path.join(root, name))
        tar = subprocess.Popen(["tar", "-C", root, "-c", "."], stdout=subprocess.PIPE)
        subprocess.run(["docker", "--host", self.host, "import", "-", "empty"], stdin=tar.stdout, check=True,
                       stdout=subprocess.DEVNULL)
        tar.wait()

    def command(self, *options):
        return ["docker", "--host", self.host, "run", "--rm", "--network", "none", "-v", "/usr:/usr:ro", "-v",
                "/etc:/etc:ro", "-v", f"{ROOT}:{ROOT}:ro", "-e", "PATH=/usr/bin:/bin", *options, "empty"]

    def close(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.process.kill()
        self.log.close()
        shutil.rmtree(self.directory, ignore_errors=True)


def inside(prefix, *names):
    done = subprocess.run([*prefix, "sh", "-c", INSIDE, "sh", PICKET, *names], capture_output=True, text=True,
                          timeout=300, env={"PATH": os.environ["PATH"], "TMPDIR": "/tmp"})
    if done.returncode:
        raise RuntimeError((done.stderr or done.stdout).strip()[-500:])
    return done.stdout


def look(prefix):
    """The table of an environment, and the names of what does not do what it should."""
    platforms = json.loads(inside(prefix).strip().splitlines()[-1])
    works = [platform["name"] for platform in platforms if platform["available"]]
    answers = dict(line.split(" ", 1) for line in inside(prefix, *works, "auto").splitlines() if " " in line)
    wrong = [f"{name}: {answers.get(name, 'no answer')}" for name in [*works, "auto"] if answers.get(name) != "42"]
    return platforms, wrong if works else ["none works"]


def cell(platform):
    if not platform["available"]:
        return "no"
    return f"{platform['syscallNanos'] / 1000:.1f} us" + (", auto" if platform["auto"] else "")


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that dockerd does not outlive us
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", default="", help="only the environments whose names hold this text")
    options = parser.parse_args()
    if os.geteuid():
        sys.exit("run it as root: it gives privileges up")
    subprocess.run([PICKET, "--version"], check=True, stdout=subprocess.DEVNULL)  # builds what is missing
    docker = None
    if not shutil.which("dockerd"):
        print("the containers are left out: there is no dockerd here (apt-get install docker.io)", file=sys.stderr)
    elif not options.only or "docker" in options.only:
        docker = Docker()
    failed, reasons, headed = False, [], False
    try:
        for name, prefix in environments(docker):
            if options.only not in name:
                continue
            try:
                platforms, wrong = look(prefix)
            except (RuntimeError, ValueError, IndexError, subprocess.TimeoutExpired) as error:
                platforms, wrong = [], [str(error)]
            if platforms and not headed:
                headed = True
                print("| environment | " + " | ".join(platform["name"] for platform in platforms) + " | a program runs |")
                print("|---" * (len(platforms) + 2) + "|")
            print(f"| {name} | " + " | ".join(map(cell, platforms)) + f" | {'; '.join(wrong) or 'on each, and on auto'} |",
                  flush=True)
            failed |= bool(wrong)
            reasons += [(name, platform["name"], platform["reason"]) for platform in platforms if platform["reason"]]
    finally:
        if docker:
            docker.close()
    print()
    for name, platform, reason in reasons:
        print(f"- {name}, {platform}: {reason}")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
