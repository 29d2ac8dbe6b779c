"""Codes found by optimisation: what an encoder's codes are compared with."""

from course_lib.coding.descent import descend as descend
from course_lib.coding.fista import fista as fista
from course_lib.coding.lasso import duality_gap as duality_gap
from course_lib.coding.lasso import lasso_objective as lasso_objective
