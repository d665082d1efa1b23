#!/usr/bin/env bash
# Shows whether Fern's process grows: trains for half an hour, then finds objects in images for an hour,
# and tells the process's size every minute. Java's heap has a fixed size, so that all growth is seen:
# of native memory in the figures, of the heap as an OutOfMemoryError.
#
# usage: tools/soak.sh [MINUTES OF TRAINING] [MINUTES OF DETECTION]
#
# Ends with status 1 if a process ended early or is over 5 % larger than it was after two minutes.
set -euo pipefail

fern=$(cd -- "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")/.." && pwd)/fern
training=${1:-30}
detection=${2:-60}
if ((detection < 3 || training < 3)); then
    echo "soak.sh: 3 minutes or more, to be compared with the size after 2" >&2
    exit 2
fi
export FERN_JAVA_OPTIONS="-Xms256m -Xmx256m -XX:+AlwaysPreTouch"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$fern" dataset synthesize --output "$work/shapes" --train-images 200 --val-images 20 >/dev/null

data=(--train-annotations "$work/shapes/annotations/instances_train.json" --train-images "$work/shapes/train"
    --val-annotations "$work/shapes/annotations/instances_val.json" --val-images "$work/shapes/val")
small=(--width 0.25 --set pyramidChannels=32 --set headConvolutions=1 --min-size 384 --max-size 384 --batch-size 4)

size() {
    awk '/^VmRSS:/ { print int($2 / 1024) }' "/proc/$1/status" 2>/dev/null
}

# watch NAME MINUTES COMMAND...: runs a command, looks at it every minute, and stops it.
watch() {
    local name=$1 minutes=$2 process early=0 now
    shift 2
    "$@" >"$work/log" 2>&1 &
    process=$!
    for ((minute = 1; minute <= minutes; minute++)); do
        sleep 60
        now=$(size $process) || now=
        if [ -z "$now" ]; then
            echo "$name: ended after less than $minute minutes:" >&2
            tail -n 5 "$work/log" >&2
            return 1
        fi
        echo "$name, minute $minute: $now MiB"
        [ $minute -ne 2 ] || early=$now
    done
    kill $process
    wait $process || true
    echo "$name: $early MiB after 2 minutes, $now MiB after $minutes"
    [ $((now * 100)) -le $((early * 105)) ]
}

mkdir "$work/many"
for ((copy = 0; copy < 30 * detection; copy++)); do
    cp -rl "$work/shapes/train" "$work/many/$copy"
done

status=0
watch training "$training" "$fern" train "${data[@]}" "${small[@]}" --steps 10000000 --set checkpointMinutes=1 \
    --output "$work/run" || status=1
watch detection "$detection" "$fern" detect --model "$work/run/last" --min-size 768 --max-size 768 "$work"/many/* || status=1
exit $status
