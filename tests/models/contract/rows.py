"""The rows of the contract: a list of checks, each of which every model has to pass."""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import keras
import pytest

STACK = {
    "StackedAutoencoder": "it trains by pretrain, level after level, and its levels are "
    "SparseAutoencoders, which pass this row"
}


@dataclass(frozen=True)
class Row:
    """One check, and where it says nothing.

    Args:
        check: function of a `Case`, and of fixtures by their names.
        without: `{model: why the row does not apply to it}`.
        backends: `{backend: why the row does not apply there}`.
    """

    check: Callable
    without: Mapping
    backends: Mapping

    @property
    def fixtures(self):
        return list(inspect.signature(self.check).parameters)[1:]

    def reason(self, case):
        """Why this row is not tried on a model, or `None`."""
        return self.backends.get(keras.backend.backend()) or self.without.get(case.name)


def row(*without, stack=False, backends=None):
    """Makes a check a row of the contract.

    Args:
        without: dictionaries `{model: why the row does not apply to it}`.
        stack: whether `StackedAutoencoder`, which has no `fit` of its own, takes part.
        backends: `{backend: why the row does not apply there}`.
    """
    reasons = {} if stack else dict(STACK)
    for more in without:
        reasons |= more

    def add(check):
        check.row = Row(check, reasons, backends or {})
        return check

    return add


def rows_of(*themes):
    """All rows of these modules, `{name: Row}`."""
    found = [v.row for theme in themes for v in vars(theme).values() if hasattr(v, "row")]
    rows = {row.check.__name__: row for row in found}
    assert len(rows) == len(found), "two rows have one name"
    return rows


def hold(case, row, request):
    """One pair: hold a model to a row, or say why not."""
    reason = row.reason(case)
    if reason:
        pytest.skip(f"{case.name} × {row.check.__name__}: {reason}")
    row.check(case, **{name: request.getfixturevalue(name) for name in row.fixtures})
