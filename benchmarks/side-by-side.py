#!/usr/bin/env python3
"""Picket and, where it is installed, a real dockerd: the same work, side by side in one run.

usage: benchmarks/side-by-side.py [--runs N] [--platform ptrace[,...]]

Starts both services on unix sockets and data directories of its own, imports the same small image into both, takes
turns between them, and prints medians with the ratio to dockerd. Everything it started is ended at the end. Needs gcc,
Debian's busybox-static, the docker CLI; for the comparison docker.io (dockerd) and root.
"""
import argparse
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time

from picket_service import Connection

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(HERE)


def life(connection, runtime, command):
    """create, start, wait, remove: milliseconds of each, and of all."""
    times = [time.perf_counter()]
    host = {"NetworkMode": "none"}
    if runtime:
        host["Runtime"] = runtime
    container = connection.ask("POST", "/containers/create", {"Image": "bench", "Cmd": command, "HostConfig": host})["Id"]
    times.append(time.perf_counter())
    connection.ask("POST", f"/containers/{container}/start")
    times.append(time.perf_counter())
    status = connection.ask("POST", f"/containers/{container}/wait")["StatusCode"]
    times.append(time.perf_counter())
    connection.ask("DELETE", f"/containers/{container}?force=1")
    times.append(time.perf_counter())
    if status:
        raise RuntimeError(f"exit status {status}")
    return [1e3 * (b - a) for a, b in zip(times, times[1:])] + [1e3 * (times[-1] - times[0])]


