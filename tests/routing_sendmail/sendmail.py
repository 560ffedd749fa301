# SPDX-License-Identifier: Apache-2.0
"""Debian's sendmail, unpacked, not installed, and asked without a network where it would send things."""
import fcntl
import os
import re
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

CACHE = Path(__file__).parents[2] / "build/sendmail"
PACKAGES = ("sendmail-bin", "sendmail-cf", "libwrap0")
HOSTNAME = "mx.example.net"
PROGRAM = "usr/libexec/sendmail/sendmail"
FEATURES = """
VERSIONID(`test')
OSTYPE(`linux')dnl
define(`confDOMAIN_NAME', `{hostname}')dnl
define(`confCW_FILE', `{folder}/local-host-names')dnl
define(`confCR_FILE', `{folder}/relay-domains')dnl
define(`confDONT_PROBE_INTERFACES', `true')dnl
define(`confFORWARD_PATH', `')dnl
define(`confDONT_BLAME_SENDMAIL', `AssumeSafeChown,ClassFileInUnsafeDirPath,MapInUnsafeDirPath,GroupWritableDirPathSafe,TrustStickyBit')dnl
define(`confSERVICE_SWITCH_FILE', `{folder}/switch')dnl
define(`confHOSTS_FILE', `{folder}/hosts')dnl
define(`QUEUE_DIR', `{folder}/queue')dnl
define(`ALIAS_FILE', `{folder}/aliases')dnl
define(`STATUS_FILE', `{folder}/status')dnl
FEATURE(`nocanonify')dnl
FEATURE(`use_cw_file')dnl
FEATURE(`relay_entire_domain')dnl
FEATURE(`virtusertable', `hash {folder}/virtusertable')dnl
VIRTUSER_DOMAIN_FILE(`{folder}/virtuser-domains')dnl
FEATURE(`mailertable', `hash {folder}/mailertable')dnl
FEATURE(`access_db', `hash -T<TMPF> {folder}/access', `skip')dnl
FEATURE(`accept_unresolvable_domains')dnl
FEATURE(`blocklist_recipients')dnl
FEATURE(`genericstable', `hash {folder}/genericstable')dnl
GENERICS_DOMAIN_FILE(`{folder}/generics-domains')dnl
MASQUERADE_AS(`example.net')dnl
FEATURE(`limited_masquerade')dnl
MASQUERADE_DOMAIN(`{hostname}')dnl
FEATURE(`masquerade_envelope')dnl
EXPOSED_USER(`root')dnl
FEATURE(`always_add_domain')dnl
MAILER(`local')dnl
MAILER(`smtp')dnl
LOCAL_RULESETS
Stranslate
R$* $$| $*	$: $1 $| $2
"""


class NoSendmail(Exception):
    """Why there is none."""


