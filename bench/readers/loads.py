# SPDX-License-Identifier: Apache-2.0
"""The loads. Each is given the bench and a running server and returns figures by name."""
import json
import statistics
import subprocess
import time
from pathlib import Path

from .delivery import delivery
from .server import PASSWORD

SETTLE = 0.3  # seconds of nothing to do, before a figure is taken


class Bench:
    def __init__(self, tool, scale, repeat):
        self.tool, self.scale, self.repeat = tool, scale, repeat

    def share(self, full, least=20):
        return max(least, int(full * self.scale))

    def run(self, server, load, users, script=None, tls=False, protocol="imap", **options):
        """The load's lines of JSON."""
        done = subprocess.run(self.command(server, load, users, tls, protocol, **options), input=script, text=True,
                              capture_output=True, timeout=3600)
        if done.returncode != 0:
            raise LoadFailed(f"{load}: {done.stderr.strip()[-400:]}")
        if done.stderr:
            print(f"    {done.stderr.strip()[:300]}", flush=True)
        return [json.loads(line) for line in done.stdout.splitlines()]

    def command(self, server, load, users, tls=False, protocol="imap", **options):
        words = [self.tool, load, "--port", server.ports[protocol + ("s" if tls else "")], "--password", PASSWORD,
                 "--users", ",".join(map(server.login_name, users)), *(["--tls"] if tls else [])]
        for name, value in options.items():
            words += [f"--{name}", value]
        return [str(word) for word in words]


class Cost:
    """The server's processor time from now on: what a noisy machine disturbs least."""

    def __init__(self, server):
        self.server, self.before = server, server.group.processor_seconds()

    def us_each(self, count):
        return (self.server.group.processor_seconds() - self.before) / count * 1e6


class LoadFailed(Exception):
    pass


# ---- mailboxes, made once ------------------------------------------------------------------

TWENTY = [f"u{number}" for number in range(20)]
BOXES = [f"d{number}" for number in range(20)]
MIXED = [f"m{number}" for number in range(20)]


def watched(bench):
    return [f"w{number}" for number in range(bench.share(100, least=5))]


def newcomers(bench):
    return [f"n{number}" for number in range(bench.share(300, least=40))]


def mailboxes(bench, wanted):
    """Users, letters for each, sizes: what these loads need."""
    all_of_them = {
        "big": (["big"], bench.share(10_000), 2048, 204_800),
        "many": (["many"], bench.share(200_000), 700, 2500),
        "twenty": (TWENTY, 0, 0, 0),
        "boxes": (BOXES, 0, 0, 0),
        "mixed": (MIXED, bench.share(500), 1024, 20_000),
        "watched": (watched(bench), bench.share(1000), 1024, 2048),
        "newcomers": (newcomers(bench), 0, 0, 0),
    }
    needed = {need for name in wanted for need in NEEDS[name]}
    return {name: mailbox for name, mailbox in all_of_them.items() if name in needed}


def everybody(bench, wanted):
    return [user for users, *_ in mailboxes(bench, wanted).values() for user in users]


def fill(bench, server, wanted):
    """Makes what is missing; notes it in a file, so that the next run finds it."""
    for name, (users, letters, least, most) in mailboxes(bench, wanted).items():
        note = server.home / f"filled-{name}"
        what = f"{len(users)} {letters} {least} {most} {server.stamp()}"
        if note.exists() and note.read_text() == what:
            continue
        if note.exists():
            raise SystemExit(f"{server.name} has other mailboxes from an earlier run: use --anew")
        began = time.monotonic()
        for start in range(0, len(users) if letters else 0, 4):
            bench.run(server, "prepare", users[start:start + 4], count=letters, least=least, most=most)
        if name in ("big", "many"):
            first_listing(bench, server, users[0], name)
        note.write_text(what)
        if letters:
            print(f"  filled {name}: {len(users)} × {letters} letters, {time.monotonic() - began:.0f} s", flush=True)


# ---- one connection, one command after another ---------------------------------------------

ENVELOPE = "FETCH 1:* (ENVELOPE BODYSTRUCTURE INTERNALDATE RFC822.SIZE)"
FLAGS = "FETCH 1:* (FLAGS UID)"


def medians(lines, key="ms"):
    by_name = {}
    for line in lines:
        if not line["ok"]:
            by_name.setdefault(line["name"], []).append(float("nan"))
        else:
            by_name.setdefault(line["name"], []).append(line[key])
    return {name: statistics.median(values) for name, values in by_name.items()}


def timed(bench, server, user, lines, **options):
    return medians(bench.run(server, "script", [user], script="\n".join(lines) + "\n", **options))


def expect_all(lines, name, count):
    for line in lines:
        if line["name"] == name and line["ok"] and line["fetches"] != count:
            raise LoadFailed(f"{name}: {line['fetches']} responses for {count} letters")


