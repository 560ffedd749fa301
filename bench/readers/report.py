# SPDX-License-Identifier: Apache-2.0
"""Figures beside Dovecot's best and their targets, as Markdown."""
import math
import statistics
from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    title: str
    unit: str
    better: str = "less"  # or "more"
    times: float = 0  # target: at least so many times as good as the best of the others
    limit: float = 0  # target: less than that


def listing(which, letters):
    return {
        f"{which}_select": Figure(f"{letters}: SELECT in a new session", "ms", times=2),
        f"{which}_reselect": Figure(f"{letters}: SELECT again", "ms"),
        f"{which}_flags": Figure(f"{letters}: FETCH 1:* (FLAGS UID)", "ms", times=2),
        f"{which}_envelope": Figure(f"{letters}: FETCH 1:* (ENVELOPE BODYSTRUCTURE INTERNALDATE RFC822.SIZE)", "ms", times=2),
        f"{which}_search_subject": Figure(f"{letters}: SEARCH SUBJECT", "ms", times=2),
        f"{which}_search_from": Figure(f"{letters}: SEARCH FROM, UNSEEN", "ms", times=2),
        f"{which}_store": Figure(f"{letters}: STORE 1:* +FLAGS", "ms", times=1),
        f"{which}_store_silent": Figure(f"{letters}: STORE 1:* +FLAGS.SILENT", "ms", times=1),
        f"{which}_qresync": Figure(f"{letters}: QRESYNC, 1 % changed", "ms", times=2),
        f"{which}_cold_select": Figure(f"{letters}, cold: SELECT", "ms", times=2),
        f"{which}_cold_flags": Figure(f"{letters}, cold: FETCH flags", "ms", times=2),
        f"{which}_cold_envelope": Figure(f"{letters}, cold: FETCH envelope", "ms", times=2),
        f"{which}_first_envelope": Figure(f"{letters}, cold, never listed before: FETCH envelope", "ms", times=2),
        f"{which}_cold_search_subject": Figure(f"{letters}, cold: SEARCH SUBJECT", "ms", times=2),
    }


def texts(which, letters):
    return {
        f"{which}_search_body": Figure(f"{letters}: SEARCH BODY, with the index", "ms", times=10),
        f"{which}_search_text": Figure(f"{letters}: SEARCH TEXT, with the index", "ms", times=10),
        f"{which}_unindexed_body": Figure(f"{letters}: SEARCH BODY, without the index", "ms", times=1),
        f"{which}_unindexed_text": Figure(f"{letters}: SEARCH TEXT, without the index", "ms", times=1),
        f"{which}_text_index": Figure(f"{letters}: making the index of texts", "s"),
    }


def idle(count):
    key = f"idle{count}"
    return {
        f"{key}_kib": Figure(f"{count:,} sessions in IDLE over TLS: memory each", "KiB", limit=40),
        f"{key}_slab_kib": Figure(f"{count:,} sessions: kernel slab each, both ends", "KiB"),
        f"{key}_total_mib": Figure(f"{count:,} sessions: memory of all processes", "MiB"),
        f"{key}_opening": Figure(f"{count:,} sessions: opened a second", "/s", "more"),
        f"{key}_flag_last": Figure(f"{count:,} sessions: a flag reaches the last watcher", "ms", limit=50),
        f"{key}_flag_worst": Figure(f"{count:,} sessions: the same, worst", "ms"),
        f"{key}_append_last": Figure(f"{count:,} sessions: an APPEND reaches the last watcher", "ms", limit=50),
        f"{key}_append_worst": Figure(f"{count:,} sessions: the same, worst", "ms"),
    }


