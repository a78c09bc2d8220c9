"""One conversation, process start included, beside swaks: in turns, in one run. `make bench` runs it.

smtpscope is measured as a user has it: installed from its wheel in a virtual environment of its own. swaks is Debian's,
with the modules that Debian recommends beside it. Prints the medians and their ratio; ends with 1 when the ratio is
over the limit.
"""

from __future__ import annotations

import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import venv
from pathlib import Path

from smtpscope.lab.runner import lab_running

PROJECT = Path(__file__).parents[1]
ROUNDS = 41
LIMIT = 0.75


def install(folder: Path) -> Path:
    """Build the wheel, install it in a new virtual environment in ``folder``. The command that it brings."""
    build = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "-w", str(folder), str(PROJECT)]
    quiet = ["--quiet", "--disable-pip-version-check"]
    subprocess.run([*build, *quiet], check=True, stderr=subprocess.DEVNULL)
    venv.create(folder / "venv", with_pip=True)
    wheel = next(folder.glob("*.whl"))
    python = folder / "venv" / "bin" / "python"
    subprocess.run([python, "-m", "pip", "install", "--no-deps", *quiet, wheel], check=True, stderr=subprocess.DEVNULL)
    return folder / "venv" / "bin" / "smtpscope"


def measure(command: list[str]) -> float:
    """Seconds of wall time that ``command`` takes. Raises CalledProcessError when it fails."""
    start = time.perf_counter()
    # No timeout=: waiting with one polls, in steps of up to 50 ms. Both clients have time limits of their own.
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - start


def race(command: Path, swaks: str) -> dict[str, list[float]]:
    """The times of both, in turns, against the same lab; the first round, with cold caches, does not count."""
    times: dict[str, list[float]] = {"smtpscope": [], "swaks": []}
    envelope = ["--from", "chris@contoso.com", "--to", "kate@fabrikam.com", "--helo", "contoso.com"]
    with lab_running(scenario="ok") as lab:
        server = f"127.0.0.1:{lab.port}"
        for _ in range(ROUNDS + 1):
            times["smtpscope"].append(measure([str(command), "test", server, *envelope]))
            times["swaks"].append(measure([swaks, "--server", server, *envelope]))
    return {name: values[1:] for name, values in times.items()}


def main() -> int:
    """Measure, print, judge."""
    swaks = shutil.which("swaks")
    if swaks is None:
        sys.exit("swaks is not installed: tests/install.sh installs it")
    with tempfile.TemporaryDirectory() as folder:
        times = race(install(Path(folder)), swaks)
    medians = {name: statistics.median(values) for name, values in times.items()}
    for name, values in times.items():
        low, middle, high = min(values) * 1e3, medians[name] * 1e3, max(values) * 1e3
        print(f"{name:10} median {middle:6.1f} ms   min {low:6.1f}   max {high:6.1f}")
    ratio = medians["smtpscope"] / medians["swaks"]
    print(f"ratio {ratio:.2f} (limit {LIMIT:.2f}), {ROUNDS} rounds in turns")
    return 0 if ratio <= LIMIT else 1


if __name__ == "__main__":
    sys.exit(main())
