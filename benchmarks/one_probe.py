"""One conversation, process start included, beside swaks: in turns, in one run. `make bench` runs it.

Prints the medians and their ratio; ends with 1 when the ratio is over the limit.
"""

from __future__ import annotations

import compileall
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

import smtpscope
from smtpscope.lab.server import lab_running

ROUNDS = 31
LIMIT = 0.80


def measure(command: list[str]) -> float:
    """Seconds of wall time that ``command`` takes. Raises CalledProcessError when it fails."""
    start = time.perf_counter()
    # No timeout=: waiting with one polls, in steps of up to 50 ms. Both clients have time limits of their own.
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - start


def main() -> int:
    """Measure, print, judge."""
    swaks = shutil.which("swaks")
    if swaks is None:
        sys.exit("swaks is not installed: tests/install.sh installs it")
    command = str(Path(sys.executable).with_name("smtpscope"))
    # An installed package has its bytecode; a source tree used in place may not, where writing it is switched off.
    compileall.compile_dir(str(Path(smtpscope.__file__).parent), quiet=1)
    with lab_running(scenario="ok") as lab:
        server = f"127.0.0.1:{lab.port}"
        envelope = ["--from", "chris@contoso.com", "--to", "kate@fabrikam.com", "--helo", "contoso.com"]
        ours = [command, "test", server, *envelope]
        theirs = [swaks, "--server", server, *envelope]
        times: dict[str, list[float]] = {"smtpscope": [], "swaks": []}
        for _ in range(ROUNDS):
            times["smtpscope"].append(measure(ours))
            times["swaks"].append(measure(theirs))
    medians = {name: statistics.median(values) for name, values in times.items()}
    for name, values in times.items():
        low, middle, high = min(values) * 1e3, medians[name] * 1e3, max(values) * 1e3
        print(f"{name:10} median {middle:6.1f} ms   min {low:6.1f}   max {high:6.1f}")
    ratio = medians["smtpscope"] / medians["swaks"]
    print(f"ratio {ratio:.2f} (limit {LIMIT:.2f}), {ROUNDS} rounds in turns")
    return 0 if ratio <= LIMIT else 1


if __name__ == "__main__":
    sys.exit(main())