FIGURES = {
    **listing("big", "10,000 letters"),
    **texts("big", "10,000 letters"),
    **texts("many", "200,000 letters"),
    "bodies_plain": Figure("10,000 letters: FETCH 1:* BODY.PEEK[], plain", "MB/s", "more", 0.8),
    "bodies_plain_cpu": Figure("the same, processor time a letter", "µs"),
    "bodies_tls": Figure("10,000 letters: FETCH 1:* BODY.PEEK[], TLS", "MB/s", "more", 1),
    "bodies_tls_cpu": Figure("the same, processor time a letter", "µs"),
    **listing("many", "200,000 letters"),
    "append_one": Figure("APPEND of 4 KiB, one connection", "/s", "more", 2),
    "append_one_p50": Figure("APPEND of 4 KiB, one connection, p50", "ms"),
    "append_one_p99": Figure("APPEND of 4 KiB, one connection, p99", "ms"),
    "append_one_cpu": Figure("the same, processor time a letter", "µs"),
    "append_twenty": Figure("APPEND of 4 KiB, 20 users", "/s", "more", 3),
    "append_twenty_p50": Figure("APPEND of 4 KiB, 20 users, p50", "ms"),
    "append_twenty_p99": Figure("APPEND of 4 KiB, 20 users, p99", "ms"),
    "append_twenty_cpu": Figure("the same, processor time a letter", "µs"),
    "append_shared": Figure("APPEND of 4 KiB, 20 connections to one mailbox", "/s", "more", 5),
    "append_shared_p50": Figure("APPEND of 4 KiB, 20 connections to one mailbox, p50", "ms"),
    "append_shared_p99": Figure("APPEND of 4 KiB, 20 connections to one mailbox, p99", "ms"),
    "append_shared_cpu": Figure("the same, processor time a letter", "µs"),
    "mix": Figure("mix of 20 clients", "operations/s", "more", 2),
    "mix_read_p50": Figure("mix: reads, p50", "ms"),
    "mix_read_p99": Figure("mix: reads, p99", "ms"),
    "mix_write_p50": Figure("mix: writes, p50", "ms"),
    "mix_write_p99": Figure("mix: writes, p99", "ms", limit=20),
    "mix_cpu": Figure("mix: processor time an operation", "µs"),
    "mix_refused": Figure("mix: refused", ""),
    "pop3_stat": Figure("POP3, 10,000 letters: login and STAT", "ms", times=2),
    "pop3_uidl": Figure("POP3, 10,000 letters: login, STAT and UIDL", "ms", times=2),
    "pop3_retr": Figure("POP3: RETR of small letters", "/s", "more", 0.8),
    "pop3_mb_plain": Figure("POP3: RETR of 2–200 KiB, plain", "MB/s", "more", 0.8),
    "pop3_mb_tls": Figure("POP3: RETR of 2–200 KiB, TLS", "MB/s", "more", 1),
    "logins": Figure("logins of returning users, 20 at once", "/s", "more", 1),
    "logins_p99": Figure("logins of returning users, p99", "ms"),
    "logins_cpu": Figure("the same, processor time a login", "µs"),
    "logins_tls": Figure("logins of returning users over TLS", "/s", "more", 1),
    "logins_tls_p99": Figure("logins of returning users over TLS, p99", "ms"),
    "logins_tls_cpu": Figure("the same, processor time a login", "µs"),
    "logins_new": Figure("logins of new users (ours: argon2id)", "/s", "more"),
    **idle(1000),
    **idle(10_000),
    "delivery": Figure("SMTP to mailbox, 4 KiB, 20 mailboxes (theirs: Postfix and Dovecot LMTP)", "/s", "more", 10),
    "delivery_cpu": Figure("the same, processor time a letter", "µs"),
}


def shown(value):
    if value is None or math.isnan(value):
        return "–"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:,.1f}" if abs(value) >= 10 else f"{value:,.2f}"


def titled(figure, scale):
    """With the numbers of letters that there really were."""
    title = figure.title.replace("1,000 sessions", f"{max(100, int(1000 * scale)):,} sessions") if "10,000 s" not in figure.title else figure.title
    for full in (10_000, 200_000):
        title = title.replace(f"{full:,} letters", f"{max(20, int(full * scale)):,} letters")
    return title


def row(figure, key, results, scale):
    values = {server: statistics.median(figures[key]) for server, figures in results.items() if key in figures}
    if not values:
        return None
    ours = values.pop("Posthouse", None)
    others = {server: value for server, value in values.items() if not math.isnan(value)}
    best = (max if figure.better == "more" else min)(others, key=others.get) if others else None
    unit = f" {figure.unit}".rstrip()
    ratio, target, met = None, "", ""
    if ours is not None and not math.isnan(ours) and best and ours and others[best]:
        ratio = ours / others[best] if figure.better == "more" else others[best] / ours
    if figure.times:
        target = f"≥ {figure.times:g} ×"
        met = "" if ratio is None else "met" if ratio >= figure.times else "**not met**"
    elif figure.limit:
        target = f"< {figure.limit:g}{unit}"
        met = "" if ours is None else "met" if ours < figure.limit else "**not met**"
    cells = [titled(figure, scale), shown(ours) + unit if ours is not None else "",
             f"{shown(others[best])}{unit} ({best.removeprefix('Dovecot ')})" if best else "",
             f"{shown(ratio)} ×" if ratio is not None else "", target, met]
    return "| " + " | ".join(cells) + " |"


def markdown(results, about, scale):
    lines = ["# Mailboxes: Posthouse beside Dovecot", "", *(f"- {fact}" for fact in about), "",
             "| load | Posthouse | Dovecot's best | ratio | target | |", "|---|---:|---:|---:|---:|---|"]
    lines += [line for key, figure in FIGURES.items() if (line := row(figure, key, results, scale))]
    return "\n".join(lines) + "\n"


def all_servers(results, scale):
    """Every server's figures, side by side."""
    servers = list(results)
    lines = ["| load | unit | " + " | ".join(servers) + " |", "|---|---|" + "---:|" * len(servers)]
    for key, figure in FIGURES.items():
        if any(key in figures for figures in results.values()):
            cells = [shown(statistics.median(results[server][key])) if key in results[server] else "" for server in servers]
            lines.append(f"| {titled(figure, scale)} | {figure.unit} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"
