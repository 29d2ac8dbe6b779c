"""What a table has come to, on disk: killed at any moment, it goes on to the same figures.

A row that begins again draws, builds and evaluates as it did before; of its trainings, numbered in
their order, only the passes that are not on file are run. The bits are those of an uninterrupted
row, because a state holds all that a pass depends on: weights, optimiser, seeds, the order of the
examples, the best so far, the number of the pass. Where its time is limited, the rates fall with
the clock, and only the figures are alike. What trains by `fit` is kept part by part, such as a
seed or a split of the data, and a part that was interrupted begins again.
"""

import json
import math
import pickle
import time
import zlib
from pathlib import Path

from course_lib.files import whole

ROOT = Path(__file__).parents[2] / "runs/paper"


class Journal:
    """One row's reports and states, or those of a table that is measured as a whole.

    Args:
        folder: of this row or table alone.
        report: function `(row)`, for what the row has come to so far; none for a table.
        every: seconds from one state on file to the next; lost at most.
    """

    def __init__(self, folder, report, every=60):
        self.folder, self.report, self.every = Path(folder), report, every
        self.trainings = 0
        self.seconds = 0.0  # of the parts

    @property
    def ended(self):
        """The row as it was last reported and what computed it, if it has come to its end."""
        path = self.folder / "row.json"
        return json.loads(path.read_text("utf-8")) if path.exists() else None

    def once(self, part, measure):
        """What a part of a table came to, as JSON has it: measured now, or before.

        Args:
            part: its name, another one for each part.
            measure: function without arguments, which depends on no other part's draws.
        """
        path = self.folder / f"part-{_plain(part)}.json"
        if not path.exists():
            begun = time.perf_counter()
            found = measure()
            kept = {"found": found, "seconds": time.perf_counter() - begun}
            with whole(path) as new:
                new.write_text(json.dumps(kept, default=float), "utf-8")
        kept = json.loads(path.read_text("utf-8"))
        self.seconds += kept["seconds"]
        return kept["found"]

    def passes(self, training, clock, curve):
        """The numbers of the passes that are left of the row's next training.

        Args:
            training: `Scanned`, which goes back to the state on file.
            clock: `Clock`, so does it.
            curve: list that the loop appends to; so does it.
        """
        path = self.folder / f"{self.trainings}.pickle"
        self.trainings += 1
        if path.exists():
            state, (clock.done, seconds), curve[:] = pickle.loads(path.read_bytes())
            training.load(state)
            clock.begun -= seconds
        saved = time.perf_counter()
        for number in clock:
            yield number
            if clock.over or time.perf_counter() - saved >= self.every:
                state = training.saved(), (clock.done, clock.seconds), curve
                with whole(path) as part:
                    part.write_bytes(pickle.dumps(state))
                saved = time.perf_counter()

    def end(self, row, used):
        """Keep the row; its states are of no more use."""
        with whole(self.folder / "row.json") as part:
            part.write_text(json.dumps([row, used]), "utf-8")
        self.forget()

    def forget(self):
        """Remove the states and the parts."""
        for path in (*self.folder.glob("*.pickle"), *self.folder.glob("part-*.json")):
            path.unlink()


def folder(table, module, name="", seconds=math.inf):
    """Another one as soon as the protocol, the row's settings or its time change.

    Args:
        table: name of the table.
        module: its program.
        name: of the row; none for a table that is measured as a whole.
        seconds: for the row.
    """
    depends = repr((module.PROTOCOL, module.ROWS[name] if name else None, float(seconds)))
    return ROOT / table / f"{_plain(name or table)}-{zlib.crc32(depends.encode()):08x}"


def _plain(name):
    return "".join(c if c.isalnum() else "_" for c in name)
