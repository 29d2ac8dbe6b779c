"""Every stub does not pass, every solution does, and typical wrong answers fail.

Whatever else a function may do (work in place, overwrite its arguments, return views, tensors of
any backend or something else altogether, raise, look up the stack) is tried on every exercise.
"""

import importlib
import inspect
import subprocess
import sys
import textwrap

import keras
import numpy as np
import pytest

from course_lib.lesson import check, exercise, expect
from course_lib.lesson.checks import MIME
from course_lib.lesson.compare import Unexpected, as_data
from tests.lesson.answers import RIGHT, WRONG

# What the other exercises ask for is data; this one asks for a model.
NO_DATA = {"zoo.6"}
# Its answer is differentiated, so it must be made of the backend in use.
DIFFERENTIATED = {"adversarial.2"}
every = pytest.mark.parametrize("id", RIGHT)


def stub(*arguments):
    """An exercise as the learner finds it."""
    ...


@every
def test_a_stub_is_not_attempted(id):
    assert check(id, stub).state == "not attempted"
    assert check(id, ...).state == "not attempted"
    assert check(id, None).state == "not attempted"


@every
def test_a_right_answer_passes(id):
    result = check(id, RIGHT[id])
    assert result.state == "right", result


@pytest.mark.parametrize(("id", "attempt"), WRONG.values(), ids=WRONG)
def test_a_wrong_answer_does_not_pass(id, attempt):
    result = check(id, attempt)
    assert result.state == "not yet"
    assert result.message


def spoil(arguments):
    for argument in arguments:
        if isinstance(argument, np.ndarray):
            argument[...] = 0
        elif isinstance(argument, list):
            argument.clear()


@every
def test_an_answer_may_work_in_place(id):
    def in_place(*arguments):
        answer = RIGHT[id](*arguments)
        shape = None if isinstance(answer, tuple) else np.shape(answer)
        given = [a for a in arguments if isinstance(a, np.ndarray) and a.shape == shape]
        if given and given[0].dtype.kind == "f" and not hasattr(answer, "numpy"):
            given[0][...] = answer
            answer = given[0]
        spoil([a for a in arguments if a is not answer])
        return answer

    result = check(id, in_place)
    assert result.state == "right", result


@every
def test_overwriting_what_was_given_does_not_pass(id):
    def zeroed(*arguments):
        spoil(arguments)
        return arguments[0]

    result = check(id, zeroed)
    assert result.state == "not yet"
    assert result.message


@every
@pytest.mark.parametrize(
    "thing",
    ["0.5", {"a": 1}, stub, b"1", 1j, [[1.0], "a"], [None]],
    ids=lambda thing: type(thing).__name__,
)
def test_a_wrong_type_gets_a_sentence(id, thing):
    result = check(id, lambda *arguments: thing)
    assert result.state == "not yet"
    assert result.message
    assert "broke" not in result.message


def raising(*arguments):
    np.zeros(3)
    raise LookupError("no such thing")


@every
def test_an_answer_that_raises_is_told_where(id):
    result = check(id, raising)
    line = raising.__code__.co_firstlineno + 2
    assert str(result) == (
        f"✗ not yet: your code raised LookupError in line {line}, "
        '"raise LookupError("no such thing")": no such thing'
    )


def reversed_view(value):
    """The same numbers, as a view of an array that has them in another order."""
    if isinstance(value, tuple):
        return tuple(map(reversed_view, value))
    array = np.asarray(value)
    return np.flip(np.flip(array).copy()) if array.ndim else np.broadcast_to(array, (2,))[1:][0]


def tensorflow(value):
    return keras.tree.map_structure(importlib.import_module("tensorflow").constant, value)


def jax(value):
    return keras.tree.map_structure(importlib.import_module("jax.numpy").asarray, value)


def torch(value):
    return keras.tree.map_structure(
        lambda part: importlib.import_module("torch").tensor(part, requires_grad=True), value
    )


