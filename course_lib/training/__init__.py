"""Training: terms that become a loss, phases, batches, schedules."""

from course_lib.training.batches import steps_together as steps_together
from course_lib.training.schedule import train as train
from course_lib.training.schedule import warm_cosine as warm_cosine
