#!/usr/bin/env bash
# Prints the table of docs/distributed.md: seconds of a step on this machine by one process and by two
# that share each batch, the sum of their gradients, and what follows for more machines by the model there.
# Nothing else should run meanwhile.
#
# usage: tools/scaling.sh [OPTION...]     options of 'fern train' that choose the network and the batch
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."

fern=$PWD/fern
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
"$fern" dataset synthesize --output shapes --train-images 64 --val-images 1 --width 320 --height 240 >/dev/null

# Prints the median seconds of the steps after the first five.
# usage: step NAME THREADS PROCESSES [OPTION...]
step() {
    local name=$1 threads=$2 processes=$3
    shift 3
    OMP_NUM_THREADS=$threads taskset -c "0-$((threads * processes - 1))" "$fern" train --processes "$processes" \
        --train-annotations shapes/annotations/instances_train.json --train-images shapes/train --steps 25 \
        --batch-size 4 --min-size 240 --max-size 320 "$@" --output "$name" >/dev/null 2>"$name.log" ||
        { cat "$name.log" >&2; exit 1; }
    # The columns are those that the first line names.
    awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == "seconds") at = i } NR > 6 { print $at }' "$name/metrics.csv" |
        sort -n | awk '{ all[NR] = $1 } END { print all[int((NR + 1) / 2)] }'
}

one=$(step one 1 1 "$@")
threads=$(step threads 2 1 "$@")
processes=$(step processes 1 2 "$@")
bytes=$(wc -c <threads/last/parameters.safetensors)
"$fern" benchmark allreduce --mib "$((bytes / (1 << 20) + 1))" --json sum.json >/dev/null
sum=$(sed -n 's/.*"median_ms": *\([0-9.]*\).*/\1/p' sum.json | head -n 1)

sed -n '0,/^model name/s/^model name[^:]*: //p' /proc/cpuinfo
date +%F
awk -v one="$one" -v threads="$threads" -v processes="$processes" -v sum="$sum" -v bytes="$bytes" 'BEGIN {
    print "| measured | seconds per step |\n|---|---|"
    printf "| one process, one thread | %.3f |\n", one
    printf "| one process, two threads | %.3f |\n", threads
    printf "| two processes, one thread each | %.3f |\n", processes
    printf "| of these the sum of %.0f MB, by itself | %.3f |\n\n", bytes / 1e6, sum / 1000
    print "| computed, each worker with the batch of one | sum at 1 Gbit/s | efficiency | sum at 10 Gbit/s | efficiency |"
    print "|---|---|---|---|---|"
    for (n = 8; n <= 64; n *= 8) {
        slow = 2 * (n - 1) / n * bytes * 8 / 1e9
        fast = slow / 10
        printf "| %d workers | %.2f s | %.0f %% | %.3f s | %.0f %% |\n", \
            n, slow, 100 * threads / (threads + slow), fast, 100 * threads / (threads + fast)
    }
}'
