"""The matrix comes apart into parts, and each cell is judged by what it should come to."""

import itertools
import urllib.request
from collections import Counter

import pytest

from course_lib.pipeline.lessons import find_lessons
from course_lib.pipeline.matrix import DATASETS, NO_DATA, SETTINGS, matrix, surprise

PARAMETERS = "scale = 'lesson'; seed = 0; dataset = 'auto'"


@pytest.fixture
def lessons(course):
    for name in ("01_a", "02_b", "03_c"):
        course.write(name, "1", parameters=PARAMETERS)
    course.write("solutions/01_a", "1")
    course.write("04_plain", "1")
    return find_lessons(course.folder / "notebooks")


def cell(task):
    name, folder = task.label.split()
    return (name, *folder.rsplit("-", 2))


def test_the_parts_make_up_the_whole(course, lessons):
    whole = [cell(task) for task, _ in matrix(lessons, course.folder / "runs")]
    assert len(set(whole)) == len(whole)
    lesson = Counter(name for name, *_ in whole)
    assert lesson == dict.fromkeys(("01_a", "02_b", "03_c"), 18) | {"04_plain": 4}
    parts = [
        [cell(task) for task, _ in matrix(lessons, course.folder / "runs", part)]
        for part in range(len(SETTINGS))
    ]
    having = [[each for each in part if each[0] != "04_plain"] for part in parts]
    assert sorted(itertools.chain(*having)) == sorted(x for x in whole if x[0] != "04_plain")
    for part in having:
        assert Counter((name, dataset) for name, dataset, *_ in part) == {
            (name, dataset): 1 for name in ("01_a", "02_b", "03_c") for dataset in DATASETS
        }
        # Seeds and places vary within a part.
        assert len({tuple(setting) for _, _, *setting in part}) == 5
    assert parts[0] == [
        cell(task) for task, _ in matrix(lessons, course.folder / "runs", len(SETTINGS))
    ]


def test_no_cell_writes_over_another(course, lessons):
    tasks = [task for task, _ in matrix(lessons, course.folder / "runs")]
    assert len({(task.out, task.name) for task in tasks}) == len(tasks)


def test_offline_is_refused_at_once_and_cached_is_not_touched(course, lessons, monkeypatch):
    from course_lib.data import load_images

    for task, wanted in matrix(lessons, course.folder / "runs"):
        _, dataset, seed, place = cell(task)
        assert task.parameters.get("seed", int(seed)) == int(seed)
        offline = place == "offline"
        assert ("KERAS_HOME" in task.environment) == offline
        assert bool(wanted) == (
            offline and dataset == "fashion_mnist" and "seed" in task.parameters
        )
        if wanted:
            with monkeypatch.context() as patch:
                for name, value in task.environment.items():
                    patch.setenv(name, value)
                # It keeps the proxies of the process's first download.
                patch.setattr(urllib.request, "_opener", None)
                with pytest.raises(OSError) as caught:  # noqa: PT011
                    load_images(dataset)
                assert f"OSError: {caught.value}".startswith(wanted)
                assert "refused" in str(caught.value)
                assert load_images("auto", train=1, test=1).name == "glyphs"


@pytest.mark.parametrize(
    ("result", "wanted", "words"),
    [
        ({"status": "ok"}, "", ""),
        ({"status": "error", "error": f"{NO_DATA} from x"}, NO_DATA, ""),
        ({"status": "error", "error": "IndexError: 0"}, "", "IndexError: 0"),
        ({"status": "cancelled"}, "", "cancelled"),
        ({"status": "ok"}, NO_DATA, "it should have ended with"),
        ({"status": "error", "error": "IndexError: 0"}, NO_DATA, "but: IndexError: 0"),
        ({"status": "timeout", "error": NO_DATA}, NO_DATA, "it should have ended with"),
    ],
)
def test_what_surprises(result, wanted, words):
    found = surprise(result, wanted)
    assert words in found
    assert bool(found) == bool(words)


def test_the_command_runs_one_part_and_resumes_it(course):
    course.write("01_a", course.mark("ran"), "print(seed, dataset)", parameters=PARAMETERS)
    assert course.course("matrix", "--part", 0)[0] == 1  # this lesson needs no data, so offline
    code, said = course.course("matrix", "--part", 3)
    assert code == 0, said
    assert "3 of 3 notebooks as they should be, 0 of them unchanged." in said
    assert "3 of them unchanged" in course.course("matrix", "--part", 3)[1]
