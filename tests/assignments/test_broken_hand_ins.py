"""Whatever a platform exports or a student breaks: one clear line, no crash, the others graded."""

import io
import json
import os
import struct
import warnings
import zipfile
from pathlib import Path

import pytest

from course_lib.assignments import Refusal
from course_lib.assignments.handins import hand_ins
from course_lib.assignments.reading import answers_of


def edited(text, edit):
    notebook = json.loads(text)
    notebook["cells"] = edit(notebook["cells"])
    return json.dumps(notebook)


def without_ids(cells):
    return [{name: x for name, x in cell.items() if name != "id"} for cell in cells]


def renamed(cells):
    return [cell | {"id": f"c{number}"} for number, cell in enumerate(cells)]


def with_old_attempts(cells):
    """The answer's cell, copied: a stub and a first try before the last one."""
    at = next(i for i, cell in enumerate(cells) if cell["id"] == "tiny-double")
    first = cells[at] | {"source": "def double(x):\n    return x", "id": "tiny-double"}
    stub = cells[at] | {"source": "def double(x):\n    ...", "id": "copy"}
    return [*cells[:at], stub, first, *cells[at:]]


def in_lines(cells):
    return [cell | {"source": cell["source"].splitlines(True)} for cell in cells]


def merged(cells):
    """All answers in the cell of the first, as Jupyter merges cells."""
    answers = [c for c in cells if c["id"] in ("tiny-largest", "tiny-double", "tiny-saved")]
    source = "\n\n".join(cell["source"] for cell in answers)
    rest = [cell for cell in cells if cell not in answers[1:]]
    return [cell | {"source": source} if cell is answers[0] else cell for cell in rest]


def with_ids_swapped(cells):
    swapped = {"tiny-largest": "tiny-double", "tiny-double": "tiny-largest"}
    return [cell | {"id": swapped.get(cell["id"], cell["id"])} for cell in cells]


def with_large_outputs(cells):
    output = {"output_type": "stream", "name": "stdout", "text": "x" * 20_000_000}
    return [cell | {"outputs": [output] * 3} if "outputs" in cell else cell for cell in cells]


def with_magics(cells):
    more = "%matplotlib inline\n!ls\n"
    return [c | {"source": more + c["source"]} if c["cell_type"] == "code" else c for c in cells]


STILL_RIGHT = {
    "as it should be": lambda text: text,
    "cells without ids": lambda text: edited(text, without_ids),
    "other ids": lambda text: edited(text, renamed),
    "another order": lambda text: edited(text, lambda cells: cells[::-1]),
    "ids swapped": lambda text: edited(text, with_ids_swapped),
    "cells copied": lambda text: edited(text, with_old_attempts),
    "sources as lists of lines": lambda text: edited(text, in_lines),
    "200 MB of outputs": lambda text: edited(text, with_large_outputs),
    "magics": lambda text: edited(text, with_magics),
    "a byte-order mark": lambda text: "\ufeff" + text,
    "metadata gone": lambda text: json.dumps({"cells": json.loads(text)["cells"]}),
    "an older format": lambda text: json.dumps(
        {"nbformat": 3, "worksheets": [{"cells": without_ids(json.loads(text)["cells"])}]}
    ),
}


def only(kind):
    return lambda cells: [cell for cell in cells if cell["cell_type"] == kind]


