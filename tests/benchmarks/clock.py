"""How far a training has come, by passes or by time, and the rate that follows from it.

share = max(passes done / passes, seconds / limit),      rate = rate₀ (1 + cos π share) / 2
"""

import math
import time


class Clock:
    """How far a training has come: by passes, or by seconds if those are over sooner.

    Args:
        passes: of the whole training.
        seconds: that it may take, compilation included; infinity for as long as it takes.
    """

    def __init__(self, passes, seconds=math.inf):
        self.passes, self.limit = passes, seconds
        self.begun, self.done, self._over = time.perf_counter(), 0, None

    def __iter__(self):
        """The number of each pass, from 1, until passes or seconds are over."""
        while not self.over:
            self.done, self._over = self.done + 1, None
            yield self.done

    @property
    def seconds(self):
        return time.perf_counter() - self.begun

    @property
    def over(self):
        """Whether this pass is the last one: decided once a pass, so that all who ask agree."""
        if self._over is None:
            self._over = self.done >= self.passes or self.seconds >= self.limit
        return self._over

    def cosine(self):
        """Of the pass that begins: 1 falling to 0 along a cosine."""
        share = max((self.done - 1) / self.passes, self.seconds / self.limit)
        return 0.5 * (1 + math.cos(math.pi * min(share, 1)))
