#!/usr/bin/env bash
# Creates .venv and installs one of the locked sets into it: tools/setup.sh demo|dev|mic|bench|fuzz. It ends at once if the set is installed.
# PYTHON names the interpreter to use; without it, the first one from 3.11 on is used.
set -euo pipefail
cd "$(dirname "$0")/.."
set_name=${1:-demo}
venv=.venv
log=var/setup.log

fail() { echo "setup: $*" >&2; exit 1; }

is_recent() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }

find_python() {
  local name
  for name in ${PYTHON:-python3 python3.14 python3.13 python3.12 python3.11 python}; do
    if command -v "$name" >/dev/null && is_recent "$name"; then echo "$name"; return; fi
  done
  name=$(command -v "${PYTHON:-python3}" || true)
  fail "Python 3.11 or newer is needed, found $([ -n "$name" ] && "$name" -V 2>/dev/null || echo none); install one, or name it: make setup PYTHON=/path/to/python3.12"
}

is_installed() { cmp -s "requirements/$1.txt" "$venv/.installed-$1"; }

show_progress() { # counts pip's lines; on a terminal in place, else only the end
  awk -v total="$1" -v tty="$([ -t 1 ] && echo 1 || echo 0)" '
    /^ *(Collecting|Requirement already satisfied)/ { n++; if (tty) { printf "\r  %d of %d packages", n, total; fflush() } }
    /^Installing collected/ { if (tty) printf "\r"; print "  " n " packages fetched, installing"; fflush() }'
}

install() {
  local file=requirements/$1.txt
  echo "setup: installing $file into $venv ($(grep -c '==' "$file") packages; once, about a minute)"
  mkdir -p "$(dirname "$log")"
  if ! PIP_USER=0 PIP_DISABLE_PIP_VERSION_CHECK=1 "$venv/bin/python" -m pip install --no-input --require-hashes -r "$file" 2>&1 |
    tee "$log" | show_progress "$(grep -c '==' "$file")"; then
    grep -E '^ *ERROR' "$log" | head -n 3 >&2
    fail "pip could not install $file; its whole output is in $log"
  fi
  cp "$file" "$venv/.installed-$1"
}

case $set_name in demo | dev | mic | bench | fuzz) ;; *) fail "no set is called $set_name" ;; esac
[ -f "requirements/$set_name.txt" ] || fail "requirements/$set_name.txt is missing"

if ! { [ -x "$venv/bin/python" ] && is_recent "$venv/bin/python"; }; then
  python=$(find_python)
  "$python" -c 'import ensurepip' 2>/dev/null || fail "$python has no venv module; on Debian and Ubuntu: apt install python3-venv"
  echo "setup: making $venv with $("$python" -V)"
  rm -rf "$venv"
  "$python" -m venv "$venv"
fi
if is_installed "$set_name" || { [ "$set_name" = demo ] && is_installed dev; }; then exit 0; fi
install "$set_name"
