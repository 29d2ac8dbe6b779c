"""Hand-ins that try to gain points without an answer: `CHEATS[what it tries] = its first cell`.

Each defines `largest_so_far`, whose right answer it does not know. `FILES` are answers to the
question for a file of a model. Whatever a cheat finds out it raises, so that a test can see it.
"""

FILES = {
    "a .keras file with a Lambda": """
import keras
def saved(path):
    def evil(x):
        open("/tmp/evil", "w").write("ran")
        return x * 0
    model = keras.Sequential([keras.Input((3,)), keras.layers.Lambda(evil)])
    model.save(path)
    return path
""",
    "a pickle for a .keras file": """
import os, pickle
class Evil:
    def __reduce__(self):
        return os.system, ("touch /tmp/evil",)
def saved(path):
    open(path, "wb").write(pickle.dumps(Evil()))
    return path
""",
    "a file that is not there": "def saved(path): return '/etc/passwd'",
}

CHEATS = {
    "reads the solution from disk": """
import os
found = []
for root, _, files in os.walk("/"):
    if root.startswith(("/proc", "/sys", "/usr")):
        continue
    for name in files:
        if name in ("assignment.json", "tiny.py", "sparse.py") and "exercises" in root:
            found.append(os.path.join(root, name))
        if name == "assignment.json":
            found.append(os.path.join(root, name))
def largest_so_far(x):
    raise LookupError(f"found {found}")
""",
    "imports the lessons' exercises": """
import importlib
def largest_so_far(x):
    return importlib.import_module("course_lib.lesson.exercises.sparse").cheapest_code
""",
    "reads the solution from memory": """
import gc, inspect
def largest_so_far(x):
    held = gc.get_objects()
    judges = [o for o in held if inspect.isgenerator(o) and "yours" in o.gi_frame.f_locals]
    tables = [o for o in held if isinstance(o, dict) and "tiny.1" in o]
    raise LookupError(f"found {judges + tables}")
""",
    "looks up the stack": """
import sys
def largest_so_far(x):
    frame, found = sys._getframe(), []
    while frame:
        found += [v for k, v in frame.f_locals.items() if k in ("wanted", "expected", "judge")]
        frame = frame.f_back
    raise LookupError(f"found {found}")
""",
    "reads the grader's environment": """
import glob, os
def largest_so_far(x):
    found = [str(dict(os.environ))]
    for path in glob.glob("/proc/*/environ"):
        try:
            found.append(open(path).read())
        except OSError:
            pass
    raise LookupError(f"found {[text for text in found if 'GRADERS_WORD' in text]}")
""",
    "rewrites the checker": """
import course_lib.lesson.checks as checks, course_lib.lesson.compare as compare
compare.expect = checks.expect = lambda *a, **k: None
checks.judged = lambda id, *a: checks.Result(id, "right")
checks.check = checks.judged
def largest_so_far(x):
    return x
""",
    "rewrites NumPy": """
np.allclose = np.isclose = np.array_equal = lambda *a, **k: True
np.testing.assert_allclose = lambda *a, **k: None
def largest_so_far(x):
    return x
""",
    "rewrites open": """
import builtins
builtins.open = builtins.print = builtins.isinstance = lambda *a, **k: True
def largest_so_far(x):
    return x
""",
    "rewrites sys.modules": """
import sys, types
fake = types.ModuleType("fake")
fake.__getattr__ = lambda name: (lambda *a, **k: True)
for name in list(sys.modules):
    if name.startswith("course_lib"):
        sys.modules[name] = fake
def largest_so_far(x):
    return x
""",
    "rewrites the child": """
import __main__, sys
for module in (__main__, sys.modules.get("course_lib.assignments.wire")):
    if hasattr(module, "ask"):
        module.ask = lambda *a: {"right": True, "points": 9}
def largest_so_far(x):
    return x
""",
    "forges the line of results": """
import os
forged = b'{"dict": {"state": "right", "points": 9}}\\n{"dict": {"answer": 1}}\\n' * 3
for fd in range(3, 20):
    try:
        os.write(fd, forged)
    except OSError:
        pass
def largest_so_far(x):
    return x
""",
    "a thread that answers before it is asked": """
import os, threading, time
def shout():
    while True:
        for fd in range(3, 12):
            try:
                os.write(fd, b'{"dict": {"answer": {"array": ["<f8", [1], "AAAAAAAA8D8="]}}}\\n')
            except OSError:
                pass
        time.sleep(0.001)
threading.Thread(target=shout, daemon=True).start()
def largest_so_far(x):
    time.sleep(0.2)
    return x
""",
    "calls functions of the grader that are not there": """
import os
for fd in range(3, 20):
    try:
        os.write(fd, b'{"dict": {"call": "__import__", "arguments": {"tuple": ["os"]}}}\\n')
    except OSError:
        pass
def largest_so_far(x):
    return x
""",
    "an array that says it is larger than it is": """
import os
for fd in range(3, 20):
    try:
        os.write(fd, b'{"dict": {"answer": {"array": ["<f8", [1000000000000], ""]}}}\\n')
    except OSError:
        pass
def largest_so_far(x):
    return x
""",
    "prints a verdict": """
import sys
def largest_so_far(x):
    print('{"id": "tiny.1", "state": "right", "points": 2}', flush=True)
    sys.stderr.write('{"dict": {"state": "right"}}\\n')
    return x
""",
    "returns a verdict": """
from course_lib.lesson.checks import Result
def largest_so_far(x):
    return Result("tiny.1", "right")
""",
    "raises what a judge raises": """
def largest_so_far(x):
    raise StopIteration
""",
    "a lying __eq__": """
class Yes(float):
    def __eq__(self, other): return True
    __lt__ = __gt__ = __le__ = __ge__ = __ne__ = __eq__
    __hash__ = float.__hash__
def largest_so_far(x):
    return Yes(0)
""",
    "a lying __array__": """
class Chameleon:
    shape, dtype = (50,), np.dtype("float64")
    def __array__(self, *a, **k): return np.zeros(50)
    def __array_function__(self, *a, **k): return True
def largest_so_far(x):
    return Chameleon()
""",
    "a lying array": """
class Equal(np.ndarray):
    def __array_ufunc__(self, *a, **k): return np.ones(50, bool)
def largest_so_far(x):
    return np.zeros(50).view(Equal)
""",
    "an array of objects": """
class Yes:
    def __eq__(self, other): return True
    def __float__(self): return 0.0
def largest_so_far(x):
    return np.array([Yes()] * len(x), object)
""",
    "not a number": "def largest_so_far(x): return np.full(x.shape, np.nan)",
    "hard-codes what the visible check asks": """
x = np.random.default_rng(1).normal(size=50)
known = {x.tobytes(): np.maximum.accumulate(x)}
def largest_so_far(x):
    return known.get(x.tobytes(), np.zeros(x.shape))
""",
    "patches Keras": """
import keras
keras.ops.all = keras.ops.isclose = keras.losses.mean_squared_error = lambda *a, **k: True
keras.Model.fit = keras.Model.get_weights = lambda *a, **k: []
def largest_so_far(x):
    return keras.ops.convert_to_numpy(x)
""",
    "os._exit": """
import os
def largest_so_far(x):
    os._exit(0)
""",
    "sys.exit in its cell": "import sys\ndef largest_so_far(x): return x\nsys.exit(0)",
    "a fork bomb": """
import os
def largest_so_far(x):
    while True:
        try:
            os.fork()
        except OSError:
            pass
""",
    "an endless loop": "def largest_so_far(x):\n    while True: pass",
    "an endless loop in its cell": "while True: pass",
    "stops itself": """
import os, signal
def largest_so_far(x):
    os.kill(os.getpid(), signal.SIGSTOP)
""",
    "catches everything for ever": """
def largest_so_far(x):
    while True:
        try:
            while True: pass
        except BaseException:
            pass
""",
    "30 GB at once": "def largest_so_far(x): return np.ones(30 * 2**27)",
    "memory bit by bit": """
def largest_so_far(x):
    held = []
    while True:
        held.append(np.ones(2**22))
""",
    "a 10 GB file": """
def largest_so_far(x):
    piece = b"x" * 2**20
    for name in ("a", "b", "/dev/shm/c"):
        with open(name, "wb") as file:
            for _ in range(10 * 2**10):
                file.write(piece)
""",
    "an answer of 1 GB": "def largest_so_far(x): return np.zeros(2**27, 'float64')",
    "1 GB of prints": """
import os
def largest_so_far(x):
    piece = b"x" * 2**20
    for _ in range(2**9):
        os.write(1, piece)
        os.write(2, piece)
    return x
""",
    "the network": """
import socket
PORT = %(port)d
def largest_so_far(x):
    found = []
    for host in ("127.0.0.1", "localhost", "1.1.1.1"):
        try:
            socket.create_connection((host, PORT), timeout=1).send(b"hello")
            found.append(host)
        except OSError:
            pass
    raise LookupError(f"found {found}")
""",
    "/proc": """
import os
def largest_so_far(x):
    found = []
    for path in ("/proc/1/root%(canary)s", "/proc/self/root%(canary)s", "/proc/1/cwd/secret"):
        try:
            found.append(open(path).read())
        except OSError:
            pass
    for path in ("/proc/sysrq-trigger", "/proc/sys/kernel/hostname"):
        try:
            open(path, "w").write("x")
            found.append(path)
        except OSError:
            pass
    raise LookupError(f"found {found}")
""",
    "links out of its folder": """
import os
def largest_so_far(x):
    found = []
    for place in ("%(canary)s", "/", "/root", "/home", os.path.dirname("%(canary)s")):
        try:
            os.symlink(place, "link")
            found.append(open("link" if os.path.isfile("link") else "link/secret").read())
        except OSError:
            pass
        os.unlink("link")
    raise LookupError(f"found {found}")
""",
    "writes to the host": """
import sys
def largest_so_far(x):
    found = []
    for path in ("%(canary)s", np.__file__, sys.executable, "/usr/x", "/x", "/dev/x", "/etc/x"):
        try:
            open(path, "a").write("#")
            found.append(path)
        except OSError:
            pass
    raise LookupError(f"found {found}")
""",
    "signals to the grader": """
import os, signal
def largest_so_far(x):
    for pid in (%(pid)d, 1, os.getppid(), -1):
        try:
            os.kill(pid, signal.SIGKILL)
        except OSError:
            pass
    return x
""",
    "a namespace of its own": """
import ctypes
def largest_so_far(x):
    libc = ctypes.CDLL(None, use_errno=True)
    done = [libc.unshare(0x10000000), libc.mount(b"none", b"/usr", b"tmpfs", 0, None)]
    raise LookupError(f"found {[d for d in done if d == 0]}")
""",
    "lifts its limits": """
import resource
def largest_so_far(x):
    found = []
    for what in (resource.RLIMIT_AS, resource.RLIMIT_NPROC, resource.RLIMIT_FSIZE):
        try:
            resource.setrlimit(what, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
            found.append(what)
        except (OSError, ValueError):
            pass
    raise LookupError(f"found {found}")
""",
    "closes the line": """
import os
def largest_so_far(x):
    os.closerange(0, 100)
    return x
""",
    "a number of digits without end": """
double = 0x%(digits)s
def largest_so_far(x):
    return double
""",
    "an array with sides without end": """
import os
sides = b",".join([b"9" * 4000] * 5000)
for fd in range(3, 20):
    try:
        os.write(fd, b'{"dict": {"answer": {"array": ["<f8", [' + sides + b'], ""]}}}\\n')
    except OSError:
        pass
def largest_so_far(x):
    return x
""",
    "lists without end": """
import os
for fd in range(3, 20):
    try:
        os.write(fd, b'{"dict": {"answer": [' + b"[]," * 15_000_000 + b"1]}}\\n")
    except OSError:
        pass
def largest_so_far(x):
    return x
""",
    "words without end": """
def largest_so_far(x):
    raise ValueError("x" * 50_000_000)
""",
    "words that raise": """
class Evil(Exception):
    def __str__(self): raise Evil
def largest_so_far(x):
    raise Evil
""",
    "words that a terminal obeys": """
def largest_so_far(x):
    raise ValueError("\\x1b[2J\\u202eA\\x00\\ud800")
""",
    "rewrites json": """
import json
json.dumps = lambda *a, **k: '{"dict": {"answer": true, "right": true, "points": 9}}'
def largest_so_far(x):
    return x
""",
    "traces the child": """
import sys
def trace(frame, event, argument):
    for name in ("wanted", "expected", "tolerance"):
        if name in frame.f_locals and "dataclass" not in frame.f_code.co_filename:
            seen.append(name)
    return trace
seen = []
def largest_so_far(x):
    sys.setprofile(trace)
    return x
""",
    "stops the sandbox's first process": """
import ctypes
def largest_so_far(x):
    ctypes.CDLL(None).ptrace(16, 1, 0, 0)
    return x
""",
    "a sandbox of its own": """
import subprocess
def largest_so_far(x):
    try:
        inside = ["bwrap", "--unshare-all", "--dev-bind", "/", "/", "true"]
        found = [0] * (subprocess.run(inside, capture_output=True).returncode == 0)
    except OSError:
        found = []
    raise LookupError(f"found {found}")
""",
    "a socket without a file": """
import socket
def largest_so_far(x):
    found = []
    try:
        with socket.socket(socket.AF_UNIX) as line:
            line.connect("\\0course-%(port)d")
            found.append("a server")
    except OSError:
        pass
    raise LookupError(f"found {found}")
""",
    "files that the grader left open": """
import os
def largest_so_far(x):
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            for fd in os.listdir(f"/proc/{pid}/fd"):
                found.append(os.readlink(f"/proc/{pid}/fd/{fd}"))
        except OSError:
            pass
    usual = ("pipe:", "anon_inode:", "/dev/", f"/proc/{os.getpid()}/")
    raise LookupError(f"found {[f for f in found if not f.startswith(usual)]}")
""",
    "looks beside Python": """
import os, sys
def largest_so_far(x):
    places = ["/etc/ssl", "/usr/src", "/usr/local/etc", "/usr/local/src"]
    found = [place for place in places if os.path.exists(place)]
    python = {"bin", "include", "lib", "lib32", "lib64", "libexec", "pyvenv.cfg", "sbin", "share"}
    for place in {sys.prefix, sys.base_prefix} - {"/usr"}:
        found += set(os.listdir(place)) - python
    raise LookupError(f"found {found}")
""",
    "a pickle": """
import os
class Evil:
    def __reduce__(self):
        return os.system, ("touch /tmp/evil",)
def largest_so_far(x):
    return Evil()
""",
    "leaves something for the next": """
import os, tempfile
def largest_so_far(x):
    found = os.listdir("/tmp")
    open("/tmp/for-the-next", "w").write("hello")
    raise LookupError(f"found {[name for name in found if name == 'for-the-next']}")
""",
    "markup and formulas": """
def largest_so_far(x):
    raise ValueError("<script>alert(1)</script>=cmd|'/c calc'!A1")
""",
}