def listing(bench, server, user, letters, prefix):
    changed = ",".join(str(number) for number in range(1, letters + 1, 100))
    warm_up = ["do SELECT INBOX", "do STORE 1:* -FLAGS.SILENT (\\Answered \\Draft \\Flagged)", f"do {FLAGS}", f"do {ENVELOPE}", "do SEARCH SUBJECT quarterly"]
    script = list(warm_up)
    for turn in range(bench.repeat):
        sign = "+-"[turn % 2]
        script += ["again", "time select SELECT INBOX", "do UNSELECT", "time reselect SELECT INBOX", f"time flags {FLAGS}", f"time envelope {ENVELOPE}",
                   f"time store STORE 1:* {sign}FLAGS (\\Answered)", f"time store_silent STORE 1:* {sign}FLAGS.SILENT (\\Draft)",
                   "time search_subject SEARCH SUBJECT quarterly", "time search_from SEARCH FROM svensson UNSEEN"]
    script += ["again", "do ENABLE QRESYNC", "do SELECT INBOX"]
    for turn in range(bench.repeat + 1):  # The first makes a server keep what this takes.
        script += [f"do STORE {changed} {'+-'[turn % 2]}FLAGS.SILENT (\\Flagged)", "again", "do ENABLE QRESYNC",
                   f"time {'qresync' if turn else 'first'} SELECT INBOX (QRESYNC ($UIDVALIDITY $MODSEQ))", "do UNSELECT",
                   "do SELECT INBOX"]
    lines = bench.run(server, "script", [user], script="\n".join(script) + "\n")
    for name, count in (("flags", letters), ("envelope", letters), ("store", letters), ("qresync", len(changed.split(",")))):
        expect_all(lines, name, count)
    return {f"{prefix}_{name}": value for name, value in medians(lines).items() if name != "first"}


def listing_cold(bench, server, user, prefix):
    figures = {}
    for name, command in (("flags", FLAGS), ("envelope", ENVELOPE), ("search_subject", "SEARCH SUBJECT quarterly")):
        if server.restart_cold():
            timings = timed(bench, server, user, ["time select SELECT INBOX", f"time {name} {command}"])
            figures[f"{prefix}_cold_{name}"] = timings[name]
            figures.setdefault(f"{prefix}_cold_select", timings["select"])
    return figures


def first_listing(bench, server, user, prefix):
    """Once in a mailbox's life: a server may keep what the first listing has found out."""
    server.restart_cold()
    timings = timed(bench, server, user, ["do SELECT INBOX", f"time {prefix}_first_envelope {ENVELOPE}"])
    (server.home / f"first-{prefix}.json").write_text(json.dumps(timings))


def listings(user, full):
    def measure(bench, server):
        return (listing(bench, server, user, bench.share(full), user) | listing_cold(bench, server, user, user)
                | json.loads((server.home / f"first-{user}.json").read_text()))
    return measure


TEXTS = ("big", "many")


def text_searches(bench, server, prefix):
    figures = {}
    for user in TEXTS:
        script = ["do SELECT INBOX", "do SEARCH BODY zeppelin"]
        for _ in range(bench.repeat):
            script += [f"time {user}_{prefix}_body SEARCH BODY zeppelin", f"time {user}_{prefix}_text SEARCH TEXT zeppelin"]
        figures |= timed(bench, server, user, script)
    return figures


def text(bench, server):
    """SEARCH in bodies without an index of texts, and with one where the server makes one."""
    if not server.makes_text_index:
        figures = text_searches(bench, server, "unindexed")
        return figures | {name.replace("unindexed", "search"): value for name, value in figures.items()}
    server.restart_with_text_index(False)
    figures = text_searches(bench, server, "unindexed")
    server.restart_with_text_index(True)
    for user in TEXTS:
        began = time.monotonic()
        server.make_text_index(user)
        figures[f"{user}_text_index"] = time.monotonic() - began
    return figures | text_searches(bench, server, "search")


def bodies(bench, server):
    figures = {}
    for name, tls in (("bodies_plain", False), ("bodies_tls", True)):
        script = ["do EXAMINE INBOX", "do FETCH 1:* BODY.PEEK[]"] + ["time bodies FETCH 1:* BODY.PEEK[]"] * bench.repeat
        cost = Cost(server)
        lines = bench.run(server, "script", ["big"], script="\n".join(script) + "\n", tls=tls)
        expect_all(lines, "bodies", bench.share(10_000))
        figures[f"{name}_cpu"] = cost.us_each((bench.repeat + 1) * bench.share(10_000))
        figures[name] = statistics.median(line["literal_bytes"] / line["ms"] / 1e3 for line in lines)
    return figures


# ---- many connections ----------------------------------------------------------------------

