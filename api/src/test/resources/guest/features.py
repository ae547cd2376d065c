"""Exercises Python the way programs do: threads, subprocess, signals, mmap, sockets over AF_UNIX."""
import array
import mmap
import os
import queue
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest


class Threads(unittest.TestCase):
    def test_many_threads_share_a_queue(self):
        work, done = queue.Queue(), []

        def worker():
            while (item := work.get()) is not None:
                done.append(item * item)

        threads = [threading.Thread(target=worker) for _ in range(8)]
        for thread in threads:
            thread.start()
        for number in range(200):
            work.put(number)
        for _ in threads:
            work.put(None)
        for thread in threads:
            thread.join(30)
        self.assertEqual(sum(done), sum(n * n for n in range(200)))

    def test_events_and_conditions(self):
        ready, seen = threading.Event(), []
        thread = threading.Thread(target=lambda: (ready.wait(10), seen.append("woken")))
        thread.start()
        time.sleep(0.02)
        ready.set()
        thread.join(10)
        self.assertEqual(seen, ["woken"])

    def test_timed_lock(self):
        lock = threading.Lock()
        lock.acquire()
        start = time.monotonic()
        self.assertFalse(lock.acquire(timeout=0.05))
        self.assertGreaterEqual(time.monotonic() - start, 0.04)


class Subprocesses(unittest.TestCase):
    def test_output_and_status(self):
        done = subprocess.run(["sh", "-c", "echo out; echo err >&2; exit 5"], capture_output=True, text=True, timeout=30)
        self.assertEqual((done.stdout, done.stderr, done.returncode), ("out\n", "err\n", 5))

    def test_input_of_a_megabyte(self):
        done = subprocess.run(["cat"], input=b"x" * 1_000_000, capture_output=True, timeout=60)
        self.assertEqual(len(done.stdout), 1_000_000)

    def test_pipeline(self):
        first = subprocess.Popen(["printf", "b\\na\\n"], stdout=subprocess.PIPE)
        second = subprocess.Popen(["sort"], stdin=first.stdout, stdout=subprocess.PIPE)
        first.stdout.close()
        self.assertEqual(second.communicate(timeout=30)[0], b"a\nb\n")
        first.wait(10)

    def test_missing_program(self):
        with self.assertRaises(FileNotFoundError):
            subprocess.run(["/no/such/program"])

    def test_timeout_kills(self):
        with self.assertRaises(subprocess.TimeoutExpired):
            subprocess.run(["sleep", "30"], timeout=0.2)

    def test_fork_and_pipe(self):
        reader, writer = os.pipe()
        child = os.fork()
        if child == 0:
            os.write(writer, b"from the child")
            os._exit(3)
        os.close(writer)
        self.assertEqual(os.read(reader, 100), b"from the child")
        self.assertEqual(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), 3)
        os.close(reader)


class Signals(unittest.TestCase):
    def test_handler_runs(self):
        seen = []
        signal.signal(signal.SIGUSR1, lambda number, frame: seen.append(number))
        os.kill(os.getpid(), signal.SIGUSR1)
        self.assertEqual(seen, [signal.SIGUSR1])

    def test_alarm_interrupts_a_sleep(self):
        class Rang(Exception):
            pass

        def ring(number, frame):
            raise Rang

        signal.signal(signal.SIGALRM, ring)
        signal.setitimer(signal.ITIMER_REAL, 0.05)
        with self.assertRaises(Rang):
            time.sleep(10)

    def test_terminated_child(self):
        child = subprocess.Popen(["sleep", "30"])
        child.terminate()
        self.assertEqual(child.wait(10), -signal.SIGTERM)

    def test_wait_for_signals(self):
        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR2])
        os.kill(os.getpid(), signal.SIGUSR2)
        self.assertEqual(signal.sigwait([signal.SIGUSR2]), signal.SIGUSR2)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGUSR2])


class Memory(unittest.TestCase):
    def test_shared_mapping_of_a_file(self):
        with tempfile.TemporaryFile() as file:
            file.truncate(100_000)
            with mmap.mmap(file.fileno(), 0) as mapping:
                mapping[50_000:50_005] = b"hello"
                mapping.flush()
            file.seek(50_000)
            self.assertEqual(file.read(5), b"hello")

    def test_anonymous_mapping_is_shared_with_a_child(self):
        with mmap.mmap(-1, 4096) as mapping:
            child = os.fork()
            if child == 0:
                mapping[0:2] = b"ok"
                os._exit(0)
            os.waitpid(child, 0)
            self.assertEqual(mapping[0:2], b"ok")


class Sockets(unittest.TestCase):
    def test_server_and_clients(self):
        with tempfile.TemporaryDirectory() as directory:
            path = os.path.join(directory, "socket")
            server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            server.bind(path)
            server.listen(5)

            def serve():
                for _ in range(5):
                    connection, _ = server.accept()
                    with connection:
                        connection.sendall(connection.recv(100).upper())

            thread = threading.Thread(target=serve)
            thread.start()
            for number in range(5):
                with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
                    client.connect(path)
                    client.sendall(f"message {number}".encode())
                    self.assertEqual(client.recv(100), f"MESSAGE {number}".encode())
            thread.join(10)
            server.close()

    def test_descriptors_are_passed(self):
        left, right = socket.socketpair()
        reader, writer = os.pipe()
        socket.send_fds(left, [b"x"], [writer])
        _, received, _, _ = socket.recv_fds(right, 10, 1)
        os.write(received[0], b"through")
        self.assertEqual(os.read(reader, 10), b"through")
        for descriptor in (reader, writer, received[0]):
            os.close(descriptor)
        left.close()
        right.close()

    def test_epoll(self):
        left, right = socket.socketpair()
        poll = select.epoll()
        poll.register(right.fileno(), select.EPOLLIN)
        self.assertEqual(poll.poll(0), [])
        left.send(b"x")
        self.assertEqual(poll.poll(5), [(right.fileno(), select.EPOLLIN)])
        poll.close()
        left.close()
        right.close()


class Files(unittest.TestCase):
    def test_walk_rename_and_links(self):
        with tempfile.TemporaryDirectory() as directory:
            os.makedirs(os.path.join(directory, "a/b"))
            for number in range(50):
                with open(os.path.join(directory, "a/b", str(number)), "w") as file:
                    file.write(str(number))
            os.rename(os.path.join(directory, "a/b"), os.path.join(directory, "c"))
            os.symlink("c", os.path.join(directory, "link"))
            self.assertEqual(len(os.listdir(os.path.join(directory, "link"))), 50)
            self.assertEqual(sum(len(files) for _, _, files in os.walk(directory)), 50)

    def test_numbers_in_binary(self):
        numbers = array.array("d", [1.5, 2.5])
        with tempfile.TemporaryFile() as file:
            numbers.tofile(file)
            file.seek(0)
            again = array.array("d")
            again.fromfile(file, 2)
        self.assertEqual(again, numbers)


class Interpreter(unittest.TestCase):
    def test_child_interpreter(self):
        done = subprocess.run([sys.executable, "-c", "import json, sys; print(json.dumps({'pid': 1})); sys.exit(4)"],
                              capture_output=True, text=True, timeout=60)
        self.assertEqual((done.stdout, done.returncode), ('{"pid": 1}\n', 4))


if __name__ == "__main__":
    unittest.main()
