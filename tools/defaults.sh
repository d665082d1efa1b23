#!/usr/bin/env bash
# Trains small detectors on four data sets, to see if defaults that suit one data set suit others: with
# Fern's defaults and with torchvision's settings.
#
# usage: tools/defaults.sh BCCD COCO OUTPUT [SEED...]
#   BCCD    folder with annotations/instances_train.json, train, and the same for val
#   COCO    folder with annotations/instances_train.json and images; its first 16 images are learned
#           by heart, that is, evaluated on themselves
#   OUTPUT  folder of the runs and of results.csv; trainings that are in it already are not repeated
#   SEED    default: 1 2 3
#
# Each training runs on one thread, two at a time.
set -euo pipefail

fern=$(cd -- "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")/.." && pwd)/fern
if (($# < 3)); then
    echo "usage: tools/defaults.sh BCCD COCO OUTPUT [SEED...]" >&2
    exit 2
fi
bccd=$1 coco=$2 output=$3
shift 3
(($# > 0)) || set -- 1 2 3
mkdir -p "$output"
shapes() { # NAME OPTIONS...
    [ -d "$output/data/$1" ] || "$fern" dataset synthesize --output "$output/data/$1" "${@:2}" >/dev/null
}
shapes sparse --objects 1-2 --object-sizes 80-150 --train-images 130 --val-images 100
shapes dense --objects 20-40 --object-sizes 12-36 --train-images 200 --val-images 100

train() { # DATA SETTINGS SEED
    local run=$output/$1-$2-$3 images annotations options=()
    [ ! -f "$run/done" ] || return 0
    case $1 in
        bccd) annotations=$bccd/annotations images=$bccd ;;
        *) annotations=$output/data/$1/annotations images=$output/data/$1 ;;
    esac
    options=(--train-annotations "$annotations/instances_train.json" --train-images "$images/train"
        --val-annotations "$annotations/instances_val.json" --val-images "$images/val" --set horizontalFlip=0.5)
    case $1 in
        sparse) options+=(--epochs 20 --set evaluateEvery=4) ;;
        dense | bccd) options+=(--epochs 12 --set evaluateEvery=4) ;;
        by-heart)
            options=(--train-annotations "$coco/annotations/instances_train.json" --train-images "$coco/images"
                --val-annotations "$coco/annotations/instances_train.json" --val-images "$coco/images"
                --limit-train 16 --limit-val 16 --epochs 100 --set evaluateEvery=25 --set horizontalFlip=0)
            ;;
    esac
    if [ "$2" = torchvision ]; then
        options+=(--set headDeviation=0.01 --set boxLoss=l1 --set boxLossWeight=1 --set minPositives=1
            --lr 0.01 --set clipNorm=10 --warmup-steps 100)
    fi
    rm -rf "$run"
    OMP_NUM_THREADS=1 "$fern" train "${options[@]}" --width 0.25 --set pyramidChannels=32 --set headConvolutions=1 \
        --set "anchorSizes=[16,32,64,128,256]" --min-size 192 --max-size 256 --seed "$3" --output "$run" \
        >"$run.log" 2>&1 && touch "$run/done"
}

for seed in "$@"; do
    for data in sparse dense bccd by-heart; do
        for settings in defaults torchvision; do
            while (($(jobs -rp | wc -l) >= 2)); do wait -n || true; done
            train $data $settings "$seed" &
        done
    done
done
wait

echo data,settings,seed,epoch,AP >"$output/results.csv"
for run in "$output"/*-*-*/; do
    name=$(basename "$run")
    data=${name%-*-*} rest=${name#"${name%-*-*}-"}
    awk -F, -v row="$data,${rest%-*},${rest#*-}" \
        'NR == 1 { for (i = 1; i <= NF; i++) column[$i] = i; next } { print row "," $column["epoch"] "," $column["AP"] }' \
        "$run/evaluations.csv" >>"$output/results.csv"
done
