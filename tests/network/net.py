"""A small internet of network namespaces: client -- router -- target, and behind the router the rest of the world.

    client 192.0.2.10  --  192.0.2.1 router 203.0.113.1  --  203.0.113.10 target (mail1.fabrikam.com)
                                            198.51.100.1  --  198.51.100.53 (DNS), .25 (control), .26 (mx.fabrikam.com)

Names are unique to the process; everything is taken away again by ``close``, also after a failure.
"""

from __future__ import annotations

import itertools
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

CLIENT, TARGET, TARGET6 = "192.0.2.10", "203.0.113.10", "2001:db8:3::10"
WEB = "203.0.113.11"
DNS, CONTROL, EXCHANGER = "198.51.100.53", "198.51.100.25", "198.51.100.26"

# What the DNS server knows; every other name does not exist.
RECORDS = (
    f"--host-record=mail1.fabrikam.com,{TARGET}",
    f"--host-record=www.fabrikam.com,{WEB}",
    f"--host-record=mx.fabrikam.com,{EXCHANGER}",
    "--mx-host=fabrikam.com,mail1.fabrikam.com,10",
    "--mx-host=fabrikam.com,mx.fabrikam.com,20",
    f"--host-record=contoso.com,{CLIENT}",
    f"--host-record=www.contoso.com,{WEB}",
    "--mx-host=contoso.com,mx.fabrikam.com,10",
    f"--host-record=control.example.net,{CONTROL}",
    "--host-record=gone.fabrikam.com,203.0.113.99",
    "--host-record=swallowed.fabrikam.com,203.0.113.200",
)

_numbers = itertools.count(1)
_SERVICES = str(Path(__file__).with_name("services.py"))


class NoNamespacesError(Exception):
    """This machine does not let us make network namespaces."""


def run(*words: str, check: bool = True) -> str:
    """Run a program; its output. Raises CalledProcessError with what it said."""
    done = subprocess.run(words, capture_output=True, text=True, timeout=20, check=False)
    if check and done.returncode:
        raise subprocess.CalledProcessError(done.returncode, words, done.stdout, done.stderr)
    return done.stdout


