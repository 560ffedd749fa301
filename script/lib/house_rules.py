# SPDX-License-Identifier: Apache-2.0
"""Checks what no compiler checks: which folder includes what, licence lines, lengths of files, references to RFCs.

house_rules.py           checks, docs/standards.md included
house_rules.py --write   writes docs/standards.md anew, then checks
"""
import re
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

LEDGER = Path("docs/standards.md")
LONG, TOO_LONG = 400, 800

# Which folders may include a library's headers ("" is main.cpp, a path may name one file).
LIBRARIES = {
    r"boost/asio": {"base/task.hpp", "base/ahead.hpp", "dns/unbound", "store", "store/rocksdb", "net", "wire", "process", "sources", "envoy", "gate",
                    "keeper", "sorter", "courier", "resolver", "clerk", "signer", "agent", "cli"},
    r"openssl/": {"archive", "net", "sasl", "sources", "envoy"},
    r"zstd\.h": {"archive"},
    r"rocksdb/": {"store/rocksdb"},
    r"unbound\.h": {"dns/unbound"},
    r"unicode/": {"dns", "mail", "textindex"},
    r"sodium\.h": {"clerk", "directory", "moving", "spool", "keeper", "sources"},
    r"seccomp\.h": {"process"},
    r"toml\+\+/": {"config"},
    r"CLI/": {"cli"},
}

TITLES = {
    821: "Simple Mail Transfer Protocol (1982)", 974: "Mail routing and the domain system", 1034: "Domain names: concepts",
    1035: "Domain names: implementation", 1047: "Duplicate messages and SMTP",
    1123: "Requirements for Internet hosts", 1652: "8BITMIME (1994)", 1870: "SIZE", 1939: "POP3",
    1985: "ETRN", 2033: "LMTP", 2034: "ENHANCEDSTATUSCODES", 2045: "MIME: bodies", 2046: "MIME: media types",
    2047: "MIME: encoded words", 2181: "Clarifications to the DNS", 2308: "Negative caching of DNS queries",
    2449: "POP3 CAPA", 2595: "STLS", 2782: "SRV", 2821: "Simple Mail Transfer Protocol (2001)",
    2822: "Internet Message Format (2001)", 2920: "PIPELINING", 3030: "CHUNKING, BINARYMIME", 3206: "POP3 SYS and AUTH codes",
    3207: "STARTTLS", 3461: "DSN for SMTP", 3462: "multipart/report (2003)", 3463: "Enhanced status codes",
    3464: "Delivery status notifications", 3492: "Punycode", 3596: "AAAA", 3720: "iSCSI (its CRC32C examples)",
    3834: "Automatic responses", 3848: "Names for ESMTP and LMTP in Received", 3986: "URI", 4033: "DNSSEC: introduction",
    4035: "DNSSEC: protocol", 4291: "IPv6 addresses", 4408: "SPF (2006)", 4954: "AUTH", 5068: "Submission operations",
    5246: "TLS 1.2", 5248: "Registry of enhanced status codes", 5321: "Simple Mail Transfer Protocol",
    5322: "Internet Message Format", 5336: "UTF8SMTP (2008)", 5598: "Internet mail architecture",
    5890: "IDNA: definitions", 5891: "IDNA: protocol", 5895: "IDNA: mapping", 5952: "IPv6 addresses as text",
    6152: "8BITMIME", 6409: "Submission", 6522: "multipart/report", 6531: "SMTPUTF8", 6532: "Internationalized headers",
    6533: "Internationalized notifications", 6710: "Priorities", 6761: "Special-use domain names", 6840: "DNSSEC: clarifications",
    6854: "Groups in From and Sender", 6856: "POP3 UTF8", 7435: "Opportunistic security", 7504: "521 and 556",
    7505: "Null MX", 7942: "Implementation status", 8020: "NXDOMAIN: nothing underneath", 8098: "Message disposition notifications",
    8305: "Happy Eyeballs", 8314: "Cleartext considered obsolete", 8446: "TLS 1.3", 8601: "Authentication-Results", 8878: "Zstandard",
    9106: "Argon2", 9422: "LIMITS", 5234: "ABNF", 4648: "Base64", 8259: "JSON", 3629: "UTF-8",
    1122: "Requirements for Internet hosts: communication layers", 2606: "Reserved domain names",
    3696: "Checking and transformation of names", 5892: "IDNA: code points", 6762: "Multicast DNS",
    8375: "home.arpa", 9051: "IMAP4rev2",
}

