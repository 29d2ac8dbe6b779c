"""Whatever the network and the disk do: whole files, or one sentence and no trace."""

import contextlib
import hashlib
import os
import shutil
import socket
import tempfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from course_lib.data import cache

CONTENT = bytes(range(256)) * 8192  # 2 MB
FILE = "datasets/mnist.npz"


@pytest.fixture
def home(tmp_path, monkeypatch):
    """An empty cache of Keras, where `mnist` is 2 MB of our own."""
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    monkeypatch.setenv("no_proxy", "*")
    monkeypatch.setitem(cache.FILES, "mnist", {FILE: hashlib.sha256(CONTENT).hexdigest()})
    return tmp_path / "keras"


@contextlib.contextmanager
def serving(monkeypatch, status=200, content=CONTENT, length=None):
    asked = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_response(status)
            self.send_header("Content-Length", str(length or len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        monkeypatch.setattr(cache, "ORIGIN", f"http://127.0.0.1:{server.server_port}/")
        try:
            yield asked
        finally:
            server.shutdown()
            thread.join()


def refuse(*_, **__):
    raise AssertionError("the network was asked")


def fails(sentence):
    """One sentence in the `OSError` of a call, whose traceback holds no other error."""

    @contextlib.contextmanager
    def check():
        with pytest.raises(OSError, match=sentence) as caught:
            yield
        assert str(caught.value).count("\n") == 0
        assert str(caught.value).endswith(".")
        assert caught.value.__suppress_context__ or caught.value.__context__ is None

    return check()


def left(home):
    """Every file and folder that the cache holds."""
    return sorted(str(path.relative_to(home)) for path in home.rglob("*"))


def test_origin_and_hashes_are_those_of_keras(monkeypatch, tmp_path):
    from keras.src.datasets import fashion_mnist, mnist

    asked = {}

    def record(fname, origin, file_hash=None, cache_subdir="datasets"):
        asked[f"{cache_subdir}/{fname}"] = origin, file_hash
        return tmp_path / "absent"

    for module in (mnist, fashion_mnist):
        monkeypatch.setattr(module, "get_file", record)
        with pytest.raises(FileNotFoundError):
            module.load_data()
    known = {file: sha256 for files in cache.FILES.values() for file, sha256 in files.items()}
    assert set(asked) == set(known)
    for file, (origin, sha256) in asked.items():
        assert origin == cache.ORIGIN + Path(file).name
        assert sha256 in (known[file], None)


def test_a_missing_file_is_downloaded_once(home, monkeypatch, capfd):
    with serving(monkeypatch) as asked:
        for _ in range(2):
            assert cache.keras_files("mnist") == [home / FILE]
    assert asked == ["/mnist.npz"]
    assert (home / FILE).read_bytes() == CONTENT
    assert left(home) == ["datasets", FILE]
    assert capfd.readouterr() == ("", "")


def test_a_cached_file_needs_no_network(home, monkeypatch):
    (home / FILE).parent.mkdir(parents=True)
    (home / FILE).write_bytes(CONTENT)
    monkeypatch.setattr(cache.urllib.request, "urlopen", refuse)
    assert cache.keras_files("mnist") == [home / FILE]


def test_without_keras_home_the_cache_is_in_the_home_folder(home, monkeypatch):
    monkeypatch.delenv("KERAS_HOME")
    monkeypatch.setenv("HOME", str(home))
    with serving(monkeypatch):
        assert cache.keras_files("mnist") == [home / ".keras" / FILE]


def test_no_server(home, monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    monkeypatch.setattr(cache, "ORIGIN", f"http://127.0.0.1:{port}/")
    with fails(r"^mnist is not in the cache .* 127\.0\.0\.1 \(Connection refused\): connect to"):
        cache.keras_files("mnist")
    assert not home.exists()


def test_a_server_that_never_answers(home, monkeypatch):
    monkeypatch.setattr(cache, "SILENCE", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as server:
        monkeypatch.setattr(cache, "ORIGIN", f"http://127.0.0.1:{server.getsockname()[1]}/")
        with fails(r"\(timed out\): connect to the network"):
            cache.keras_files("mnist")
    assert not home.exists()


def test_a_name_service_that_never_answers(home, monkeypatch):
    monkeypatch.setattr(cache, "SILENCE", -0.9)  # one second less than the wait
    awake = threading.Event()
    monkeypatch.setattr(cache.urllib.request, "urlopen", lambda *_, **__: awake.wait(60))
    with fails(r"\(no answer\): connect to the network"):
        cache.keras_files("mnist")
    awake.set()
    assert not home.exists()


def test_a_network_that_drips(home, monkeypatch):
    monkeypatch.setattr(cache, "LIMIT", -1)
    with serving(monkeypatch), fails(r"\(it took longer than -1 s\)"):
        cache.keras_files("mnist")
    assert not home.exists()


ANSWERS = {
    "not found": (dict(status=404), r"\(Not Found\): connect to the network"),
    "cut off": (
        dict(content=CONTENT[:-1], length=len(CONTENT)),
        r"what http://.*/mnist\.npz sent is not mnist\.npz",
    ),
    "log-in page": (dict(content=b"<html>Welcome"), r"sent is not mnist\.npz: try again, or look"),
}


@pytest.mark.parametrize(("answer", "sentence"), ANSWERS.values(), ids=ANSWERS)
def test_a_wrong_answer(home, monkeypatch, answer, sentence):
    with serving(monkeypatch, **answer), fails(sentence):
        cache.keras_files("mnist")
    assert not home.exists()


@pytest.mark.parametrize("content", [b"", CONTENT[:-1], CONTENT[:-1] + b"?"])
def test_a_damaged_file_is_named_and_left_alone(home, monkeypatch, content):
    (home / FILE).parent.mkdir(parents=True)
    (home / FILE).write_bytes(content)
    monkeypatch.setattr(cache.urllib.request, "urlopen", refuse)
    with fails(r"mnist\.npz is damaged: delete it to have it downloaded again"):
        cache.keras_files("mnist")
    assert (home / FILE).read_bytes() == content


def test_a_folder_in_the_files_place(home):
    (home / FILE).mkdir(parents=True)
    with fails(r"mnist\.npz cannot be read \(Is a directory\): make it readable"):
        cache.keras_files("mnist")


def test_full_disk(home, monkeypatch):
    resource = pytest.importorskip("resource", reason="no limit on file sizes on this system")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    with serving(monkeypatch), fails(r"cannot be written \(File too large\): free 2 MB there"):
        resource.setrlimit(resource.RLIMIT_FSIZE, (len(CONTENT) // 2, before[1]))
        try:
            cache.keras_files("mnist")
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert left(home) == ["datasets"]


@pytest.fixture
def read_only(home, monkeypatch):
    """A cache that may be read and not written, also if it is root who tests."""
    folder = Path(tempfile.mkdtemp())
    monkeypatch.setenv("KERAS_HOME", str(folder))
    (folder / "datasets").mkdir()

    @contextlib.contextmanager
    def locked():
        root = hasattr(os, "geteuid") and os.geteuid() == 0
        for place in (folder / "datasets", folder):
            place.chmod(0o555)
        if root:
            os.seteuid(65534)
        try:
            if os.access(folder, os.W_OK, effective_ids=root):
                pytest.skip("this system lets the tester write into a read-only folder")
            yield folder
        finally:
            if root:
                os.seteuid(0)
            for place in (folder, folder / "datasets"):
                place.chmod(0o755)

    yield locked, folder
    shutil.rmtree(folder)


def test_read_only_cache_that_has_the_file(read_only, monkeypatch):
    locked, folder = read_only
    (folder / FILE).write_bytes(CONTENT)
    monkeypatch.setattr(cache.urllib.request, "urlopen", refuse)
    with locked():
        assert cache.keras_files("mnist") == [folder / FILE]


def test_read_only_cache_that_lacks_the_file(read_only, monkeypatch):
    locked, folder = read_only
    sentence = r"cannot be written \(Permission denied\): free 2 MB there and make the folder"
    with serving(monkeypatch), locked(), fails(sentence):
        cache.keras_files("mnist")
    assert left(folder) == ["datasets"]
