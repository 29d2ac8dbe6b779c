"""The answers in a hand-in: found by their cells' ids, and where these are gone by content."""

import json
from typing import Any

from course_lib.assignments.assignment import Assignment
from course_lib.assignments.cells import defined, plain, same
from course_lib.assignments.handins import LARGEST, File, HandIn, inside

LONGEST = 200_000  # letters of a cell that is looked at
LETTERS = 1_000_000  # of all these cells
PARTS = 10_000_000  # of a notebook's JSON: more would fill the memory


def answers_of(hand_in: HandIn, assignment: Assignment) -> tuple[dict[str, str], list[str]]:
    """What a student answered.

    Args:
        hand_in: `HandIn`.
        assignment: the one that it answers.

    Returns:
        (source by the id of the answer's cell, what is to be said of the hand-in)
    """
    best: dict[str, str] = {}
    best_notes: list[str] = []
    notes: list[str] = []
    read = size = 0
    for file in hand_in.files:
        try:
            for one in inside(file):
                size += one.size
                if size > 2 * LARGEST:
                    raise OSError(f"more than {2 * LARGEST >> 20} MB were handed in")
                cells, fault = _cells_of(one)
                if fault:
                    notes.append(f"{_shown(one)}: {fault}")
                    continue
                read += 1
                found, said = find(cells, assignment)
                if _worth(found, assignment) > _worth(best, assignment):
                    best, best_notes = found, said
        except Exception as error:  # of zip alone there are nine kinds
            why = str(error) or type(error).__name__
            notes.append(f"{_shown(file)}: it cannot be opened: {why}")
    if read > 1:
        best_notes = [*best_notes, f"{read} notebooks were handed in: the one answered most counts"]
    if read and not best:
        best_notes = ["none of the assignment's answers is in the notebook"]
    if not hand_in.files:
        notes.append("nothing was handed in")
    return best, [] if read and not best_notes else best_notes if read else notes


def _shown(file):
    """Its name, without the folder that the platform made."""
    return file.name.split("/", 1)[-1]


def _worth(found, assignment):
    stubs = {answer.cell: answer.stub for answer in assignment.answers}
    return sum(not same(source, stubs[cell]) for cell, source in found.items()), len(found)


def _cells_of(file: File) -> tuple[list[tuple[str, str]], str]:
    """(id and source of each code cell, "") or ([], why there is none)."""
    if file.size > LARGEST:
        return [], f"it has more than {LARGEST >> 20} MB"
    text = file.read()
    if len(text) > LARGEST:
        return [], f"it has more than {LARGEST >> 20} MB"
    if not text.strip():
        return [], "the file is empty"
    wide = text.startswith((b"\xff\xfe", b"\xfe\xff"))
    said = text.decode("utf-16" if wide else "utf-8-sig", "replace")
    if not said.lstrip().startswith("{"):
        return [], "it is no notebook"
    if sum(map(said.count, ("[", "{", '","', '":'))) > PARTS:
        return [], f"its JSON has more than {PARTS:,} parts"
    try:
        notebook = json.loads(said)
        held = notebook["cells"] if "cells" in notebook else notebook["worksheets"][0]["cells"]
        read = [_cell(cell) for cell in held if cell.get("cell_type") == "code"]
        kept = [(id, source) for id, source in read if len(source) <= LONGEST]
        if sum(len(source) for _, source in kept) > LETTERS:
            return [], f"its code has more than {LETTERS:,} letters"
        return kept, ""
    except RecursionError:
        return [], "its JSON is nested too deep"
    except ValueError as error:
        return [], f"its JSON is broken: {error}"
    except (TypeError, KeyError, IndexError, AttributeError):
        return [], "it is no notebook"


def _cell(cell: Any) -> tuple[str, str]:
    source = cell.get("source", cell.get("input", ""))
    lines = source if isinstance(source, list) else [source]
    return str(cell.get("id", "")), "".join(line for line in lines if isinstance(line, str))


def find(cells: list[tuple[str, str]], assignment: Assignment) -> tuple[dict[str, str], list[str]]:
    """The answers among cells.

    An answer is the last cell that is no stub and has both the id and the function; else the
    line that checks it; else the function alone, though it were in the cell of another answer;
    else the id alone.

    Args:
        cells: (id, source) of each.
        assignment: which answers are looked for.

    Returns:
        (source by id, what is to be said)
    """
    found: dict[str, str] = {}
    notes = []
    others = {answer.cell for answer in assignment.answers}
    named = [(id, source, defined(source)) for id, source in cells]
    for answer in assignment.answers:
        names = {check.function for check in answer.checks}
        by_id = [source for id, source in cells if id == answer.cell]
        anywhere = [source for _, source, has in named if names & has]
        by_name = [s for id, s, has in named if names & has and id not in others - {answer.cell}]
        both = [source for id, source, has in named if names & has and id == answer.cell]
        lines = [f'check("{check.id}"' for check in answer.checks]
        by_line = [source for source in by_name if any(line in source for line in lines)]
        for candidates in (both, by_line, by_name, anywhere, by_id):
            tried = [s for s in candidates if not same(s, answer.stub)]
            if tried:
                found[answer.cell] = tried[-1]
                if len({plain(source) for source in tried}) > 1:
                    notes.append(f"{answer.cell} is answered {len(tried)} times: the last counts")
                break
        else:
            if by_id or anywhere:
                found[answer.cell] = answer.stub
    return found, notes
