#!/bin/sh
# Usage: scripts/fuzz.sh [seconds] [target...]
# Feeds random bytes to the parsers of notifications, JSON, answers and content codings: each target for 20 seconds by default.
# Needs a nightly compiler. The parsers have no unsafe code, so no sanitizer is used.
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
