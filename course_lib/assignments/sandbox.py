"""Where student code runs: bubblewrap, a rootless container, or, if `--trust` is typed, anywhere.

In it there is no network, the system can only be read, home and environment are empty, and a
temporary folder of limited size is all that can be written to.
"""

import os
import shutil
import subprocess
import sys
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import course_lib
from course_lib.assignments import Refusal

ROOM = 1 << 30  # bytes of the temporary folder
SHARED = 1 << 26  # bytes of shared memory
MEMORY = 4 << 30  # bytes of all processes together
PROCESSES = 500  # and threads
# What of a folder that Python is in: beside these may lie anything.
OF_PYTHON = ("bin", "include", "lib", "lib32", "lib64", "libexec", "pyvenv.cfg", "sbin", "share")
LIBRARY = "/opt/course"  # where the library is inside
IMAGE = "docker.io/library/debian:stable-slim"  # a shell; Python comes from this machine
INSIDE = (sys.executable, "-m", "course_lib.assignments.child")
KINDS = ("bubblewrap", "podman", "docker", "trust")


@dataclass(frozen=True)
class Sandbox:
    """One way to run student code; `str` says which, for the report."""

    kind: str

    def __str__(self):
        return "none: student code was trusted" if self.kind == "trust" else self.kind

    def command(self, name: str, timeout: float) -> list[str]:
        """What starts a child, by the name of its container.

        Args:
            name: of a container, if it is one.
            timeout: seconds after which a container ends, should the grader not live to end it.
        """
        if self.kind == "bubblewrap":
            return ["bwrap", *_bubblewrap(), "--", *INSIDE]
        if self.kind in ("podman", "docker"):
            ended = ["timeout", "-s", "KILL", str(int(timeout) + 1)]
            return [self.kind, *_container(self.kind, name), IMAGE, *ended, *INSIDE]
        return list(INSIDE)

    def environment(self) -> dict[str, str]:
        """The environment of what `command` starts."""
        if self.kind in ("podman", "docker"):
            return dict(os.environ)  # of the client; inside there is what it is told
        if self.kind == "bubblewrap":
            return _environment(LIBRARY)
        return _environment(str(Path(course_lib.__file__).parents[1]))

    def end(self, name: str) -> None:
        """End a container that its client left."""
        if self.kind in ("podman", "docker"):
            subprocess.run([self.kind, "kill", name], capture_output=True, check=False)


def choose(trust: bool = False) -> Sandbox:
    """The first sandbox that runs a program on this machine.

    Args:
        trust: run student code with nothing around it where there is none.

    Raises:
        Refusal: there is none, and nobody said that the code can be trusted; or this is Windows.
    """
    if sys.platform == "win32":
        raise Refusal("Hand-ins are run on Linux or macOS; on Windows, in WSL.")
    for kind in KINDS[:-1]:
        if shutil.which("bwrap" if kind == "bubblewrap" else kind) and _works(kind):
            return Sandbox(kind)
    if trust:
        return Sandbox("trust")
    raise Refusal(
        "There is no sandbox here, and student code is not run without one: install bubblewrap "
        "(apt-get install bubblewrap) or rootless podman or docker (with cgroups v2, which limit "
        "memory), or type --trust if you trust the code."
    )


def _works(kind):
    """Whether it starts this Python, and means what it is told."""
    nothing = (sys.executable, "-c", "")
    if kind == "bubblewrap":
        return _said(["bwrap", *_bubblewrap(), "--", *nothing]) is not None
    said = _said([kind, *_container(kind, f"course-{uuid.uuid4().hex}"), IMAGE, *nothing])
    if said is None or "limits are not supported" in said:
        return False
    mark = "rootless: true" if kind == "podman" else "rootless"
    return mark in (_said([kind, "info"]) or "")


def _said(command):
    """What a command prints, or None if it fails."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout + done.stderr if done.returncode == 0 else None


def _environment(library):
    """All that student code finds in its environment."""
    return {
        "HOME": "/tmp",
        "KERAS_BACKEND": os.environ.get("KERAS_BACKEND", "tensorflow"),
        "LC_ALL": "C.UTF-8",
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONPATH": library,
        "TF_CPP_MIN_LOG_LEVEL": "3",
    }


def _seen() -> Iterator[tuple[str, str]]:
    """Folders of this machine and where they can be read inside."""
    above = ["/usr", "/usr/local", sys.prefix, sys.base_prefix]
    above += [str(Path(sys.executable).resolve().parents[1])]
    places = ["/etc/alternatives", "/etc/ld.so.cache"]
    places += [f"{place}/{part}" for place in above for part in OF_PYTHON]
    kept: list[str] = []
    for place in sorted(set(places), key=len):
        inside_another = any(place.startswith(f"{other}/") for other in kept)
        if os.path.exists(place) and not inside_another:
            kept.append(place)
            yield place, place
    package = Path(course_lib.__file__).parent
    yield str(package), f"{LIBRARY}/course_lib"
    if (data := package.parent / "data").is_dir():
        yield str(data), f"{LIBRARY}/data"


def _hidden() -> Iterator[str]:
    """Folders inside that hold what right answers are."""
    exercises = "course_lib/lesson/exercises"
    yield f"{LIBRARY}/{exercises}"
    # The library may be installed besides, in this Python or in the one below it.
    for place, _ in _seen():
        yield from map(str, Path(place).glob(f"python3*/*-packages/{exercises}"))


def _bubblewrap():
    for space in ("user", "ipc", "pid", "net", "uts", "cgroup-try"):
        yield f"--unshare-{space}"
    yield from ("--disable-userns", "--die-with-parent", "--new-session", "--cap-drop", "ALL")
    yield from ("--uid", "1000", "--gid", "1000", "--hostname", "course")
    yield from ("--proc", "/proc", "--dev", "/dev", "--size", str(SHARED), "--tmpfs", "/dev/shm")
    # Where root grades, what in /proc belongs to root belongs to the student.
    yield from ("--remount-ro", "/proc", "--remount-ro", "/dev")
    yield from ("--size", str(ROOM), "--tmpfs", "/tmp")
    for outside, inside in _seen():
        yield from ("--ro-bind", outside, inside)
    for name in ("bin", "lib", "lib64", "sbin"):
        place = Path("/", name)
        if place.is_symlink():
            yield from ("--symlink", os.readlink(place), str(place))
        elif place.is_dir():
            yield from ("--ro-bind", str(place), str(place))
    for place in _hidden():
        yield from ("--tmpfs", place, "--remount-ro", place)
    yield from ("--remount-ro", "/", "--chdir", "/tmp")


def _container(kind, name):
    # Podman copies what lies below into a temporary folder: the very files that it is to hide.
    empty = ",notmpcopyup" if kind == "podman" else ""
    yield from ("run", "--rm", "-i", "--name", name, "--network", "none", "--read-only")
    if kind == "podman":
        yield "--read-only-tmpfs=false"  # or /run and /var/tmp can be written to
    yield from ("--cap-drop", "ALL", "--security-opt", "no-new-privileges", "--workdir", "/tmp")
    yield from ("--memory", str(MEMORY), "--pids-limit", str(PROCESSES))
    yield from ("--tmpfs", f"/tmp:size={ROOM}{empty}")
    for key, value in _environment(LIBRARY).items():
        yield from ("--env", f"{key}={value}")
    for outside, inside in _seen():
        yield from ("--volume", f"{outside}:{inside}:ro")
    for place in _hidden():
        yield from ("--tmpfs", f"{place}:ro,size=4096{empty}")
