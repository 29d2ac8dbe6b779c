"""Output of any size: kept in linear time, and stopped where it is too much."""

import random
import re

import nbformat
import pytest

from course_lib.pipeline.capture import merge_streams


def stream(name, text):
    return nbformat.v4.new_output("stream", name=name, text=text)


def by_nbclient(outputs):
    """What nbclient does, in its own words."""
    merged, streams = [], {}
    for output in outputs:
        if output.output_type == "stream" and output.name in streams:
            streams[output.name].text += output.text
        else:
            merged.append(output)
            if output.output_type == "stream":
                streams[output.name] = output
    for output in streams.values():
        output.text = re.sub(r".*\r(?=[^\n])", "", output.text)
    for i in range(len(merged) - 1):
        if [x.get("name") for x in merged[i : i + 2]] == ["stderr", "stdout"]:
            merged[i : i + 2] = merged[i + 1], merged[i]
    return merged


def test_streams_are_merged_as_nbclient_merges_them():
    draw = random.Random(0)
    for _ in range(2_000):
        outputs = [
            nbformat.v4.new_output("display_data", {"text/plain": "figure"})
            if draw.random() < 0.2
            else stream(
                draw.choice(["stdout", "stderr"]),
                "".join(draw.choice("ab\r\n") for _ in range(draw.randrange(6))),
            )
            for _ in range(draw.randrange(5))
        ]
        copies = [nbformat.from_dict(dict(output)) for output in outputs]
        assert merge_streams(outputs) == by_nbclient(copies)


def test_a_long_line_takes_no_longer_than_many_short_ones():
    """With time quadratic in a line's length this would not end in an hour."""
    pieces = [stream("stdout", "x" * 1_000_000) for _ in range(10)]
    (merged,) = merge_streams([*pieces, stream("stdout", "\rdone")])
    assert merged.text == "done"


def test_long_lines_run_through(course):
    course.write("01_a", "for _ in range(10): print('x' * 1_000_000)", "2")
    code, said = course.course("run", "--timeout", 8)
    assert code == 0, said
    notebook = nbformat.read(course.out("01_a.ipynb"), as_version=4)
    assert len(notebook.cells[-2].outputs[0].text) == 10_000_010


@pytest.mark.parametrize(
    "source",
    [
        "while True: print('x' * 1_000_000)",
        "from IPython.display import HTML, display\nwhile True: display(HTML('x' * 1_000_000))",
        "import subprocess\nsubprocess.run(['yes'])",
        "import os\nwhile True: os.write(2, b'x' * 1_000_000)",
    ],
)
def test_too_much_is_stopped(course, source):
    course.write("01_a", source, "2")
    course.write("02_b", "3")
    code, said = course.course("run", "--timeout", 500)
    assert code == 1
    assert re.search("01_a: too much output in cell 2 of 3 its .* more than 20 MB", said), said
    assert course.status("02_b")["status"] == "ok"
    assert course.leftovers() == []


def test_half_a_surrogate_pair_costs_a_letter_and_not_the_cell(course):
    # Unsent, it took the messages behind it along, of some cells the one that ends them.
    cells = [f"print('{n}', 'a\\ud800b'); '\\udfff'" for n in range(20)]
    course.write("01_a", *cells)
    code, said = course.course("run", "--timeout", 500)
    assert code == 0, said
    notebook = nbformat.read(course.out("01_a.ipynb"), as_version=4)
    shown = [cell.outputs for cell in notebook.cells if cell.cell_type == "code"][-20:]
    assert [printed.text for printed, _ in shown] == [f"{n} a?b\n" for n in range(20)]
    assert {value.data["text/plain"] for _, value in shown} == {r"'\udfff'"}
