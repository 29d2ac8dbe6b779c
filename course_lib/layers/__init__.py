"""Layers: one file per idea."""

from course_lib.layers.tied import TiedDense as TiedDense