def append(bench, server):
    figures = {}
    for name, users, connections in (("append_one", ["u0"], 1), ("append_twenty", TWENTY, 20), ("append_shared", ["u1"], 20)):
        meet(bench, server, users)
        bench.run(server, "append", users, connections=connections, count=100)
        server.group.quiet(SETTLE)
        cost = Cost(server)
        got = bench.run(server, "append", users, connections=connections, count=10_000_000, seconds=max(1, 8 * bench.scale))[0]
        server.group.quiet(SETTLE)
        figures |= {name: got["per_second"], f"{name}_p50": got["p50_ms"], f"{name}_p99": got["p99_ms"],
                    f"{name}_cpu": cost.us_each(got["count"])}
    return figures


def meet(bench, server, users):
    """Each has logged in once; few at a time, because a server may put off strangers who come in a crowd."""
    bench.run(server, "logins", users, connections=4, count=len(users))


def mix(bench, server):
    meet(bench, server, MIXED)
    cost = Cost(server)
    got = bench.run(server, "mix", MIXED, connections=20, count=10_000_000, seconds=max(2, 12 * bench.scale))[0]
    figures = {"mix": got["per_second"], "mix_refused": got["refused"], "mix_cpu": cost.us_each(got["count"])}
    for which in ("read", "write"):
        figures |= {f"mix_{which}_p50": got[f"{which}_p50_ms"], f"mix_{which}_p99": got[f"{which}_p99_ms"]}
    return figures


def pop3(bench, server):
    figures = {}
    lines = [bench.run(server, "pop3", ["big"], protocol="pop3", count=0)[0] for _ in range(bench.repeat + 1)][1:]
    figures["pop3_stat"] = statistics.median(line["stat_ms"] for line in lines)
    figures["pop3_uidl"] = statistics.median(line["uidl_ms"] for line in lines)
    figures["pop3_retr"] = bench.run(server, "pop3", ["many"], protocol="pop3", count=bench.share(20_000))[0]["retr_per_second"]
    for name, tls in (("pop3_mb_plain", False), ("pop3_mb_tls", True)):
        got = bench.run(server, "pop3", ["big"], protocol="pop3", tls=tls, count=bench.share(10_000))[0]
        figures[name] = got["retr_mb_per_second"]
    return figures


def logins(bench, server):
    """New users first: each logs in for the first time since the server started."""
    server.stop()
    server.start()
    users = newcomers(bench)
    figures = {"logins_new": bench.run(server, "logins", users, connections=6, count=len(users))[0]["per_second"]}
    count = bench.share(6000)
    for name, tls in (("logins", False), ("logins_tls", True)):
        meet(bench, server, TWENTY)
        cost = Cost(server)
        got = bench.run(server, "logins", TWENTY, connections=20, count=count, tls=tls)[0]
        figures |= {name: got["per_second"], f"{name}_p99": got["p99_ms"], f"{name}_cpu": cost.us_each(count)}
    return figures


def slab():
    """What the kernel keeps for sockets, inotify and the like."""
    for line in Path("/proc/meminfo").read_text().splitlines():
        if line.startswith("Slab:"):
            return int(line.split()[1]) * 1024
    return 0


def idle_with(count):
    def idle(bench, server):
        sessions = bench.share(count, least=100)
        server.stop()
        server.start()
        meet(bench, server, watched(bench))
        server.group.quiet(SETTLE)
        before, slab_before = server.group.memory_bytes(), slab()
        tool = subprocess.Popen(bench.command(server, "idle", watched(bench), tls=True, connections=16, count=sessions),
                                stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        try:
            opened = next(tool_lines(tool))
            server.group.quiet(1)
            memory = server.group.memory_bytes()
            growth = memory - before
            figures = {f"idle{count}_kib": growth / sessions / 1024, f"idle{count}_total_mib": memory / 2**20,
                       f"idle{count}_slab_kib": (slab() - slab_before) / sessions / 1024,
                       f"idle{count}_opening": sessions / opened["opening_seconds"]}
            for how in ("flag", "append"):
                tool.stdin.write(f"5 {how}\n")
                tool.stdin.flush()
                heard = next(tool_lines(tool))
                figures |= {f"idle{count}_{how}_last": heard["last_p50_ms"], f"idle{count}_{how}_worst": heard["last_max_ms"]}
            return figures
        finally:
            tool.stdin.close()
            tool.wait(60)
    return idle


def tool_lines(tool):
    for line in tool.stdout:
        yield json.loads(line)
    raise LoadFailed("the load tool ended")


LOADS = {"big": listings("big", 10_000), "text": text, "bodies": bodies, "many": listings("many", 200_000), "append": append, "mix": mix, "pop3": pop3,
         "logins": logins, "idle": idle_with(1000), "idle10k": idle_with(10_000),
         "delivery": lambda bench, server: delivery(bench, server, BOXES)}
NEEDS = {"big": ["big"], "text": ["big", "many"], "bodies": ["big"], "many": ["many"], "append": ["twenty"], "mix": ["mixed"],
         "pop3": ["big", "many"], "logins": ["twenty", "newcomers"], "idle": ["watched"], "idle10k": ["watched"],
         "delivery": ["boxes"]}
