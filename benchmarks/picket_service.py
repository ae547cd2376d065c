"""A Picket service of a benchmark's own: started from this tree, on a socket and a data directory that go away with it."""
import http.client
import io
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tarfile
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


class Connection(http.client.HTTPConnection):
    """HTTP over a unix socket."""

    def __init__(self, path):
        super().__init__("localhost", timeout=600)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(600)
        self.sock.connect(self.path)

    def ask(self, method, url, body=None, content="application/json"):
        data = body if body is None or isinstance(body, bytes) else json.dumps(body)
        self.request(method, url, data, {"Content-Type": content})
        answer = self.getresponse()
        data = answer.read()
        if answer.status >= 400:
            raise RuntimeError(f"{method} {url}: {answer.status} {data[:500]!r}")
        return json.loads(data) if data[:1] in (b"{", b"[") else data


def compile_guest(directory, *names):
    """Compiles a program of benchmarks/guest, or of the tests, statically; answers the paths."""
    paths = []
    for name in names:
        paths.append(os.path.join(directory, name))
        source = os.path.join(ROOT, "benchmarks", "guest", name + ".c")
        if not os.path.exists(source):
            source = os.path.join(ROOT, "sentry", "src", "test", "c", name + ".c")
        subprocess.run(["gcc", "-O2", "-static", "-pthread", "-o", paths[-1], source], check=True)
    return paths


class Picket:
    """`with Picket() as picket`: a running service; `run` runs a program of an image that `load` made."""

    def __init__(self, *options):
        self.directory = tempfile.mkdtemp(prefix="picket-bench-")
        self.socket = os.path.join(self.directory, "picket.sock")
        self.options = options

    def __enter__(self):
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the service does not outlive us
        self.log = open(os.path.join(self.directory, "picket.log"), "w+")
        self.process = subprocess.Popen(
            [os.path.join(ROOT, "picket"), "serve", "--listen", "unix://" + self.socket, "--no-host-image",
             "--data", os.path.join(self.directory, "data"), *self.options],
            stdout=self.log, stderr=self.log, start_new_session=True)
        end = time.time() + 600  # it may have to be built first
        while time.time() < end:
            try:
                self.connection().ask("GET", "/_ping")
                return self
            except (OSError, RuntimeError):
                if self.process.poll() is not None:
                    break
                time.sleep(0.1)
        self.log.seek(0)
        output = self.log.read()
        self.__exit__()
        raise SystemExit("the service did not come up: " + output)

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.process.kill()
        self.log.close()
        shutil.rmtree(self.directory, ignore_errors=True)

    def connection(self):
        return Connection(self.socket)

    def platforms(self):
        """The table, as /picket/v1/platforms answers it."""
        return self.connection().ask("GET", "/picket/v1/platforms")

    def load(self, name, *programs):
        """Makes an image of static programs, which are in its /bin."""
        tar = io.BytesIO()
        with tarfile.open(fileobj=tar, mode="w") as archive:
            for directory in ("bin", "tmp", "proc", "dev", "sys"):
                entry = tarfile.TarInfo(directory)
                entry.type, entry.mode = tarfile.DIRTYPE, 0o777
                archive.addfile(entry)
            for program in programs:
                archive.add(program, "bin/" + os.path.basename(program))
        self.connection().ask("POST", f"/images/create?fromSrc=-&repo={name}", tar.getvalue(), "application/x-tar")

    def start(self, image, platform, *command):
        """Starts a container; answers its id."""
        connection = self.connection()
        container = connection.ask("POST", "/containers/create", {
            "Image": image, "Cmd": list(command), "HostConfig": {"NetworkMode": "none", "Runtime": platform, "Memory": 1 << 30}})["Id"]
        connection.ask("POST", f"/containers/{container}/start")
        return container

    def finish(self, container):
        """Waits for a container's end, removes it, and answers what it wrote; an error if it failed."""
        connection = self.connection()
        status = connection.ask("POST", f"/containers/{container}/wait")["StatusCode"]
        frames = connection.ask("GET", f"/containers/{container}/logs?stdout=1&stderr=1")
        connection.ask("DELETE", f"/containers/{container}?force=1")
        text = unframe(frames)
        if status:
            raise RuntimeError(f"exit status {status}: {text}")
        return text

    def run(self, image, platform, *command):
        return self.finish(self.start(image, platform, *command))


def unframe(data):
    """The text in a stream of Docker's frames: 4 bytes of kind, 4 of length, and as many."""
    text = b""
    while data:
        length = int.from_bytes(data[4:8], "big")
        text += data[8:8 + length]
        data = data[8 + length:]
    return text.decode()