class Net:
    """The namespaces, the services in them, the rules of their filters."""

    def __init__(self) -> None:
        mark = f"{os.getpid():x}{next(_numbers)}"
        self.names = {place: f"scope{mark}{place[0]}" for place in ("client", "router", "target", "world")}
        self._programs: list[subprocess.Popen[str]] = []
        self._services: list[subprocess.Popen[str]] = []
        self._resolver = Path("/etc/netns") / self.names["client"]
        try:
            self._build()
        except (OSError, subprocess.SubprocessError) as error:
            self.close()
            said = getattr(error, "stderr", "") or str(error)
            raise NoNamespacesError(f"network namespaces cannot be made here (root is needed): {said}") from error

    def _build(self) -> None:
        for name in self.names.values():
            run("ip", "netns", "add", name)
            run("ip", "-n", name, "link", "set", "lo", "up")
        self._join("client", (f"{CLIENT}/24", "2001:db8:1::10/64"), ("192.0.2.1/24", "2001:db8:1::1/64"), "c")
        self._join("target", (f"{TARGET}/24", f"{TARGET6}/64"), ("203.0.113.1/24", "2001:db8:3::1/64"), "t")
        self._join("world", (f"{DNS}/24", "2001:db8:2::53/64"), ("198.51.100.1/24", "2001:db8:2::1/64"), "w")
        run("ip", "-n", self.names["target"], "address", "add", f"{WEB}/24", "dev", "eth0")
        for address in (CONTROL, EXCHANGER):
            run("ip", "-n", self.names["world"], "address", "add", f"{address}/24", "dev", "eth0")
        self.inside("router", "sysctl", "-qw", "net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1")
        # ICMP errors are not to be held back while many tests cause them.
        for place in self.names:
            self.inside(place, "sysctl", "-qw", "net.ipv4.icmp_ratelimit=0", "net.ipv6.icmp.ratelimit=0")
        self._resolver.mkdir(parents=True)
        (self._resolver / "resolv.conf").write_text(f"nameserver {DNS}\noptions timeout:2 attempts:1\n")
        options = ("--keep-in-foreground", "--no-resolv", "--no-hosts", "--conf-file=/dev/null", "--address=/#/")
        self.dns = self._start(
            "world", "dnsmasq", *options, "--user=root", "--pid-file=", f"--listen-address={DNS}", *RECORDS
        )
        self.serve("world", CONTROL, "25=smtp", "443=mute")
        self.serve("world", EXCHANGER, "25=smtp")

    def _join(self, place: str, addresses: tuple[str, ...], gateways: tuple[str, ...], mark: str) -> None:
        """A cable between ``place`` and the router."""
        name, router = self.names[place], self.names["router"]
        peer = f"eth{mark}"
        run("ip", "link", "add", "eth0", "netns", name, "type", "veth", "peer", "name", peer, "netns", router)
        for address, gateway in zip(addresses, gateways, strict=True):  # IPv6: no wait for duplicates
            alone = ("nodad",) if ":" in address else ()
            run("ip", "-n", name, "address", "add", address, "dev", "eth0", *alone)
            run("ip", "-n", router, "address", "add", gateway, "dev", peer, *alone)
        run("ip", "-n", name, "link", "set", "eth0", "up")
        run("ip", "-n", router, "link", "set", peer, "up")
        for gateway in gateways:
            run("ip", "-n", name, "route", "add", "default", "via", gateway.partition("/")[0])

    def inside(self, place: str, *words: str) -> str:
        """Run a program in a namespace."""
        return run("ip", "netns", "exec", self.names[place], *words)

    def _start(self, place: str, *words: str) -> subprocess.Popen[str]:
        command = ["ip", "netns", "exec", self.names[place], *words]
        program = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self._programs.append(program)
        return program

    def serve(self, place: str, address: str, *wishes: str) -> None:
        """Start services (services.py); returns when they listen."""
        program = self._start(place, sys.executable, _SERVICES, address, *wishes)
        assert program.stdout is not None
        self._services.append(program)
        assert program.stdout.readline().strip() == "ready", f"services did not start: {wishes}"

    def heard(self) -> list[str]:
        """Ends the services; every line that their SMTP heard."""
        for program in self._services:
            program.kill()
        return [line.strip() for program in self._services for line in program.stdout or ()]

    def rule(self, place: str, hook: str, rule: str) -> None:
        """A rule of nftables at ``hook`` (input, output, forward) of ``place``."""
        self.inside(place, "nft", "add table inet scope")
        self.inside(place, "nft", f"add chain inet scope {hook} {{ type filter hook {hook} priority 0; }}")
        self.inside(place, "nft", f"add rule inet scope {hook} {rule}")

    def count(self, place: str, hook: str, rule: str) -> None:
        """A counter of the packets that ``rule`` matches; read it with ``counted``."""
        self.rule(place, hook, f"{rule} counter")

    def counted(self, place: str) -> int:
        """Packets counted in ``place``, all counters together."""
        listing = json.loads(self.inside(place, "nft", "-j", "list", "ruleset"))["nftables"]
        parts = [part for item in listing if "rule" in item for part in item["rule"]["expr"]]
        return sum(part["counter"]["packets"] for part in parts if "counter" in part)

    def route(self, place: str, *words: str) -> None:
        """A further route of ``place``."""
        run("ip", "-n", self.names[place], "route", "add", *words)

    def test(self, *options: str) -> Result:
        """``smtpscope test`` in the client's namespace, with the control host of this network."""
        words = [sys.executable, "-m", "smtpscope", "test", *options, "--json", "--lang", "en"]
        if "--control" not in options:
            words += ["--control", "control.example.net"]
        begun = time.monotonic()
        command = ["ip", "netns", "exec", self.names["client"], *words]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
        assert not done.stderr, done.stderr
        lines = [json.loads(line) for line in done.stdout.splitlines()]
        return Result(done.returncode, lines, time.monotonic() - begun)

    def close(self) -> None:
        """End what we started and take the namespaces away."""
        for program in self._programs:
            program.kill()
            program.wait(timeout=10)
            if program.stdout:
                program.stdout.close()
        for name in self.names.values():
            run("ip", "netns", "delete", name, check=False)
        shutil.rmtree(self._resolver, ignore_errors=True)


class Result:
    """What a test brought: exit code, JSON lines, seconds."""

    def __init__(self, code: int, lines: list[dict[str, object]], seconds: float) -> None:
        self.code, self.lines, self.seconds = code, lines, seconds
        self.diagnosis: dict[str, object] = lines[-1]["servers"][-1]["diagnosis"]

    @property
    def causes(self) -> list[str]:
        """The short ids of the causes, likeliest first."""
        return [cause["id"].removeprefix("connection.") for cause in self.diagnosis["causes"]]

    @property
    def diagnosing(self) -> float:
        """Seconds that the probes took, or that passed behind our time-out: the longer of the two."""
        timed = [(str(line["event"]), float(line["at"])) for line in self.lines if "at" in line]
        at, end = dict(timed), timed[-1][1]  # the last event of each kind, and the last of all
        return max(at.get("probed", 0.0) - at.get("diagnosing", end), end - at.get("timedout", end))
