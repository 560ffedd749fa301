# SPDX-License-Identifier: Apache-2.0
"""Facts about the machine without which the figures mean nothing."""
import os
import platform
import subprocess
import time
from pathlib import Path


def synced_appends(folder, seconds=2.0):
    """4 KiB appends a second, each followed by fdatasync, from one thread."""
    path, block = folder / "sync-probe", os.urandom(4096)
    file = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_APPEND)
    count, start = 0, time.monotonic()
    while time.monotonic() - start < seconds:
        os.write(file, block)
        os.fdatasync(file)
        count += 1
    rate = count / (time.monotonic() - start)
    os.close(file)
    path.unlink()
    return rate


def facts(folder):
    model = next((line.split(":", 1)[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines()
                  if line.startswith("model name")), platform.machine())
    kind = subprocess.run(["stat", "-f", "-c", "%T", folder], capture_output=True, text=True).stdout.strip()
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (f"{os.cpu_count()} cores ({model}), {memory:.0f} GiB, Linux {platform.release()}, {kind}, "
            f"{synced_appends(folder):,.0f} synced 4 KiB appends/s from one thread; "
            f"load average {os.getloadavg()[0]:.1f} at the start")