def unpacked():
    root = CACHE / "root"
    CACHE.mkdir(parents=True, exist_ok=True)
    with open(CACHE / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (CACHE / "whole").exists():
            shutil.rmtree(root, ignore_errors=True)
            try:
                subprocess.run(["apt-get", "download", "-q", *PACKAGES], cwd=CACHE, check=True, capture_output=True,
                               timeout=120)
                for name in PACKAGES:
                    package = max(CACHE.glob(f"{name}_*.deb"), key=os.path.getmtime)
                    subprocess.run(["dpkg", "-x", package, root], check=True, capture_output=True, timeout=60)
            except (subprocess.SubprocessError, OSError, ValueError) as error:
                raise NoSendmail(f"Debian's packages of sendmail could not be had: {error}") from error
            (root / PROGRAM).chmod(0o755)  # With its group's rights it would not take its libraries from here.
            (CACHE / "whole").touch()
    for tool in ("m4", "unshare"):
        if not shutil.which(tool):
            raise NoSendmail(f"the command {tool} is not there")
    return root


class Sendmail:
    """Its answers for a folder of tables."""

    def __init__(self, folder):
        self.root, self.folder = unpacked(), folder
        (folder / "switch").write_text("hosts files\naliases files\n")
        (folder / "hosts").write_text(f"127.0.0.1 localhost\n192.0.2.1 {HOSTNAME} mx\n")
        (folder / "queue").mkdir()
        cf = self.root / "usr/share/sendmail/cf"
        source = folder / "test.mc"
        source.write_text(FEATURES.format(folder=folder, hostname=HOSTNAME))
        with open(folder / "test.cf", "w") as out:
            subprocess.run(["m4", f"-D_CF_DIR_={cf}/", cf / "m4/cf.m4", source], stdout=out, check=True, timeout=60,
                           stderr=subprocess.PIPE)
        for table in ("virtusertable", "mailertable", "access", "genericstable"):
            self.run([self.root / "usr/libexec/sendmail/makemap", "-C", folder / "test.cf", "hash", folder / table],
                     (folder / table).read_text())
        said = self.run([self.root / PROGRAM, f"-C{folder}/test.cf", "-bi"])
        if "aliases, longest" not in said:
            raise NoSendmail(f"sendmail does not run here: {said.strip()[-300:]}")

    def run(self, command, standard_input=""):
        """In a host of its own that has the name and no network, so that it asks nobody and waits for nothing."""
        inside = f"hostname {HOSTNAME} && exec \"$@\""
        done = subprocess.run(["unshare", "--uts", "--net", "sh", "-c", inside, "sh", *map(str, command)],
                              input=standard_input, text=True, capture_output=True, timeout=120,
                              env=os.environ | {"LD_LIBRARY_PATH": str(self.root / "usr/lib/x86_64-linux-gnu")})
        if done.returncode != 0 and "unshare" in done.stderr:
            raise NoSendmail(f"it cannot be kept from the network: {done.stderr.strip()}")
        return done.stdout + done.stderr

    def deliveries(self, addresses):
        """Where each address leads, all aliases expanded: sendmail -bv."""
        with ThreadPoolExecutor(4) as pool:
            return list(pool.map(self.deliveries_of, addresses))

    def deliveries_of(self, address):
        said = self.run([self.root / PROGRAM, f"-C{self.folder}/test.cf", "-bv", "--", address])
        found = set()
        for line in said.splitlines():
            if not (match := re.match(r"(.*)\.\.\. (.*)", line)):
                continue
            if not (to := re.match(r"deliverable: mailer (\S+), (?:host (\S+), )?user (.*)", match[2])):
                found.add(("refused",))
                continue
            mailer, host, user = to.groups()
            if mailer in ("esmtp", "relay", "smtp"):
                found.add(("smtp", host.rstrip("."), user))
            elif mailer == "local":
                found.add(("local", user.lstrip("@ \\").lower()))
            else:
                found.add((mailer.strip("*"), user.strip('"').lstrip("|")))
        return found

    def verdicts(self, questions):
        """Of (recipient, client, its name or "-", sender): accepted, discarded or refused at connect, MAIL or RCPT."""
        connects = {(client, name) for _, client, name, _ in questions}
        relay = self.judged("check_relay", {(client, name): self.client(client, name) for client, name in connects},
                            lambda one: f"translate,check_relay {self.called(*one)} $| {self.tagged(one[0])}")
        mail = self.judged("check_mail", {(one[3],): [] for one in questions}, lambda one: f"check_mail <{one[0].strip('<>')}>")
        rcpt = self.judged("check_rcpt", {one[:3]: self.client(one[1], one[2]) for one in questions},
                           lambda one: f"check_rcpt <{one[0]}>")
        told = []
        for recipient, client, name, sender in questions:
            stages = (relay[client, name], mail[sender,], rcpt[recipient, client, name])
            told.append(next((stage for stage in stages if stage != "accepted"), "accepted"))
        return told

    def judged(self, ruleset, questions, line_of):
        lines = [line for one, before in questions.items() for line in (*before, line_of(one))]
        said = self.run([self.root / PROGRAM, f"-C{self.folder}/test.cf", "-bt"], "\n".join(lines) + "\n")
        answers = re.findall(rf"^{ruleset} +returns: (.*)$", said, re.MULTILINE)
        assert len(answers) == len(questions), said[-2000:]
        return {one: "refused" if "$# error" in answer else "discarded" if "$# discard" in answer else "accepted"
                for one, answer in zip(questions, answers)}

    def client(self, address, name):
        return [f".D{{client_addr}}{self.tagged(address)}", f".D{{client_name}}{self.called(address, name)}",
                f".D{{client_resolve}}{'OK' if name != '-' else 'FAIL'}"]

    def called(self, address, name):
        return name if name != "-" else f"[{self.tagged(address)}]"

    def tagged(self, address):
        return "IPv6:" + address if ":" in address else address

    def senders(self, addresses):
        """How the envelope's senders are seen by other hosts."""
        lines = ["/tryflags ES"] + [f"/try esmtp {address}" for address in addresses]
        said = self.run([self.root / PROGRAM, f"-C{self.folder}/test.cf", "-bt"], "\n".join(lines) + "\n")
        return re.findall(r"^Rcode = 0, addr = (.*)$", said, re.MULTILINE)
