"""How far a training has come, by passes or by time, and the rate that follows from it."""

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
        self.begun, self.done = time.perf_counter(), 0

    @property
    def seconds(self):
        return time.perf_counter() - self.begun

    @property
    def share(self):
        return max(self.done / self.passes, self.seconds / self.limit)

    def __iter__(self):
        """The number of each pass, from 1, until passes or seconds are over."""
        while self.share < 1:
            self.done += 1
            yield self.done

    def cosine(self):
        """Of the pass that begins: 1 falling to 0 along a cosine."""
        share = max((self.done - 1) / self.passes, self.seconds / self.limit)
        return 0.5 * (1 + math.cos(math.pi * min(share, 1)))
