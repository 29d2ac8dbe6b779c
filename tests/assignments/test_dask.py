"""The same marks from a cluster, one of whose workers is killed."""

import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor

import psutil
import pytest

from course_lib.assignments.grading import grade_all
from course_lib.assignments.handins import hand_ins
from course_lib.pipeline.schedule import pool_of

distributed = pytest.importorskip("distributed", reason="the extra `cluster` is not installed")
SLOW = "import time\ndef double(x):\n    time.sleep(1)\n    return 2 * x"


def test_a_worker_killed_in_the_middle(tiny, sandbox, answered, tmp_path):
    for name, answers in {"Ada": {"tiny-double": SLOW}, "Bob": {"tiny-double": SLOW}}.items():
        (tmp_path / "in" / name).mkdir(parents=True)
        (tmp_path / "in" / name / "a.ipynb").write_text(answered(answers))
    found, killed = hand_ins(tmp_path / "in"), []

    def kill_one(cluster):
        """Once both grade, kill one worker and see that its sandbox dies with it."""
        pids = [worker.pid for worker in cluster.workers.values()]
        until = time.monotonic() + 60
        while time.monotonic() < until:
            for pid in pids:
                inside = [p for p in psutil.Process(pid).children(True) if p.name() == "bwrap"]
                if inside:
                    os.kill(pid, signal.SIGKILL)
                    psutil.wait_procs(inside, timeout=10)
                    killed.append([p for p in inside if p.is_running()])
                    return
            time.sleep(0.01)

    settings = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": None}
    with (
        distributed.LocalCluster(**settings, processes=True) as cluster,
        pool_of(1, cluster.scheduler_address) as pool,
        ThreadPoolExecutor(1) as killer,
    ):
        done = killer.submit(kill_one, cluster)
        results = grade_all(found, tiny, tmp_path / "out", pool, sandbox, 20.0)
        done.result()
    assert killed == [[]]
    assert [x["points"] for x in results] == [1, 1]
    assert all(x["graded"] for x in results)