problems, warnings = [], []


def problem(path, line, text):
    problems.append(f"{path}:{line}: {text}")


def tracked(*patterns):
    listed = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *patterns],
                            check=True, capture_output=True, text=True).stdout.split()
    return [Path(name) for name in sorted(set(listed)) if Path(name).is_file()]


def allowed_arrows():
    """The USES of src/CMakeLists.txt, and what those use in turn: the linker allows no less."""
    text = re.sub(r"#.*", "", Path("src/CMakeLists.txt").read_text())
    uses = {}
    for declaration in re.findall(r"\bfolder\(([^)]*)\)", text):
        words = declaration.split()
        names = words[words.index("USES") + 1:] if "USES" in words else []
        uses[words[0]] = set(names[:names.index("LIBRARIES")] if "LIBRARIES" in names else names)
    for name, used in uses.items():
        for other in used:
            if other not in uses:
                problem("src/CMakeLists.txt", 1, f"folder {name} uses {other}, which is not declared before it")
    return uses


def folder_of(path, folders):
    """The longest declared folder that the path lies in."""
    return max((f for f in folders if str(path).startswith(f + "/")), key=len, default="")


def check_includes(uses):
    everything = {"": set(uses), **uses}
    for path in tracked("src/**.cpp", "src/**.hpp"):
        inside = path.relative_to("src")
        folder = folder_of(inside, uses)
        for number, line in enumerate(path.read_text().splitlines(), 1):
            if not (found := re.match(r'\s*#\s*include\s+([<"])([^>"]+)[>"]', line)):
                continue
            quote, name = found.groups()
            if quote == '"':
                target = folder_of(name, uses)
                if not target:
                    problem(path, number, f'"{name}" is in no folder of src/; other headers are included with <>')
                elif target != folder and target not in everything[folder]:
                    problem(path, number, f"{folder or 'main'} may not include {target}/ (src/CMakeLists.txt)")
                continue
            for library, allowed in LIBRARIES.items():
                if re.match(library, name) and folder not in allowed and str(inside) not in allowed:
                    problem(path, number, f"<{name}> is for {', '.join(sorted(allowed))} only")


def check_heads_and_lengths():
    code = tracked("*.cpp", "*.hpp", "*.proto", "*.cmake", "*CMakeLists.txt", "*.py", "script/*", ".ci/run")
    for path in code:
        if path.suffix == ".txt" and path.name != "CMakeLists.txt":
            continue
        lines = path.read_text().splitlines()
        if not any("SPDX-License-Identifier: Apache-2.0" in line for line in lines[:2]):
            problem(path, 1, "the SPDX line is missing")
        if len(lines) > TOO_LONG:
            problem(path, 1, f"{len(lines)} lines; no file is longer than {TOO_LONG}")
        elif len(lines) > LONG:
            warnings.append(f"{path}: {len(lines)} lines; look for its seam")


REFERENCE = re.compile(r"RFC (\d{3,5})(?: §([A-Z0-9]+(?:\.\d+)*))?")
MALFORMED = [
    (re.compile(r"\bRFC(?!822\b)[-\d]"), "write RFC and the number apart"),
    (re.compile(r"(?<!/)\b(?:Rfc|rfc) ?\d{3,5}(?![\w;/-])"), "write RFC in capitals"),
    (re.compile(r"RFC \d+,? *(?:[Ss]ect(?:ion|\.)?|[Ss]ec\.|[Cc]hapter|s\.) *\d"), "write RFC 5321 §4.5.2"),
    (re.compile(r"RFC \d+,? §\s+\d|RFC \d+§|RFC \d+ +, *§"), "write RFC 5321 §4.5.2"),
    (re.compile(r"RFC  +\d"), "one space between RFC and its number"),
]


