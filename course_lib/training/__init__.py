"""Training: terms that become a loss, phases, batches."""

from course_lib.training.batches import steps_together as steps_together
