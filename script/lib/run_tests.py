# SPDX-License-Identifier: Apache-2.0
"""Runs what script/test built: unit tests and fuzz targets on all cores, then the whole-system tests; counts."""
import argparse
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

UNIT_SECONDS = 900
FIRST = ("simulation", "store_rocksdb", "process", "spool")  # The long ones first, so that no core waits at the end.
COLOUR = sys.stdout.isatty()


def painted(code, text):
    return f"\033[{code}m{text}\033[0m" if COLOUR else text


@dataclass
class Result:
    name: str
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    seconds: float = 0
    failures: list = field(default_factory=list)  # names
    reasons: list = field(default_factory=list)  # of what was skipped
    text: str = ""  # to show where something failed


def environment():
    env = dict(os.environ)
    env.setdefault("ASAN_OPTIONS", "detect_leaks=1:strict_string_checks=1:detect_stack_use_after_return=1")
    env.setdefault("UBSAN_OPTIONS", "print_stacktrace=1")
    if symbolizer := shutil.which("llvm-symbolizer-19"):
        env.setdefault("ASAN_SYMBOLIZER_PATH", symbolizer)
        env.setdefault("UBSAN_SYMBOLIZER_PATH", symbolizer)
    return env


def run(command, seconds):
    """Exit code (None: it took too long) and everything that was said."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
                               env=environment(), start_new_session=True)
    try:
        said, _ = process.communicate(timeout=seconds)
        return process.returncode, said.decode(errors="replace")
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        said, _ = process.communicate()
        return None, said.decode(errors="replace")


def how_it_ended(code):
    if code is None:
        return "took too long and was stopped"
    return f"was ended by {signal.Signals(-code).name}" if code < 0 else f"left with code {code}"


def unit(binary):
    result = Result(binary.name)
    began = time.monotonic()
    code, said = run([str(binary), "--gtest_color=no"], UNIT_SECONDS)
    result.seconds = time.monotonic() - began
    state, started = {}, None
    for line in said.splitlines():
        if found := re.match(r"\[ RUN      \] (\S+)", line):
            started = found[1]
            state[started] = "unfinished"
        elif found := re.match(r"\[ +(OK|FAILED|SKIPPED) +\] (\S+?),? .*\(\d+ ms\)", line):
            state[found[2]] = found[1]
    values = list(state.values())
    result.passed, result.skipped = values.count("OK"), values.count("SKIPPED")
    result.failures = [f"{binary.name}: {name}" for name, how in state.items() if how in ("FAILED", "unfinished")]
    for block in re.findall(r"^.*: Skipped\n(.*)", said, re.MULTILINE):
        if block.strip() and block not in result.reasons:
            result.reasons.append(block.strip())
    if code != 0 and not result.failures:
        result.failures = [f"{binary.name} {how_it_ended(code)}"]
    if "unfinished" in values:
        result.failures[-1] += f" ({how_it_ended(code)}; the tests behind it did not run)"
    result.failed = len(result.failures)
    if result.failed:
        result.text = excerpt(said)
    return result


def excerpt(said):
    """What a failing program said, without the tests that passed and the events that our code logs."""
    noise = re.compile(r"\[( RUN| +OK|-+|=+)|\d{4}-\d\d-\d\dT\S+ process=|$")
    lines = [line for line in said.splitlines() if not noise.match(line)]
    return "\n".join(lines[:120] + ([f"… {len(lines) - 160} lines …"] + lines[-40:] if len(lines) > 160 else lines[120:]))


def fuzz(binary, seconds, build):
    name = binary.name
    result = Result(name)
    began = time.monotonic()
    corpus, found = Path("fuzz/corpus") / name, build / "fuzz-found" / name
    found.mkdir(parents=True, exist_ok=True)
    broken = build / "fuzz-broken"
    broken.mkdir(exist_ok=True)
    common = [str(binary), f"-artifact_prefix={broken}/{name}-", "-timeout=60", "-rss_limit_mb=4096"]
    dictionary = Path("fuzz") / f"{name}.dict"
    seeds = sorted(str(file) for file in corpus.glob("*") if file.is_file())
    code, said = run(common + seeds, 300) if seeds else (1, "it has no corpus")
    if code == 0 and seconds > 0:
        extra = [f"-dict={dictionary}"] if dictionary.exists() else []
        code, said = run(common + extra + [f"-max_total_time={seconds}", str(found), str(corpus)], seconds + 300)
    result.seconds = time.monotonic() - began
    if code == 0:
        result.passed = 1
    else:
        result.failed, result.failures = 1, [f"{name} {how_it_ended(code)}"]
        result.text = "\n".join(said.splitlines()[-60:])
    return result


MOST_TRIED_AGAIN = 10


def once_more(result, failed, build):
    """Whole systems have time limits, which a busy machine breaks: what failed is tried once more, alone, and told."""
    heading(f"Once more, alone: {', '.join(failed)}")
    second = pytest(result.name.removeprefix("tests/"), build, failed)
    result.passed += second.passed
    result.failures = second.failures
    result.failed = second.failed
    result.seconds += second.seconds
    result.reasons.append(f"{len(failed)} failed at first and were tried once more: {', '.join(failed)}")
    return result


def pytest(folder, build, cases=None):
    result = Result(f"tests/{folder}")
    if not list(Path("tests", folder).glob("test_*.py")):
        return None
    again, failed = cases is None, []
    began = time.monotonic()
    report = build / f"{folder}.xml"
    report.unlink(missing_ok=True)
    code = subprocess.run([sys.executable, "-m", "pytest", "-v", "-rs", "--tb=short", "-p", "no:cacheprovider",
                           f"--junitxml={report}", *(cases or [f"tests/{folder}"])],
                          env=environment() | {"POSTHOUSE_BINARY": str((build / "posthouse").resolve())}).returncode
    result.seconds = time.monotonic() - began
    if report.exists():
        for case in ElementTree.parse(report).getroot().iter("testcase"):
            name = f"{result.name}: {case.get('name')}"
            if case.find("failure") is not None or case.find("error") is not None:
                result.failures.append(name)
                failed.append(f"{case.get('classname').replace('.', '/')}.py::{case.get('name')}")
            elif (skipped := case.find("skipped")) is not None:
                result.skipped += 1
                if (reason := skipped.get("message")) not in result.reasons:
                    result.reasons.append(reason)
            else:
                result.passed += 1
    if code not in (0, 5) and not result.failures:
        result.failures.append(f"{result.name}: pytest left with code {code}")
    if again and 0 < len(failed) <= MOST_TRIED_AGAIN:
        return once_more(result, failed, build)
    result.failed = len(result.failures)
    return result


def show(result):
    mark = painted("31", "FAILED") if result.failed else painted("32", "ok    ")
    counts = f"{result.passed:5} passed" + (f", {result.failed} failed" if result.failed else "")
    counts += f", {result.skipped} skipped" if result.skipped else ""
    print(f"{mark} {result.name:28} {counts}  ({result.seconds:.1f} s)", flush=True)
    for reason in result.reasons:
        print(f"       SKIPPED: {reason}", flush=True)
    if result.text:
        print("       | " + result.text.replace("\n", "\n       | "), flush=True)


def heading(text):
    print(painted("1", f"==> {text}"), flush=True)


def rank(binary):
    stem = binary.name.removesuffix("_test")
    return (FIRST.index(stem) if stem in FIRST else len(FIRST), stem)


def programs(folder, ending):
    return [p for p in sorted(folder.glob(f"*{ending}")) if p.is_file() and os.access(p, os.X_OK)]


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--build", type=Path, required=True)
    options.add_argument("--fuzz", type=int, default=5, metavar="SECONDS")
    options.add_argument("--only", default="", metavar="PATTERN", help="what of it to run, by name")
    options = options.parse_args()
    cores = os.cpu_count() or 1
    wanted = re.compile(options.only)
    groups, began = {}, time.monotonic()

    def run_all(title, work, jobs):
        jobs = [job for job in jobs if wanted.search(job.name)]
        if not jobs:
            return
        heading(f"{title} ({len(jobs)} programs on {cores} cores)")
        with ThreadPoolExecutor(cores) as pool:
            futures = [pool.submit(work, job) for job in jobs]
            groups[title] = [future.result() for future in in_order_of_ending(futures, show)]

    run_all("Unit tests", unit, sorted(programs(options.build / "tests", "_test"), key=rank))
    run_all("Fuzz targets", lambda job: fuzz(job, options.fuzz, options.build), programs(options.build / "fuzz", "_fuzz"))
    whole = []
    for folder in ("routing_sendmail", "mime_peers", "dsn", "system", "kill", "town", "package"):
        if wanted.search(f"tests/{folder}") and list(Path("tests", folder).glob("test_*.py")):
            heading(f"Whole systems: tests/{folder}")
            whole.append(pytest(folder, options.build))
    if whole:
        groups["Whole systems"] = whole
    return summary(groups, time.monotonic() - began)


def in_order_of_ending(futures, tell):
    from concurrent.futures import as_completed
    for future in as_completed(futures):
        tell(future.result())
        yield future


def summary(groups, seconds):
    everything = [result for results in groups.values() for result in results]
    failures = [name for result in everything for name in result.failures]
    heading("Summary")
    for name in failures:
        print(painted("31", f"FAILED {name}"))
    rows = list(groups.items()) + [("Total", everything)]
    for title, results in rows:
        passed, failed, skipped = (sum(getattr(r, what) for r in results) for what in ("passed", "failed", "skipped"))
        line = f"{title + ':':15} {passed} passed, {failed} failed, {skipped} skipped"
        print(painted("31" if failed else "32", line) if title == "Total" else line)
    print(f"({seconds:.0f} s of testing)")
    return 1 if failures or not everything else 0


sys.exit(main())
