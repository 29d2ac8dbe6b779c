"""One child in its sandbox: ask it, and end it as soon as it goes beyond a limit."""

import contextlib
import os
import selectors
import signal
import subprocess
import tempfile
import threading
import time
import uuid
from collections.abc import Callable

import numpy as np
import psutil

from course_lib.assignments.sandbox import MEMORY, PROCESSES, Sandbox
from course_lib.assignments.wire import NoData, pack, unpack

DATA = 1 << 26  # bytes of one answer
PARTS = 100_000  # of one answer: what is in its lists
TOLD = 20_000  # numbers that student code may send to one of the grader's functions
SPARE = 1 << 29  # bytes of memory that the machine keeps for itself
POLL = 0.1  # seconds
CHUNK = 1 << 16


class Ended(Exception):
    """The child is gone, and why: a sentence for the student."""


class Disturbed(Ended):
    """It is gone for what may be others' doing: it had too little time, or was killed."""


class Killed(BaseException):
    """The sandbox came to an end that may not be the answer's doing: the hand-in is to grade."""


class Session:
    """A child that student code runs in, for one hand-in.

    Args:
        sandbox: `Sandbox`.
        timeout: seconds for each thing that it is told.
    """

    def __init__(self, sandbox: Sandbox, timeout: float):
        self.sandbox, self.timeout = sandbox, timeout
        self.name = f"course-{uuid.uuid4().hex}"
        self.folder = tempfile.TemporaryDirectory(prefix="course-")
        self.child = subprocess.Popen(
            sandbox.command(self.name, 20 * timeout),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=sandbox.environment(),
            cwd=self.folder.name,
            start_new_session=True,
        )
        for stream in (self.child.stdin, self.child.stdout):
            assert stream
            os.set_blocking(stream.fileno(), False)
        self.received, self.printed = bytearray(), b""
        threading.Thread(target=self._drain, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.child.pid, signal.SIGKILL)
        self.sandbox.end(self.name)
        self.child.wait()
        for stream in (self.child.stdin, self.child.stdout):
            with contextlib.suppress(OSError):
                stream.close()
        self.folder.cleanup()

    def _drain(self):
        """Student code may print what it likes: the last words are kept, in case it dies."""
        with contextlib.suppress(OSError, ValueError), self.child.stderr as stream:
            while piece := os.read(stream.fileno(), CHUNK):
                self.printed = (self.printed + piece)[-CHUNK:]

    def tell(self, message: dict) -> dict:
        """Send a message, and receive what the child says to it.

        Functions in it stay here: the child's calls of them are answered until it is done.

        Raises:
            Ended: it died, took too long or too much, or said what is no data.
        """
        functions: list[Callable] = []

        def number(function):
            functions.append(function)
            return len(functions) - 1

        until = time.monotonic() + self.timeout
        said = self._exchange(pack(message, number), until)
        while "call" in said:
            said = self._exchange(_called(functions, said), until)
        return said

    def _exchange(self, line, until):
        rest, looked, seen = line.encode() + b"\n", 0.0, 0
        with selectors.DefaultSelector() as ready:
            ready.register(self.child.stdout, selectors.EVENT_READ)
            ready.register(self.child.stdin, selectors.EVENT_WRITE)
            while (end := self.received.find(b"\n", seen)) < 0:
                seen = len(self.received)
                for key, _ in ready.select(POLL):
                    if key.fileobj is self.child.stdin:
                        rest = self._write(rest)
                        if not rest:
                            ready.unregister(self.child.stdin)
                    else:
                        self._read()
                if time.monotonic() > until:
                    raise Disturbed(f"your answer took longer than {self.timeout:g} s")
                if time.monotonic() > looked + POLL:
                    self._look()
                    looked = time.monotonic()
        line = bytes(self.received[:end])
        del self.received[: end + 1]
        try:
            said = None if sum(map(line.count, (b"[", b"{", b","))) > PARTS else unpack(line)
        except NoData:
            said = None
        if not isinstance(said, dict) or rest:
            raise Ended("your code sent something on the grader's line that is no answer")
        return said

    def _write(self, rest):
        try:
            return rest[os.write(self.child.stdin.fileno(), rest[:CHUNK]) :]
        except BlockingIOError:
            return rest
        except OSError:
            raise self._ended() from None

    def _read(self):
        with contextlib.suppress(BlockingIOError):
            piece = os.read(self.child.stdout.fileno(), CHUNK)
            if not piece:
                raise self._ended()
            self.received += piece
            if len(self.received) > DATA:
                raise Ended(f"your answer is larger than {DATA >> 20} MB")

    def _look(self):
        """Whether all its processes together keep to the limits."""
        memory = tasks = 0
        with contextlib.suppress(psutil.Error):
            first = psutil.Process(self.child.pid)
            for process in (first, *first.children(recursive=True)):
                with contextlib.suppress(psutil.Error):
                    memory += process.memory_info().rss
                    tasks += process.num_threads()
        if memory > MEMORY:
            raise Ended(f"your answer took more than {MEMORY >> 20} MB of memory")
        if tasks > PROCESSES:
            raise Ended(f"your answer started more than {PROCESSES} processes")
        # Files in memory and the like are nobody's, so that nobody can be blamed for them.
        if psutil.virtual_memory().available < SPARE:
            raise Killed("the machine has no memory left")

    def _ended(self):
        with contextlib.suppress(subprocess.TimeoutExpired):
            code = self.child.wait(timeout=2)
            if code < 0 and self.sandbox.kind == "bubblewrap":
                raise Killed(f"the sandbox was killed ({signal.Signals(-code).name})")
            number = abs(code) - 128 * (code > 128)  # as bubblewrap and containers pass it on
            by_signal = (code < 0 or code > 128) and number in signal.valid_signals()
            how = signal.Signals(number).name if by_signal else f"exit status {code}"
            words = self.printed.decode("utf-8", "replace").strip().splitlines()[-1:]
            said = f"your code ended the process it ran in ({how}). {''.join(words)[:200]}".strip()
            return (Disturbed if how == "SIGKILL" else Ended)(said)
        return Ended("your code closed the line to the grader")


def _called(functions: list[Callable], said: dict) -> str:
    """What one of the grader's functions makes of data that came from student code, as a line."""
    try:
        given = tuple(said["arguments"])
        if not all(isinstance(one, np.ndarray | str) for one in given):
            raise ValueError("arguments must be numbers and arrays")
        if sum(len(one) if isinstance(one, str) else one.size for one in given) > TOLD:
            raise ValueError(f"more than {TOLD} numbers")
        return pack({"value": functions[said["call"]](*given)})
    except Exception as error:
        return pack({"error": f"{type(error).__name__}: {error}"[:200]})