def nested_lists(value):
    return keras.tree.map_structure(lambda part: np.asarray(part).tolist(), value)


def data_of(answer):
    return keras.tree.map_structure(lambda part: np.asarray(part, "float64"), answer)


@every
@pytest.mark.parametrize("form", [reversed_view, tensorflow, jax, torch, nested_lists])
def test_numbers_pass_in_any_form(id, form):
    if form.__name__ in ("tensorflow", "jax", "torch"):
        pytest.importorskip(form.__name__)

    def converted(*arguments):
        answer = RIGHT[id](*arguments)
        if id == "zoo.6":
            reconstruct = answer.reconstruct
            answer.reconstruct = lambda x: form(data_of(reconstruct(x)))
            return answer
        return form(data_of(answer))

    result = check(id, converted)
    if id in DIFFERENTIATED:
        assert result.state == "not yet"
        assert result.message
        assert "the loss of each pair" not in result.message  # as numbers they were right
    else:
        assert result.state == "right", result


def reachable():
    """All arrays and numbers that the frames above hold, and the generators held by those."""
    frame, spaces = sys._getframe(2), []
    while frame and frame.f_code.co_name != "test_what_is_wanted_is_not_in_reach":
        spaces.append(frame.f_locals)
        generators = [value for value in frame.f_locals.values() if inspect.isgenerator(value)]
        spaces += [generator.gi_frame.f_locals for generator in generators]
        frame = frame.f_back
    held = [value for space in spaces for value in space.values()]
    return [np.array(v, "float64") for v in held if isinstance(v, np.ndarray | np.generic | float)]


def among(value, values):
    return any(np.shape(value) == np.shape(v) and np.allclose(value, v) for v in values)


@pytest.mark.parametrize("id", [id for id in RIGHT if id not in NO_DATA])
def test_what_is_wanted_is_not_in_reach(id, monkeypatch):
    own, held = [], []

    def spy(*arguments):
        if id not in DIFFERENTIATED:
            data = (a for a in arguments if a is not None and not callable(a))
            own.extend(map(as_data, data))
        held.extend(value for value in reachable() if not among(value, own))
        answer = RIGHT[id](*arguments)
        own.extend(answer if isinstance(answer, tuple) else [answer])
        return answer

    def recording(what, yours, expected, tolerance=1e-4):
        if id not in DIFFERENTIATED or not what.startswith("the step"):
            assert not among(as_data(expected), held)
        expect(what, yours, expected, tolerance)

    module = importlib.import_module(f"course_lib.lesson.exercises.{id.split('.')[0]}")
    monkeypatch.setattr(module, "expect", recording)
    assert check(id, spy).state == "right"


def test_the_search_for_what_is_in_reach_finds_it():
    def judge():
        secret = 2 * np.arange(3.0)
        yours = yield (np.arange(3.0),)
        expect("twice x", yours, secret)

    exercise("mine.4")(judge)
    found = []
    check("mine.4", lambda x: found.extend(reachable()) or 2 * x)
    assert among(2 * np.arange(3.0), found)


def test_the_message_shows_both_values():
    result = check("convolutional.1", lambda layers: 7)
    assert str(result) == "✗ not yet: the field of [(3, 1)]: your value 7, expected 3"


@pytest.mark.parametrize(
    ("yours", "sentence"),
    [
        (np.eye(4), "x from [3, 3] on: your value [1], expected [0]"),
        (np.array([1.0, 1.0003]), "x: your value [1, 1.0003], expected [1, 1]"),
        (np.array(2.00041), "x: your value 2.00041, expected 2"),
    ],
)
def test_the_message_shows_where_values_differ(yours, sentence):
    wanted = np.round(yours) if yours.ndim < 2 else np.diag([1.0, 1, 1, 0])
    with pytest.raises(Unexpected) as raised:
        expect("x", yours, wanted)
    assert str(raised.value) == sentence


