# SPDX-License-Identifier: Apache-2.0
# For the scripts beside it: what is going on, in a line each, and quiet commands that speak when they fail.
# shellcheck shell=bash
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
cd "$root" || exit 1

bold='' green='' red='' plain=''
if [[ -t 1 ]]; then bold=$'\e[1m' green=$'\e[32m' red=$'\e[31m' plain=$'\e[0m'; fi

step() { printf '%s==> %s%s\n' "$bold" "$*" "$plain"; }
good() { printf '%s%s%s\n' "$green" "$*" "$plain"; }
fail() { printf '%s%s%s\n' "$red" "$*" "$plain" >&2; exit 1; }

# watch_lines LOG: keeps standard input in LOG and shows that it moves: on a terminal the latest line, elsewhere
# one line every ten seconds.
watch_lines() {
  local line shown=$SECONDS
  while IFS= read -r line; do
    printf '%s\n' "$line" >>"$1"
    if [[ -t 1 ]]; then
      printf '\r\e[K%s' "${line:0:$((${COLUMNS:-80} - 1))}"
    elif ((SECONDS - shown >= 10)); then
      printf '    %s\n' "${line:0:110}"
      shown=$SECONDS
    fi
  done
  if [[ -t 1 ]]; then printf '\r\e[K'; fi
}

# quietly NAME COMMAND…: runs it, shows progress, and the end of what it said if it fails.
quietly() {
  local log=run/log/$1.log
  shift
  mkdir -p run/log
  : >"$log"
  if "$@" 2>&1 </dev/null | watch_lines "$log"; then return 0; fi
  tail -n 40 "$log" >&2
  fail "failed: $* (all of it: $log)"
}

# build PRESET [TARGET…]
build() {
  local preset=$1
  shift
  local started=$SECONDS
  step "Building ($preset)"
  if [[ ! -e build/$preset/build.ninja ]]; then quietly "configure-$preset" cmake --preset "$preset"; fi
  NINJA_STATUS='[%f/%t, %es] ' quietly "build-$preset" cmake --build "build/$preset" ${1:+--target "$@"}
  echo "    $((SECONDS - started)) s"
}