BROKEN = {
    "nothing in it": ("", "a.ipynb: the file is empty"),
    "cut off": (lambda text: text[: len(text) // 2], "its JSON is broken"),
    "a list": ("[]", "it is no notebook"),
    "no cells": ("{}", "it is no notebook"),
    "cells that are numbers": ('{"cells": [1, 2]}', "it is no notebook"),
    "nested without end": ('{"cells": ' + "[" * 100_000, "its JSON is nested too deep"),
    "made to fill the memory": ('{"cells": [' + "[]," * 11_000_000, "more than 10,000,000 parts"),
    "a page": ("<html></html>", "it is no notebook"),
    "a picture": ("\x89PNG\r\n", "it is no notebook"),
    "keys without end": (
        '{"cells": [{' + ",".join(f'"{n}":1' for n in range(10_000_001)),
        "more than 10,000,000 parts",
    ),
    "code without end": (
        json.dumps({"cells": [{"cell_type": "code", "source": "x = 1\n" * 30_000}] * 10}),
        "its code has more than 1,000,000 letters",
    ),
    "no code": (lambda text: edited(text, only("markdown")), "none of the assignment's answers"),
    "another notebook": (
        json.dumps({"cells": [{"cell_type": "code", "id": "a", "source": "x = 1"}]}),
        "none of the assignment's answers",
    ),
    "no zip": ("PK\x03\x04 broken", "it is no notebook"),
}


def solved(tiny):
    return {answer.cell: answer.solution for answer in tiny.answers}


@pytest.mark.parametrize("how", STILL_RIGHT)
def test_answers_are_found(how, tiny, answered, tmp_path):
    path = tmp_path / "in" / "Ada" / "a.ipynb"
    path.parent.mkdir(parents=True)
    path.write_text(STILL_RIGHT[how](answered()), "utf-8")
    (hand_in,) = hand_ins(tmp_path / "in")
    answers, notes = answers_of(hand_in, tiny)
    strip = {
        cell: source.replace("%matplotlib inline\n!ls\n", "") for cell, source in answers.items()
    }
    assert strip == solved(tiny)
    if how == "cells copied":
        assert notes == ["tiny-double is answered 2 times: the last counts"]
    else:
        assert notes == []


@pytest.mark.parametrize("how", BROKEN)
def test_what_is_broken_gets_a_line(how, tiny, answered, tmp_path):
    made, sentence = BROKEN[how]
    path = tmp_path / "in" / "Ada" / "a.ipynb"
    path.parent.mkdir(parents=True)
    path.write_text(made(answered()) if callable(made) else made, "latin-1")
    (hand_in,) = hand_ins(tmp_path / "in")
    answers, (note,) = answers_of(hand_in, tiny)
    assert answers == {}
    assert sentence in note


def test_bytes_that_are_no_text(tiny, tmp_path):
    (tmp_path / "Ada.ipynb").write_bytes(bytes(range(256)) * 10)
    (hand_in,) = hand_ins(tmp_path)
    assert answers_of(hand_in, tiny) == ({}, ["Ada.ipynb: it is no notebook"])


def test_folders_as_platforms_name_them(tiny, answered, tmp_path):
    for name in (
        "Ada Lovelace_1234_assignsubmission_file_/tiny (1).ipynb",
        "Zoë Œuvre_77_assignsubmission_file_/a b/ü/Kopie von tiny.IPYNB",
        "Jean-Luc_5_assignsubmission_onlinetext/onlinetext.html",
        "José_María_78_assignsubmission_file_tiny_2.ipynb",
        "José_María_78_assignsubmission_onlinetext_onlinetext.html",
        "noether/solution.ipynb.txt",
        "lovelaceada_LATE_98_765_tiny-2.ipynb",
        "gausscarl_97_764_tiny.ipynb",
        "__MACOSX/._tiny.ipynb",
    ):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(answered() if "html" not in name else "<p>", "utf-8")
    (tmp_path / "empty").mkdir()
    found = {(x.student, x.id): answers_of(x, tiny) for x in hand_ins(tmp_path)}
    right = solved(tiny)
    assert {who for who, (answers, _) in found.items() if answers == right} == {
        ("Ada Lovelace", "1234"),
        ("Zoë Œuvre", "77"),
        ("José_María", "78"),
        ("noether", ""),
        ("lovelaceada", "98"),
        ("gausscarl", "97"),
    }
    assert found[("Jean-Luc", "5")] == ({}, ["onlinetext.html: it is no notebook"])
    assert found[("empty", "")][0] == {}
    assert len(found) == 8


def test_a_link_is_not_followed(tiny, answered, tmp_path):
    (tmp_path / "secret.ipynb").write_text(answered())
    (tmp_path / "in" / "Eve").mkdir(parents=True)
    os.symlink(tmp_path / "secret.ipynb", tmp_path / "in" / "Eve" / "a.ipynb")
    os.symlink(tmp_path, tmp_path / "in" / "Mallory")
    found = {x.student: answers_of(x, tiny) for x in hand_ins(tmp_path / "in")}
    assert found.keys() == {"Eve", "Mallory"}
    assert all(answers == {} and notes for answers, notes in found.values())


@pytest.mark.parametrize("top", ["", "export of today/"])
def test_a_zip(top, tiny, answered, tmp_path):
    inner = tmp_path / "inner.zip"
    with zipfile.ZipFile(inner, "w") as archive:
        archive.writestr("work/tiny.ipynb", answered())
    with zipfile.ZipFile(tmp_path / "all.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"{top}Ada/tiny.ipynb", answered())
        archive.writestr(f"{top}Bob/tiny.ipynb", "")
        archive.writestr(f"{top}Zip/work.zip", inner.read_bytes())
        archive.writestr(f"{top}Eve/../../../etc/tiny.ipynb", answered())
        archive.writestr(f"{top}Bomb/tiny.ipynb", b"{" + bytes(301 << 20))
        archive.writestr(f"{top}Bad/work.zip", b"PK\x03\x04")
    before = sorted(tmp_path.rglob("*"))
    found = {x.student: answers_of(x, tiny) for x in hand_ins(tmp_path / "all.zip")}
    assert sorted(tmp_path.rglob("*")) == before  # nothing is unpacked
    right = solved(tiny)
    assert found["Ada"] == found["Zip"] == found["Eve"] == (right, [])
    assert "is empty" in found["Bob"][1][0]
    assert "more than 300 MB" in found["Bomb"][1][0]
    assert "cannot be opened" in found["Bad"][1][0]


def test_cells_merged_into_one(tiny, answered, tmp_path):
    (tmp_path / "Ada.ipynb").write_text(edited(answered(), merged))
    (hand_in,) = hand_ins(tmp_path)
    answers, notes = answers_of(hand_in, tiny)
    assert notes == []
    assert answers.keys() == solved(tiny).keys()
    assert all(source in answers[cell] for cell, source in solved(tiny).items())


def zipped(text, *names):
    """A zip of these files, as bytes."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of names that are there twice
        for name in names:
            archive.writestr(name, text)
    return held.getvalue()


def with_a_list_without_end(data):
    """The list of a zip's files, 20,000 times as long."""
    (at,) = struct.unpack("<I", data[-6:-2])
    listed = data[at:-22] * 20_000
    end = struct.pack("<HHII", 20_000, 20_000, len(listed), at)
    return data[:at] + listed + b"PK\5\6" + bytes(4) + end + bytes(2)


DAMAGED = {
    "broken in the middle": lambda data: data[:40] + b"\xff" * 40 + data[80:],
    "encrypted": lambda data: data.replace(
        b"PK\1\2\x14\x03\x14\x00\x00", b"PK\1\2\x14\x03\x14\x00\x01"
    ),
    "of a kind that nobody knows": lambda data: data.replace(
        b"\x00\x00\x08\x00", b"\x00\x00\x63\x00"
    ),
    "a name that is no text": lambda data: data.replace("ü".encode(), b"\xff\xff"),
    "its list cut off": lambda data: data[:-60] + data[-22:],
    "a list without end": with_a_list_without_end,
}


@pytest.mark.parametrize("how", DAMAGED)
def test_a_damaged_zip(how, tiny, answered, tmp_path):
    data = DAMAGED[how](zipped(answered(), "ü.ipynb"))
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "Ada.zip").write_bytes(data)
    (tmp_path / "in" / "Bob.ipynb").write_text(answered())
    ada, bob = hand_ins(tmp_path / "in")
    answers, (note,) = answers_of(ada, tiny)
    assert answers == {}
    assert "cannot be opened" in note
    assert answers_of(bob, tiny) == (solved(tiny), [])


def test_a_damaged_export_is_refused(answered, tmp_path):
    for how in ("a name that is no text", "its list cut off"):
        (tmp_path / "all.zip").write_bytes(DAMAGED[how](zipped(answered(), "ü.ipynb")))
        with pytest.raises(Refusal, match="cannot be opened"):
            hand_ins(tmp_path / "all.zip")


def test_names_in_a_zip(tiny, answered, tmp_path):
    names = ("Ada\\tiny.ipynb", "/etc/tiny.ipynb", "..", "Bob/a.ipynb", "Bob/a.ipynb")
    (tmp_path / "all.zip").write_bytes(zipped(answered(), *names))
    found = {one.student: answers_of(one, tiny)[0] for one in hand_ins(tmp_path / "all.zip")}
    assert found == dict.fromkeys(("Ada", "Bob", "etc", "nameless"), solved(tiny))


def test_several_notebooks_of_one_student(tiny, answered, student_notebook, tmp_path):
    (tmp_path / "Ada").mkdir()
    (tmp_path / "Ada" / "1.ipynb").write_text(answered())
    (tmp_path / "Ada" / "2.ipynb").write_text(json.dumps(student_notebook))
    (hand_in,) = hand_ins(tmp_path)
    answers, notes = answers_of(hand_in, tiny)
    assert answers == solved(tiny)
    assert notes == ["2 notebooks were handed in: the one answered most counts"]


@pytest.mark.parametrize("made", ["missing", "empty", "file"])
def test_no_hand_ins_at_all(made, tmp_path):
    path = Path(tmp_path, "in")
    if made == "empty":
        path.mkdir()
    elif made == "file":
        path.write_text("x")
    with pytest.raises(Refusal, match=r"no hand-in in|neither a folder nor a zip"):
        hand_ins(path)


CELLS = {
    "no Python": ("def double(x) return", "your code is no Python: expected ':' in line 1"),
    "a null byte": ("def double(x):\n    return '\0'", "your code is no Python"),
    "another name": ("def dbl(x):\n    return 2 * x", "there is no function double"),
    "an error in its cell": ("x = 1 / 0", "ZeroDivisionError in line 1"),
    "a name from another cell": (
        "def double(x):\n    return twice * x",
        "NameError in line 2, \"return twice * x\": name 'twice' is not defined",
    ),
    "no return": ("def double(x):\n    2 * x", "your function returned nothing"),
    "no function": ("double = 2", "your answer must be a function, but is of type int"),
    "text": ("def double(x):\n    return 'a'", "returned something of type str"),
    "nested too deep": ("double = " + "(" * 5_000, "your code is no Python"),
    "a chain without end": ("double = a" + ".b" * 90_000, ""),
    "signs without end": ("double = " + "-" * 190_000 + "1", ""),
    "sums without end": ("double = 1" + "+1" * 90_000, ""),
    "digits without end": ("double = 0x" + "f" * 190_000, "must be a function"),
    "lines without end": ("\n" * 190_000 + "double = (", "your code is no Python"),
    "names without end": ("double = " + "lambda:" * 20_000 + "1", ""),
    "a signature": ("def double(): return 1", "takes 0 positional arguments but 1 was given"),
}


def test_answers_that_do_not_run(tiny, answered, graded, tmp_path):
    solutions = solved(tiny)
    for number, (source, _) in enumerate(CELLS.values()):
        given = {"tiny-largest": solutions["tiny-largest"], "tiny-double": source}
        path = tmp_path / "in" / f"{number}.ipynb"
        path.parent.mkdir(exist_ok=True)
        path.write_text(answered(given))
    results = graded(tmp_path / "in")
    for number, (how, (_, sentence)) in enumerate(CELLS.items()):
        largest, _, double, _ = results[str(number)]["rows"]
        assert largest["state"] == "right", how
        assert sentence in double["message"], how
        assert double["points"] == 0
