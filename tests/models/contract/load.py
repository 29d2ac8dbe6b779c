"""Load every model of a folder in this process, and print what each does as JSON.

python -m tests.models.contract.load FOLDER
"""

import json
import sys
from pathlib import Path

import keras
import numpy as np

from tests.models.contract.acts import to_numpy
from tests.models.contract.cases import CASES


def outcome(act):
    try:
        act()
    except Exception as error:
        return f"{type(error).__name__}: {str(error).strip()[:300]}"
    return "ok"


def findings(folder, case):
    def right(model):
        wanted = np.load(folder / f"{case.name}.npy")
        np.testing.assert_allclose(to_numpy(model(case.x)), wanted, rtol=1e-4, atol=1e-5)

    def load(suffix, **kwargs):
        return keras.saving.load_model(folder / f"{case.name}{suffix}", safe_mode=True, **kwargs)

    def plain():
        assert not load(".plain.keras").compiled

    def compiled():
        model = load(".keras")
        assert int(model.optimizer.iterations) == 1
        right(model)

    def uncompiled():
        model = load(".keras", compile=False)
        assert not model.compiled
        right(model)

    if case.name == "StackedAutoencoder":
        return {"plain": outcome(lambda: right(load(".plain.keras")))}
    acts = {"plain": plain, "compiled": compiled, "uncompiled": uncompiled}
    return {name: outcome(act) for name, act in acts.items()}


def main():
    folder = Path(sys.argv[1])
    print(json.dumps({case.name: findings(folder, case) for case in CASES.values()}))


if __name__ == "__main__":
    main()