def comment_in(line):
    """Names and texts in the code may spell it as they need to."""
    return re.sub(r'"(?:[^"\\]|\\.)*"', '""', line).partition("//")[2]


def references():
    """RFC -> section -> the files that name it. `RFC 5321 §3.3 and §4.1` names two sections."""
    ledger = defaultdict(lambda: defaultdict(set))
    for path in tracked("src/**.cpp", "src/**.hpp", "src/**.proto", "tests/**.cpp", "tests/**.hpp", "fuzz/*.cpp"):
        for number, line in enumerate(path.read_text().splitlines(), 1):
            if "rfc" not in line.lower():
                continue
            for pattern, advice in MALFORMED:
                if pattern.search(comment_in(line)):
                    problem(path, number, f"malformed reference to an RFC: {advice}")
            if path.parts[0] != "src":
                continue
            for piece in re.split(r"(?=RFC \d)", line):
                if not (found := REFERENCE.match(piece)):
                    continue
                sections = re.findall(r"§([A-Z0-9]+(?:\.\d+)*)", piece) or [""]
                for section in sections:
                    ledger[int(found[1])][section].add(str(path.relative_to("src")))
    return ledger


def section_order(section):
    return [(0, int(part), "") if part.isdigit() else (1, 0, part) for part in section.split(".")] if section else []


EVENT = re.compile(r'"([a-z_]+(?:\.[a-z_]+)+)"')


def check_events():
    """The log's events are interface: each is in docs/events.md, and each there is in the code."""
    page = Path("docs/events.md")
    listed = set(re.findall(r"^\| `([a-z_.]+)` \|", page.read_text(), re.MULTILINE))
    written = set()
    for path in tracked("src/**.cpp", "src/**/events.hpp"):
        text = path.read_text()
        names = EVENT.findall(text) if path.suffix == ".hpp" else []
        for call in re.findall(r"log::(?:debug|info|warning|error|write)\(([^{;]*)|\* event = ([^;]*);", text):
            names += EVENT.findall("".join(call))
        written |= set(names)
        for name in sorted(set(names) - listed):
            problem(path, 1, f"the event {name} is not in {page}")
    for name in sorted(listed - written):
        problem(page, 1, f"nothing writes the event {name}")


def ledger_text(ledger):
    out = ["# Standards", "",
           "Which standard, and which of its sections, is named where in `src/`. Written by `script/lint --write` from the",
           "references in the code (`RFC 5321 §4.5.2`); `script/lint` checks that it is current.", "",
           "| RFC | what | sections and files |", "|---|---|---|"]
    for rfc in sorted(ledger):
        places = []
        for section in sorted(ledger[rfc], key=section_order):
            files = ", ".join(f"`{name}`" for name in sorted(ledger[rfc][section]))
            places.append(f"{'§' + section + ' ' if section else ''}{files}")
        title = TITLES.get(rfc, "")
        out.append(f"| [{rfc}](https://www.rfc-editor.org/rfc/rfc{rfc}) | {title} | {'<br>'.join(places)} |")
    return "\n".join(out) + "\n"


def main():
    check_includes(allowed_arrows())
    check_heads_and_lengths()
    check_events()
    text = ledger_text(references())
    if "--write" in sys.argv[1:]:
        LEDGER.write_text(text)
    elif not LEDGER.exists() or LEDGER.read_text() != text:
        problem(LEDGER, 1, "is not current: script/lint --write")
    for line in warnings:
        print(f"warning: {line}")
    for line in problems:
        print(line)
    print(f"house rules: {len(problems)} broken, {len(warnings)} warnings")
    return 1 if problems else 0


sys.exit(main())
