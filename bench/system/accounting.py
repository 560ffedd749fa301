# SPDX-License-Identifier: Apache-2.0
"""Who spent what: processes are started in a group of their own, and the group's accounting is read.

A control group is exact and counts processes that have ended; where none can be made, /proc is summed up instead.
"""
import os
import subprocess
import time
from pathlib import Path

TICK = os.sysconf("SC_CLK_TCK")


class Group:
    """Processes that are accounted for together."""

    def __init__(self, name):
        self.folder, self.version = _control_group(f"posthouse-bench-{os.getpid()}-{name}")
        self.roots = []

    def start(self, command, **options):
        def enter():
            if self.folder:
                (self.folder / "cgroup.procs").write_text(str(os.getpid()))
        process = subprocess.Popen([str(part) for part in command], preexec_fn=enter, **options)
        self.roots.append(process.pid)
        return process

    def processor_seconds(self):
        if self.version == 1:
            return int((self.folder / "cpuacct.usage").read_text()) / 1e9
        if self.version == 2:
            return int((self.folder / "cpu.stat").read_text().split()[1]) / 1e6
        return sum(_ticks(pid) for pid in self.processes()) / TICK

    def by_process(self):
        """Seconds of each living process, for the story behind the sum: {pid: (name, seconds)}."""
        found = {}
        for pid in self.processes():
            try:
                command = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                found[pid] = (command.strip(), _ticks(pid, ended_children=False) / TICK)
            except OSError:
                continue
        return found

    def processes(self):
        if self.folder:
            return [int(pid) for pid in (self.folder / "cgroup.procs").read_text().split()]
        return _descendants(self.roots)

    def memory_bytes(self):
        """Proportional set size: what is shared counts once."""
        return sum(_proportional(pid) for pid in self.processes())

    def quiet(self, idle_seconds=0.25, patience=120):
        """Waits until the processes do nothing. Returns when (monotonic) they had finished."""
        started = finished = time.monotonic()
        seen = self.processor_seconds()
        while time.monotonic() - finished < idle_seconds:
            time.sleep(0.01)
            spent = self.processor_seconds()
            if spent - seen > 0.0004:  # A timer or a poll of somebody who waits is less.
                finished = time.monotonic()
            seen = spent
            if finished - started > patience:
                raise TimeoutError("the server does not come to rest")
        return finished

    def close(self):
        if self.folder:
            for _ in range(100):
                try:
                    self.folder.rmdir()
                    return
                except OSError:
                    time.sleep(0.02)


def _control_group(name):
    for parent, version in (("/sys/fs/cgroup/cpuacct", 1), ("/sys/fs/cgroup/cpu,cpuacct", 1), ("/sys/fs/cgroup", 2)):
        folder = Path(parent) / name
        try:
            folder.mkdir()
        except OSError:
            continue
        if (folder / ("cpuacct.usage" if version == 1 else "cpu.stat")).exists():
            return folder, version
        folder.rmdir()
    return None, 0


def _fields(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None


def _ticks(pid, ended_children=True):
    fields = _fields(pid)
    return sum(map(int, fields[11:15 if ended_children else 13])) if fields else 0


def _descendants(roots):
    children = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit() and (fields := _fields(entry)):
            children.setdefault(int(fields[1]), []).append(int(entry))
    found, waiting = [], list(roots)
    while waiting:
        pid = waiting.pop()
        found.append(pid)
        waiting += children.get(pid, [])
    return found


def _proportional(pid):
    try:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass
    return 0
