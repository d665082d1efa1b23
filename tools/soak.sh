#!/usr/bin/env bash
# Shows whether Fern's process grows: trains, finds objects in images, and evaluates a model, each for
# some minutes, and tells the process's size every minute. Java's heap has a fixed size, so that all
# growth is seen: of native memory in the figures, of the heap as an OutOfMemoryError.
#
# usage: tools/soak.sh [OPTIONS]
#   --minutes N        how long each of the three runs (default: 40)
#   --sizes N          number of different sizes of the images (default: 1)
#   --engine NAME      MXNet or PyTorch (default: MXNet)
#   --precision NAME   float32, bf16 or auto (default: float32)
#   --only NAMES       some of training,detection,evaluation (default: all)
#   --together         run the three at the same time, which is slower for each
#   --csv FILE         also add the sizes to a table: run, minute, MiB, and the steps, evaluations or
#                      images until then
#
# Training goes through 500 images, whose sizes change by a quarter (scaleJitter), and evaluates 20
# images after each epoch. Evaluation goes through the 500 images after every epoch of 8. Detection
# goes through them again and again.
#
# Ends with status 1 if a process ended early, or is over 5 % larger at its end than after a quarter of
# its time.
set -euo pipefail

fern=$(cd -- "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")/.." && pwd)/fern
minutes=40 sizes=1 engine=MXNet precision=float32 only=training,detection,evaluation together=no csv=/dev/null
while (($# > 0)); do
    case $1 in
        --minutes) minutes=$2 ;;
        --sizes) sizes=$2 ;;
        --engine) engine=$2 ;;
        --precision) precision=$2 ;;
        --only) only=$2 ;;
        --csv) csv=$2 ;;
        --together) together=yes; shift; continue ;;
        *) echo "soak.sh: unknown option $1" >&2; exit 2 ;;
    esac
    shift 2
done
if ((minutes < 4)); then
    echo "soak.sh: --minutes must be 4 or more, since sizes are compared with those after a quarter" >&2
    exit 2
fi
export FERN_JAVA_OPTIONS="-Xms256m -Xmx256m -XX:+AlwaysPreTouch"

work=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null || true; rm -rf "$work"' EXIT
"$fern" dataset synthesize --output "$work/shapes" --train-images 500 --val-images 20 --width 384 --height 288 \
    --sizes "$sizes" >/dev/null

small=(--width 0.25 --set pyramidChannels=32 --set headConvolutions=1 --min-size 288 --max-size 576 --batch-size 4
    --set "scaleJitter=[0.8,1.25]")

size() {
    awk '/^VmRSS:/ { print int($2 / 1024) }' "/proc/$1/status" 2>/dev/null
}

# watch NAME UNITS COMMAND...: runs a command, looks at it every minute, and stops it. UNITS is a shell
# command that prints how much work is done.
watch() {
    local name=$1 units=$2 process early=0 now minute
    shift 2
    "$@" >"$work/$name.log" 2>&1 &
    process=$!
    for ((minute = 1; minute <= minutes; minute++)); do
        sleep 60
        now=$(size $process) || now=
        if [ -z "$now" ]; then
            echo "$name: ended after less than $minute minutes:" >&2
            tail -n 5 "$work/$name.log" >&2
            return 1
        fi
        echo "$name, minute $minute: $now MiB"
        echo "$name,$minute,$now,$(eval "$units" 2>/dev/null)" >>"$csv"
        [ $minute -ne $((minutes / 4)) ] || early=$now
    done
    kill $process
    wait $process || true
    echo "$name: $early MiB after $((minutes / 4)) minutes, $now MiB after $minutes"
    [ $((now * 100)) -le $((early * 105)) ]
}

train=("$fern" train --engine "$engine" --precision "$precision" "${small[@]}" --set checkpointMinutes=1)
endless=(--steps 10000000)
shapes=$work/shapes
training() {
    watch training "grep -c '\"step\"' '$work/run/metrics.jsonl'" "${train[@]}" "${endless[@]}" --output "$work/run" \
        --train-annotations "$shapes/annotations/instances_train.json" --train-images "$shapes/train" \
        --val-annotations "$shapes/annotations/instances_val.json" --val-images "$shapes/val"
}
evaluation() {
    watch evaluation "grep -c '\"evaluation\"' '$work/evaluated/metrics.jsonl'" "${train[@]}" "${endless[@]}" --limit-train 8 \
        --output "$work/evaluated" \
        --train-annotations "$shapes/annotations/instances_val.json" --train-images "$shapes/val" \
        --val-annotations "$shapes/annotations/instances_train.json" --val-images "$shapes/train"
}
detection() {
    "${train[@]}" --steps 100 --output "$work/model" \
        --train-annotations "$shapes/annotations/instances_train.json" --train-images "$shapes/train" \
        --val-annotations "$shapes/annotations/instances_val.json" --val-images "$shapes/val" >"$work/model.log" 2>&1 ||
        { tail -n 5 "$work/model.log" >&2 && return 1; }
    mkdir "$work/many"
    for ((copy = 0; copy < 3 * minutes; copy++)); do
        cp -rl "$shapes/train" "$work/many/$copy"
    done
    watch detection "cut -f 1 '$work/detection.log' | uniq | wc -l" \
        "$fern" detect --engine "$engine" --precision "$precision" --model "$work/model/last" "$work"/many/*
}

status=0
running=()
for run in ${only//,/ }; do
    case $run in
        training | detection | evaluation) ;;
        *) echo "soak.sh: --only: unknown run $run" >&2; exit 2 ;;
    esac
    if [ $together = yes ]; then
        $run &
        running+=($!)
    else
        $run || status=1
    fi
done
for process in "${running[@]}"; do
    wait "$process" || status=1
done
exit $status
