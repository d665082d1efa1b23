#!/usr/bin/env bash
# Measures in one go what a GPU gives: images per second of training steps and detection, beside
# torchvision's RetinaNet on the same card in the same minutes, and ten epochs on blood cells on the
# GPU, in both precisions, and on the processor. Writes results.json and results.md.
#
# usage: tools/gpu-check.sh DATA OUT [OPTIONS]
#   DATA               folder of BCCD: annotations/instances_train.json, train, and the same for val
#   OUT                folder to make
#   --libtorch DIR     the libtorch with CUDA, as of fern train (default: PYTORCH_LIBRARY_PATH)
#   --device NAME      gpu (the first one) or cpu (default: gpu)
#   --rounds N         how often each measurement is made, all of them in turn (default: 3)
#   --python COMMAND   the Python with torch and torchvision (default: python3); without them, or
#                      without a Python that has them, their part is left out
#   --small            tiny networks and images and one epoch: tries the script, and measures nothing
#
# The networks are ResNet-50 with 256 channels in the pyramid, images of 512x512 in batches of 16, and
# 90 categories, in float32 and bfloat16. What a program refuses stands in the results with its reason.
# Fern's float32 convolutions may use TF32; NVIDIA_TF32_OVERRIDE=0 in the environment forbids it.
# Of Fern's training in bfloat16 and of its pinned memory, only what works without a GPU has been tried.
set -euo pipefail

home=$(cd -- "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")/.." && pwd)
if (($# < 2)) || [[ $1 == -* || $2 == -* ]]; then
    echo "usage: tools/gpu-check.sh DATA OUT [OPTIONS]" >&2
    exit 2
fi
data=$1 out=$2
shift 2
libtorch= device=gpu rounds=3 python=python3 small=no
while (($# > 0)); do
    case $1 in
        --libtorch) libtorch=${2:?} ;;
        --device) device=${2:?} ;;
        --rounds) rounds=${2:?} ;;
        --python) python=${2:?} ;;
        --small) small=yes; shift; continue ;;
        *) echo "gpu-check.sh: unknown option $1" >&2; exit 2 ;;
    esac
    shift 2
done
[[ $device == gpu || $device == cpu ]] || { echo "gpu-check.sh: --device must be gpu or cpu, not $device" >&2; exit 2; }
[[ $rounds =~ ^[1-9][0-9]?$ ]] || { echo "gpu-check.sh: --rounds must be 1 to 99, not $rounds" >&2; exit 2; }
[ -f "$data/annotations/instances_train.json" ] || { echo "gpu-check.sh: there is no annotations/instances_train.json in $data" >&2; exit 2; }
command -v python3 >/dev/null || { echo "gpu-check.sh: python3 is needed for the tables; install it" >&2; exit 2; }
mkdir "$out" || exit 2

machine=(--engine MXNet --devices cpu)
if [ "$device" = gpu ]; then
    nvidia-smi -L >&2 || { echo "gpu-check.sh: nvidia-smi lists no GPU; use --device cpu to try the script" >&2; exit 2; }
    machine=(--engine PyTorch --devices gpu:0 ${libtorch:+--libtorch "$libtorch"})
fi
width=1 size=512 batch=16 warm_up=10 repeats=20 epochs=10 bccd=()
if [ "$small" = yes ]; then
    width=0.125 size=64 batch=2 warm_up=1 repeats=1 rounds=1 epochs=1
    bccd=(--width 0.125 --set pyramidChannels=8 --set headConvolutions=1 --min-size 96 --max-size 128)
fi
network=(--backbone resnet50 --width $width --set pyramidChannels=256 --set headConvolutions=4)
contestants=(fern:frn:float32 fern:frn:bf16)
if "$python" -c 'import torch, torchvision' 2>/dev/null; then
    contestants+=(torchvision:bn:float32 torchvision:frn:float32 torchvision:bn:bf16 torchvision:frn:bf16)
else
    echo "gpu-check.sh: $python has no torch and torchvision; their part is left out" >&2
fi

# measure NAME COMMAND...: runs a command, which writes OUT/NAME.json, and watches the GPU meanwhile.
measure() {
    local name=$1 watch=
    shift
    if [ "$device" = gpu ]; then
        nvidia-smi -i 0 --query-gpu=utilization.gpu,memory.used --format=csv,noheader,nounits -lms 500 >"$out/$name.gpu" &
        watch=$!
    fi
    "$@" >"$out/$name.log" 2>&1 || rm -f "$out/$name.json"
    [ -z "$watch" ] || { kill "$watch" && wait "$watch" || true; } 2>/dev/null
    echo "$name: $(tail -n 1 "$out/$name.log")" >&2
}

for ((round = 1; round <= rounds; round++)); do
    for task in train detect; do
        for contestant in "${contestants[@]}"; do
            IFS=: read -r program norm precision <<<"$contestant"
            name=$task-$program-$norm-$precision-$round
            if [ "$program" = fern ]; then
                measure "$name" "$home/fern" benchmark "$task" "${network[@]}" "${machine[@]}" --norms "$norm" \
                    --precision "$precision" --image-size "${size}x$size" --min-size "$size" --max-size "$size" \
                    --categories 90 --batch-size "$batch" --warm-up "$warm_up" --repeats "$repeats" --json "$out/$name.json"
            else
                measure "$name" "$python" "$home/tools/gpu-check/torchvision_speed.py" "$task" "$norm" "$precision" \
                    "${device/gpu/cuda}" "$size" "$batch" "$warm_up" "$repeats" "$out/$name.json"
            fi
        done
    done
done

# learn NAME OPTIONS...: trains on blood cells, and notes how long it took.
learn() {
    local name=$1 start=$SECONDS
    measure "bccd-$1" "$home/fern" train --config "$home/configs/bccd.json" --epochs $epochs --set evaluateEvery=$epochs \
        --train-annotations "$data/annotations/instances_train.json" --train-images "$data/train" \
        --val-annotations "$data/annotations/instances_val.json" --val-images "$data/val" \
        ${bccd[@]+"${bccd[@]}"} --output "$out/bccd-$name" "${@:2}"
    echo $((SECONDS - start)) >"$out/bccd-$name.seconds"
}
if [ "$device" = gpu ]; then
    learn gpu "${machine[@]}"
    learn gpu-bf16 "${machine[@]}" --precision bf16
fi
learn cpu --devices cpu

python3 "$home/tools/gpu-check/report.py" "$out" "$device" $epochs
cat "$out/results.md"
