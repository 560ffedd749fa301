# SPDX-License-Identifier: Apache-2.0
"""Medians of the runs, beside their targets, as Markdown."""
import math
import statistics
import time


def median(runs, key):
    return statistics.median(run[key] for run in runs)


def verdict(met):
    return "met" if met else "**not met**"


def throughput_table(results, scenarios):
    lines = ["| load | server | letters/s | CPU µs a letter | load tool's CPU µs | cores busy | against the target |",
             "|---|---|---:|---:|---:|---:|---|"]
    for name, servers in results.items():
        scenario, title, faster, cheaper = scenarios[name]
        if "letters_per_second" not in next(iter(servers.values()))[0]:
            continue
        for server, runs in servers.items():
            lines.append(f"| {title} | {server} | {median(runs, 'letters_per_second'):,.0f} | {median(runs, 'cpu_us'):,.0f} "
                         f"| {median(runs, 'tool_us'):,.0f} | {median(runs, 'cores_busy'):.2f} "
                         f"| {judge(servers, faster, cheaper) if server == 'Posthouse' else ''} |")
    return lines if len(lines) > 2 else []


def judge(servers, faster, cheaper):
    if len(servers) < 2:
        return ""
    ours, theirs = servers["Posthouse"], servers["Postfix"]
    speed = median(ours, "letters_per_second") / median(theirs, "letters_per_second")
    said = [f"{speed:.1f} × letters/s (≥ {faster} ×: {verdict(speed >= faster)})"]
    cost = median(theirs, "cpu_us") / median(ours, "cpu_us")
    said.append(f"1/{cost:.1f} of the CPU" + (f" (≤ 1/{cheaper}: {verdict(cost >= cheaper)})" if cheaper else ""))
    return ", ".join(said)


STATES = [
    ("kib_a_session", "memory of an idle SMTP session, KiB", lambda ours, _: ours < 20, "< 20"),
    ("growth_mib", "memory growth, MiB", None, ""),
    ("parked", "letters parked", None, ""),
    ("restart_ms", "restart to first delivery, ms", lambda ours, _: ours < 500, "< 500"),
    ("accepting_ms", "restart to first letter accepted, ms", None, ""),
    ("list_ms", "queue list, first page (Postfix: whole), ms", lambda ours, _: ours < 100, "< 100"),
    ("fresh_empty_ms", "fresh letter delivered, empty queue, ms", None, ""),
    ("fresh_parked_ms", "fresh letter delivered, beside the parked, ms", lambda ours, run: ours <= 1.25 * run["fresh_empty_ms"] + 1,
     "as with an empty queue"),
]


def state_table(results, scenarios):
    lines = ["| load | figure | Posthouse | Postfix | target |", "|---|---|---:|---:|---|"]
    for name, servers in results.items():
        for key, label, met, target in STATES:
            if key not in next(iter(servers.values()))[0]:
                continue
            if name == "parked" and key == "growth_mib":
                met, target = (lambda ours, _: ours < 100), "< 100"
            ours, theirs = ([f"{median(servers[who], key):,.1f}" if who in servers else ""] for who in ("Posthouse", "Postfix"))
            said = ""
            if met and "Posthouse" in servers:
                runs = servers["Posthouse"]
                value = median(runs, key)
                good = met(value, {k: median(runs, k) for k in runs[0]})
                said = f"{target}: " + ("not measured" if math.isnan(value) else verdict(good))
            lines.append(f"| {scenarios[name][1]} | {label} | {ours[0]} | {theirs[0]} | {said} |")
    return lines if len(lines) > 2 else []


def markdown(results, scenarios, about):
    lines = ["# Posthouse beside Postfix", "", time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime()), ""]
    lines += [f"- {fact}" for fact in about] + [""]
    for table in (throughput_table, state_table):
        if rows := table(results, scenarios):
            lines += rows + [""]
    return "\n".join(lines)
