#!/bin/sh
# Feeds random bytes to what reads the notification stream, JSON, answers and their codings: each target for so many seconds, 20 unless told otherwise.
# Needs a nightly compiler. What is read has no unsafe code, so no sanitizer is asked for. Usage: scripts/fuzz.sh [seconds] [target...]
set -eu
cd "$(dirname "$0")/.."
seconds=${1:-20}
[ $# -gt 0 ] && shift
[ $# -gt 0 ] || set -- websocket topic tape decoding answers

if ! cargo fuzz --version >/dev/null 2>&1; then
  cargo install cargo-fuzz --locked --quiet
fi
for target in "$@"; do
  cargo +nightly fuzz run --sanitizer none "$target" -- -max_total_time="$seconds" -max_len=4096 -print_final_stats=1
done
