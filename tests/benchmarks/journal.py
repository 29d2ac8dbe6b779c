"""What a row has come to, on disk: killed at any moment, it goes on to the same figures.

A row that begins again draws, builds and evaluates as it did before; of its trainings, numbered in
their order, only the passes that are not on file are run. The bits are those of an uninterrupted
row, because a state holds all that a pass depends on: weights, optimiser, seeds, the order of the
examples, the best so far, the number of the pass. Where its time is limited, the rates fall with
the clock, and only the figures are alike.
"""

import json
import pickle
import time
import zlib
from pathlib import Path

from course_lib.files import whole

ROOT = Path(__file__).parents[2] / "runs/paper"


class Journal:
    """One row's reports and states.

    Args:
        folder: of this row alone.
        report: function `(row)`, for what the row has come to so far.
        every: seconds from one state on file to the next; lost at most.
    """

    def __init__(self, folder, report, every=60):
        self.folder, self.report, self.every = Path(folder), report, every
        self.trainings = 0

    @property
    def ended(self):
        """The row as it was last reported and what computed it, if it has come to its end."""
        path = self.folder / "row.json"
        return json.loads(path.read_text("utf-8")) if path.exists() else None

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
        for path in self.folder.glob("*.pickle"):
            path.unlink()


def folder(table, module, name, seconds):
    """Another one as soon as the protocol, the row's settings or its time change."""
    depends = repr((module.PROTOCOL, module.ROWS[name], float(seconds)))
    plain = "".join(c if c.isalnum() else "_" for c in name)
    return ROOT / table / f"{plain}-{zlib.crc32(depends.encode()):08x}"
