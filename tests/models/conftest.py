"""Assertions in the contract's own modules show their values, as those of tests do."""

import pytest

pytest.register_assert_rewrite("tests.models.contract")