class Service:
    def __init__(self, name, socket_path, process, runtime):
        self.name, self.socket, self.process, self.runtime = name, socket_path, process, runtime
        self.environment = dict(os.environ, DOCKER_HOST="unix://" + socket_path)

    def wait_until_up(self, seconds):
        end = time.time() + seconds
        while time.time() < end:
            try:
                Connection(self.socket).ask("GET", "/_ping")
                return
            except (OSError, RuntimeError):
                if self.process.poll() is not None:
                    break
                time.sleep(0.1)
        raise SystemExit(f"{self.name} did not come up")

    def docker(self, *arguments, **options):
        return subprocess.run(["docker", *arguments], env=self.environment, capture_output=True, timeout=120, **options)

    def run(self, *command):
        runtime = ["--runtime", self.runtime] if self.runtime else []
        start = time.perf_counter()
        done = self.docker("run", "--rm", "--network", "none", *runtime, "bench", *command)
        if done.returncode:
            raise RuntimeError(f"{self.name}: {done.stderr.decode()}")
        return 1e3 * (time.perf_counter() - start), done.stdout.decode()

    def per_second(self, clients, runs):
        left, lock, errors = [runs], threading.Lock(), []

        def work():
            connection = Connection(self.socket)
            while True:
                with lock:
                    if left[0] == 0:
                        return
                    left[0] -= 1
                try:
                    life(connection, self.runtime, ["true"])
                except Exception as error:  # reported below: a benchmark with errors has no figure
                    errors.append(error)
                    return

        start = time.perf_counter()
        threads = [threading.Thread(target=work) for _ in range(clients)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if errors:
            raise RuntimeError(f"{self.name}: {errors[0]}")
        return runs / (time.perf_counter() - start)


def image(directory):
    root = os.path.join(directory, "image")
    for name in ("bin", "tmp", "proc", "sys", "dev", "etc", "root"):
        os.makedirs(os.path.join(root, name))
    busybox = shutil.which("busybox") or sys.exit("install busybox-static")
    shutil.copy(busybox, os.path.join(root, "bin/busybox"))
    for applet in ("sh", "true", "echo", "cat", "head", "sleep", "ls"):
        os.symlink("busybox", os.path.join(root, "bin", applet))
    subprocess.run(["gcc", "-O2", "-static", "-o", os.path.join(root, "bin/getppid"), os.path.join(HERE, "guest", "getppid.c")], check=True)
    with open(os.path.join(root, "etc/passwd"), "w") as out:
        out.write("root:x:0:0:root:/root:/bin/sh\n")
    tar = os.path.join(directory, "image.tar")
    subprocess.run(["tar", "-C", root, "-cf", tar, "."], check=True)
    return tar, os.path.join(root, "bin/getppid")


def start_services(directory, platforms):
    services, processes = [], []
    path = os.path.join(directory, "picket.sock")
    log = open(os.path.join(directory, "picket.log"), "w")
    picket = subprocess.Popen([os.path.join(ROOT, "picket"), "serve", "--listen", "unix://" + path, "--data",
                               os.path.join(directory, "picket")], stdout=log, stderr=log, start_new_session=True)
    processes.append(picket)
    for platform in platforms:
        services.append(Service("picket " + platform, path, picket, platform))
    if shutil.which("dockerd") and os.geteuid() == 0:
        path = os.path.join(directory, "docker.sock")
        log = open(os.path.join(directory, "docker.log"), "w")
        docker = subprocess.Popen(["dockerd", "--host", "unix://" + path, "--data-root", os.path.join(directory, "docker"),
                                   "--exec-root", os.path.join(directory, "exec"), "--pidfile", os.path.join(directory, "pid"),
                                   "--bridge=none", "--iptables=false"], stdout=log, stderr=log, start_new_session=True)
        processes.append(docker)
        services.append(Service("docker runc", path, docker, None))
    else:
        print("no dockerd here (apt-get install docker.io, as root): nothing to compare with", file=sys.stderr)
    return services, processes


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=15)
    parser.add_argument("--platform", default="ptrace")
    options = parser.parse_args()
    directory = tempfile.mkdtemp(prefix="picket-bench-")
    processes = []
    try:
        tar, native = image(directory)
        services, processes = start_services(directory, options.platform.split(","))
        rows = {}
        for service in services:
            service.wait_until_up(120)
            with open(tar, "rb") as data:
                if service.name.startswith("docker") or service is services[0]:
                    done = service.docker("import", "-", "bench", stdin=data)
                    if done.returncode:
                        raise RuntimeError(done.stderr.decode())
        time.sleep(3)  # the pool of warm workers fills

        def measure(name, unit, once, runs=options.runs):
            samples = {service.name: [] for service in services}
            for turn in range(runs + 2):
                for service in services:
                    value = once(service)
                    if turn >= 2:
                        samples[service.name].append(value)
                    time.sleep(0.15)
            rows[f"{name}, {unit}"] = {who: statistics.median(values) for who, values in samples.items()}

        connections = {service.name: Connection(service.socket) for service in services}
        measure("docker run --rm bench true", "ms", lambda service: service.run("true")[0])
        measure("API create, start, wait, remove", "ms", lambda service: life(connections[service.name], service.runtime, ["true"])[-1])
        measure("getppid", "us", lambda service: float(service.run("getppid", "50000")[1]), 5)
        rows["getppid, us"]["native"] = statistics.median(
            float(subprocess.run([native], capture_output=True, check=True).stdout) for _ in range(5))
        for clients in (1, 4):
            rows[f"runs a second, {clients} clients"] = {service.name: service.per_second(clients, 20 * clients) for service in services}
        names = [service.name for service in services] + ["native"]
        print("| work | " + " | ".join(names) + " | picket / docker |")
        print("|---|" + "---|" * (len(names) + 1))
        for work, values in rows.items():
            ratio = values[services[0].name] / values["docker runc"] if "docker runc" in values else None
            cells = [f"{values[name]:.2f}" if name in values else "" for name in names]
            print(f"| {work} | " + " | ".join(cells) + f" | {'' if ratio is None else format(ratio, '.2f')} |")
    finally:
        for process in processes:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        for process in processes:
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
        shutil.rmtree(directory, ignore_errors=True)


if __name__ == "__main__":
    main()
