"""One conversation, process start included, beside swaks: in turns, in one run. `make bench` runs it.

Prints the medians and their ratio; ends with 1 when the ratio is over the limit.
"""

from __future__ import annotations

import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

from smtpscope.lab.server import lab_running

ROUNDS = 31
LIMIT = 0.80


def measure(command: list[str]) -> float:
    """Seconds of wall time that ``command`` takes. Raises CalledProcessError when it fails."""
    start = time.perf_counter()
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True, timeout=30)
    return time.perf_counter() - start


def main() -> int:
    """Measure, print, judge."""
    swaks = shutil.which("swaks")
    if swaks is None:
        sys.exit("swaks is not installed: tests/install.sh installs it")
    smtpscope = str(Path(sys.executable).with_name("smtpscope"))
    with lab_running(scenario="ok") as lab:
        server = f"127.0.0.1:{lab.port}"
        envelope = ["--from", "chris@contoso.com", "--to", "kate@fabrikam.com", "--helo", "contoso.com"]
        ours = [smtpscope, "test", server, *envelope]
        theirs = [swaks, "--server", server, *envelope]
        times: dict[str, list[float]] = {"smtpscope": [], "swaks": []}
        for _ in range(ROUNDS):
            times["smtpscope"].append(measure(ours))
            times["swaks"].append(measure(theirs))
    medians = {name: statistics.median(values) for name, values in times.items()}
    for name, values in times.items():
        print(f"{name:10} median {medians[name] * 1e3:6.1f} ms   min {min(values) * 1e3:6.1f}   max {max(values) * 1e3:6.1f}")
    ratio = medians["smtpscope"] / medians["swaks"]
    print(f"ratio {ratio:.2f} (limit {LIMIT:.2f}), {ROUNDS} rounds in turns")
    return 0 if ratio <= LIMIT else 1


if __name__ == "__main__":
    sys.exit(main())
