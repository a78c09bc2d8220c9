"""Measure one session of smtpscope and of swaks, process start included, alternately. `make bench` runs it.

smtpscope is measured as users install it: from its wheel, in a new virtual environment. swaks is Debian's package, with
the modules that it recommends. Prints the medians and their ratio. Exits with 1 if the ratio is over the limit.
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
    """Build the wheel and install it in a new virtual environment in ``folder``. Returns the command's path."""
    build = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "-w", str(folder), str(PROJECT)]
    quiet = ["--quiet", "--disable-pip-version-check"]
    subprocess.run([*build, *quiet], check=True, stderr=subprocess.DEVNULL)
    venv.create(folder / "venv", with_pip=True)
    wheel = next(folder.glob("*.whl"))
    python = folder / "venv" / "bin" / "python"
    subprocess.run([python, "-m", "pip", "install", "--no-deps", *quiet, wheel], check=True, stderr=subprocess.DEVNULL)
    return folder / "venv" / "bin" / "smtpscope"


def measure(command: list[str]) -> float:
    """Seconds of wall time that ``command`` takes. Raises CalledProcessError if it fails."""
    start = time.perf_counter()
    # No timeout=: with one, subprocess polls in steps of up to 50 ms. Both clients have their own time limits.
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - start


def race(command: Path, swaks: str) -> dict[str, list[float]]:
    """The times of both commands in seconds, measured alternately against one lab server.

    The first round has cold caches and is not counted.
    """
    times: dict[str, list[float]] = {"smtpscope": [], "swaks": []}
    envelope = ["--from", "chris@contoso.com", "--to", "kate@fabrikam.com", "--helo", "contoso.com"]
    with lab_running(scenario="ok") as lab:
        server = f"127.0.0.1:{lab.port}"
        for _ in range(ROUNDS + 1):
            times["smtpscope"].append(measure([str(command), "test", server, *envelope]))
            times["swaks"].append(measure([swaks, "--server", server, *envelope]))
    return {name: values[1:] for name, values in times.items()}


def main() -> int:
    """Measure and print. Returns 0 if the ratio is within the limit, else 1."""
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