def test_a_forgotten_return_is_no_stub():
    def forgetful(x, x_hat, sigma):
        (((x - x_hat) / sigma) ** 2).sum(axis=1)

    result = check("autoencoder.1", forgetful)
    assert str(result) == "✗ not yet: your function returned nothing: it must end with return"


def test_what_is_no_function():
    result = check("autoencoder.1", np.zeros(2))
    assert result.message == "your answer must be a function, but is of type ndarray"


def test_an_answer_of_two_arguments_for_three():
    result = check("autoencoder.2", lambda x, x_hat: x)
    assert "your code raised TypeError in line" in result.message
    assert "takes 2 positional arguments but 3 were given" in result.message


@pytest.mark.parametrize("error", [SystemExit, RecursionError, StopIteration, AssertionError])
def test_nothing_that_an_answer_raises_gets_through(error):
    def broken(*arguments):
        raise error

    assert check("autoencoder.1", broken).message.startswith(f"your code raised {error.__name__}")


def shown_in_a_page(source):
    """The traceback that IPython shows for this cell."""
    script = f"""
        from IPython.core.interactiveshell import InteractiveShell
        shell = InteractiveShell.instance(colors="nocolor")
        shell.run_cell({source!r})
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)], capture_output=True, text=True, check=True
    )
    return done.stdout + done.stderr


INTERRUPTED = """\
from course_lib.lesson import check
def nll(x, x_hat, sigma):
    y = x
    raise KeyboardInterrupt
check("autoencoder.1", nll)
"""

BROKEN = """
from course_lib.lesson import check, exercise
@exercise("mine.1")
def secret():
    yours = yield (1.0,)
    raise ZeroDivisionError("in the check")  # the formula
check("mine.1", lambda x: x)
"""

UNKNOWN = """
from course_lib.lesson import check
check("autoencoder.77", len)
"""


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        (INTERRUPTED, 'your answer was stopped in line 4, "raise KeyboardInterrupt"'),
        (BROKEN, "The check of mine.1 broke: ZeroDivisionError: in the check."),
        (UNKNOWN, "id must be an exercise of this lesson (autoencoder.1, autoencoder.2,"),
    ],
    ids=["interrupted", "broken", "unknown"],
)
def test_no_traceback_shows_the_checker(source, sentence):
    shown = shown_in_a_page(source)
    assert sentence in shown
    for inside in ("judge", "_find", "_answer", "(x**2)", "exercises/autoencoder"):
        assert inside not in shown


def test_an_exercise_must_yield():
    with pytest.raises(TypeError, match="must yield the arguments to call an answer with"):

        @exercise("mine.2")
        def old_style(attempt):
            expect("it", attempt(1), 1)


def test_exercises_beside_the_notebooks(tmp_path, monkeypatch):
    (tmp_path / "exercises").mkdir()
    (tmp_path / "exercises" / "mine.py").write_text(
        "from course_lib.lesson import exercise, expect\n"
        "@exercise('mine.3')\n"
        "def double():\n"
        "    yours = yield (2.0,)\n"
        "    expect('twice 2', yours, 4.0)\n"
    )
    (tmp_path / "solutions").mkdir()
    for folder in (tmp_path, tmp_path / "solutions"):
        monkeypatch.chdir(folder)
        assert check("mine.3", lambda x: 2 * x).state == "right"
        assert check("mine.3", lambda x: x).state == "not yet"
    monkeypatch.chdir("/")
    monkeypatch.setenv("COURSE_NOTEBOOKS", str(tmp_path))
    assert check("mine.3", lambda x: 2 * x).state == "right"


def test_the_result_travels_as_json():
    assert check("autoencoder.1", stub)._repr_mimebundle_()[MIME] == {
        "id": "autoencoder.1",
        "state": "not attempted",
        "message": "",
    }


@pytest.mark.parametrize("id", ["autoencoder.99", "nobody.1", "01.1", "nonsense", "", "a b.1"])
def test_unknown_exercise(id):
    with pytest.raises(ValueError, match="id must be an exercise"):
        check(id, stub)
