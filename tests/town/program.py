# SPDX-License-Identifier: Apache-2.0
"""A program on a host of the town: in the host's namespace, with users and resolver of its own, its output kept."""
import os
import pwd
import signal
import subprocess
from pathlib import Path

from network import NAMESPACES, NotPermitted
from patience import PATIENCE, until

# Each with the number it gets where the machine has no such user.
USERS = {"posthouse": 6201, "posthouse-gate": 6202, "posthouse-sort": 6203, "posthouse-courier": 6204,
         "posthouse-dns": 6205, "posthouse-clerk": 6206, "postfix": 6207, "posthouse-sign": 6209}
GROUPS = {**USERS, "postdrop": 6208}
NOTHING = Path("/dev/null")


class Surroundings:
    """The files of /etc that the town's programs see instead of the machine's."""

    def __init__(self, folder, name_server):
        self.binds = {"/etc/passwd": folder / "passwd", "/etc/group": folder / "group"}
        users = Path("/etc/passwd").read_text()
        groups = Path("/etc/group").read_text()
        present = {line.split(":")[0] for line in users.splitlines()}
        present_groups = {line.split(":")[0] for line in groups.splitlines()}
        users += "".join(f"{name}:x:{number}:{number}::/nonexistent:/usr/sbin/nologin\n"
                         for name, number in USERS.items() if name not in present)
        groups += "".join(f"{name}:x:{number}:\n" for name, number in GROUPS.items() if name not in present_groups)
        self.binds["/etc/passwd"].write_text(users)
        self.binds["/etc/group"].write_text(groups)
        if Path("/etc/resolv.conf").exists():
            self.binds["/etc/resolv.conf"] = folder / "resolv.conf"
            self.binds["/etc/resolv.conf"].write_text(f"nameserver {name_server}\noptions timeout:2 attempts:2\n")

        self._insist_on_privacy(folder)

    def command(self, namespace, words, mounts=()):
        """With a mount namespace of its own: nobody else sees these mounts."""
        binds = [f"mount --bind {ours} {theirs}" for theirs, ours in self.binds.items()]
        return [*inside_command(namespace), *in_private([*binds, *mounts]), *map(str, words)]

    @staticmethod
    def _insist_on_privacy(folder):
        hidden, shown = folder / "hidden", folder / "shown"
        hidden.write_text("hidden")
        shown.write_text("shown")
        done = subprocess.run([*in_private([f"mount --bind {hidden} {shown}"]), "cat", shown], capture_output=True,
                              text=True, timeout=PATIENCE)
        if done.stdout != "hidden":
            raise NotPermitted(f"no mounts: {done.stderr.strip()}")
        if shown.read_text() != "shown":
            subprocess.run(["umount", shown], check=True, timeout=PATIENCE)
            raise NotPermitted("mounts made here would be seen by others")


def inside_command(namespace):
    """Words that run the command behind them on that host."""
    return ["nsenter", f"--net={NAMESPACES / namespace}", "--"]


def in_private(mounts):
    """Words that run the command behind them in a mount namespace of its own, with these mounts."""
    # In a chroot "/" is no mount and cannot be told to be private.
    script = " && ".join(["{ mount --make-rprivate / 2>/dev/null || true; }", *mounts, 'exec "$@"'])
    return ["unshare", "--mount", "--propagation", "unchanged", "sh", "-c", script, "sh"]


def number_of(user):
    try:
        return pwd.getpwnam(user).pw_uid
    except KeyError:
        return USERS[user]


class Program:
    """What it wrote is in `log`; `stop` ends it, by force after `patience` seconds."""

    def __init__(self, command, log, **environment):
        self.log = Path(log)
        self.begins = self.log.stat().st_size if self.log.exists() else 0  # An earlier run wrote what is before.
        with open(self.log, "ab") as output:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                                            env={**os.environ, **environment}, start_new_session=True)

    @property
    def pid(self):
        return self.process.pid

    def running(self):
        return self.process.poll() is None

    def said(self, text):
        return text in self.log.read_bytes()[self.begins:].decode(errors="replace")

    def wait_until_said(self, text, patience=PATIENCE):
        def heard():
            if self.said(text):
                return True
            assert self.running(), f"ended with {self.process.returncode}: {self.log.read_text(errors='replace')[-3000:]}"
            return False
        until(heard, f"{text!r} in {self.log.name}", patience)

    def signal(self, number):
        self.process.send_signal(number)

    def wait(self, patience=PATIENCE):
        return self.process.wait(patience)

    def stop(self, patience=PATIENCE):
        if self.running():
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(patience)
            except subprocess.TimeoutExpired:
                self.kill()
        return self.process.returncode

    def kill(self):
        """The whole session: also what it started."""
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait(PATIENCE)
