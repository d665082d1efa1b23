#!/usr/bin/env bash
# Makes the archive that the tests of dev.fern.tools.compatibility read, with Fern as it was at commit ef063e5:
#
#   git clone PROJECT old && git -C old checkout ef063e5
#   ./make.sh old
#
# Paths of the machine become @WORK@, which the tests replace by a folder of their own.
set -euo pipefail

old=$(realpath "$1")
here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
work=$(mktemp -d)
kept=$(mktemp -d)
trap 'rm -rf -- "$work" "$kept"' EXIT
export OMP_NUM_THREADS=2

fern() {
    echo "fern $*" >&2
    "$old/fern" "$@"
}

# Ends a command as Ctrl-C does, once it has logged a step.
interrupt_at() {
    local step=$1
    shift
    echo "fern $*" >&2
    # A job in the background ignores SIGINT unless told otherwise.
    env --default-signal=INT "$old/fern" "$@" --log-every=1 >/dev/null 2>"$work/log" &
    local pid=$! status=0
    until grep -qs "^step $step/" "$work/log"; do
        kill -0 $pid
        sleep 0.01
    done
    kill -INT $pid
    wait $pid || status=$?
    [ $status = 130 ]
    tail -n 2 "$work/log" >&2
}

# Copies a folder without what is large and not read again.
keep() {
    mkdir -p "$kept/$2"
    cp -R "$1/." "$kept/$2"
    find "$kept/$2" \( -name '*.png' -o -name '*.html' -o -name '*.md' -o -name 'events.out.*' \
        -o -name .lock -o -name metrics.csv -o -name evaluations.csv \) -delete
}

# --- Data: pictures for detectors. The test copies the same into folders for classifiers.
fern dataset synthesize --output "$work/shapes" --train-images 6 --val-images 1 --width 64 --height 64 \
    --seed 3 >&2
mkdir "$work/data"
mv "$work/shapes/train" "$work/data/images"
mv "$work/shapes/annotations/instances_train.json" "$work/data/annotations.json"
keep "$work/data" data
mkdir -p "$work"/classes/{first,second}
cp "$work"/data/images/00000[123].jpg "$work/classes/first"
cp "$work"/data/images/00000[456].jpg "$work/classes/second"

data=(--train-annotations="$work/data/annotations.json" --train-images="$work/data/images"
    --val-annotations="$work/data/annotations.json" --val-images="$work/data/images")
tiny=(--width=0.015625 --min-size=64 --max-size=64 --set=pyramidChannels=4 --set=headConvolutions=1
    --set=anchorScales=[1] --set=anchorSizes=[8,16,32,64,128])

# --- Model directories, and what the models find.
find_objects() {
    fern detect --model="$1" --score-threshold="$3" --json="$kept/$2" "$work/data/images" >/dev/null
}
model() {
    local name=$1 threshold=$2
    shift 2
    fern train "${data[@]}" "${tiny[@]}" --output="$work/models/$name" --warmup-steps=10 \
        --set=evaluateEvery=1000 "$@" >/dev/null
    local last=$work/models/$name/last
    rm "$last"/{optimizer.safetensors,progress.json,SHA256SUMS}
    keep "$last" "models/$name/model"
    find_objects "$last" "models/$name/found.json" "$threshold"
}
model bn-gn 0.12 --backbone=resnet18 --norm=bn --set=headNorm=gn2 --set=pyramidNorm=gn4 --epochs=60
model preactivation 0.1 --backbone=resnet18v2 --norm=frn-eps --epochs=30
model frozen-bn 0.2 --backbone=resnet50 --norm=frozen-bn --set=p6=C5 --epochs=30

# --- An interrupted training, and what it comes to; its best model is one more model directory.
interrupt_at 163 train "${data[@]}" "${tiny[@]}" --output="$work/run" --backbone=resnet18 --norm=frn \
    --steps=180 --warmup-steps=10 --seed=7 --ema-decay=0.9 --set=evaluateEvery=15 \
    --set=multiScale=[64,80] --set=brightness=0.1 --set=hue=0.1 --set=scoreThreshold=0.02 \
    --set=maxDetections=20 --keep-checkpoints=1
keep "$work/run" run
mkdir -p "$kept/models/frn"
find_objects "$work/run/best" models/frn/found.json 0.22
fern train "${data[@]}" --output="$work/run" --resume >/dev/null
mkdir "$kept/run-resumed"
cp "$work"/run/{last/parameters.safetensors,detections.json} "$kept/run-resumed"
tail -n 20 "$work/run/metrics.jsonl" >"$kept/run-resumed/metrics.jsonl"
(cd "$work/run/last" && sha256sum ./*.safetensors) >&2

# --- An interrupted pretraining, and what it comes to.
images=(--train-images="$work/classes" --val-images="$work/classes")
interrupt_at 10 pretrain "${images[@]}" --output="$work/pretraining" --backbone=resnet18 \
    --width=0.015625 --norm=brn20 --input-size=64 --batch-size=3 --epochs=12 --warmup-steps=5 --lr=0.01 \
    --keep-checkpoints=1
keep "$work/pretraining" pretraining
mkdir "$kept/pretraining-resumed"
fern pretrain "${images[@]}" --output="$work/pretraining" --resume \
    --json="$kept/pretraining-resumed/scores.json" >/dev/null
cp "$work/pretraining/metrics.jsonl" "$kept/pretraining-resumed"
(cd "$work/pretraining/last" && sha256sum ./*.safetensors) >&2

# --- A sweep, without its models.
fern sweep "${data[@]}" "${tiny[@]}" --output="$work/sweep" --norms=frn,bn --batch-sizes=2 --seeds=1 \
    --steps=6 --warmup-steps=2 --set=scoreThreshold=0 --set=maxDetections=10 --resamples=39 \
    --no-pictures >/dev/null
rm -rf "$work"/sweep/cells/*/{last,best,checkpoints}
keep "$work/sweep" sweep

# --- Recipes, and every setting that they come to.
mkdir -p "$kept/recipes" "$kept/recipes-resolved"
cp "$old"/configs/*.json "$kept/recipes"
cat >"$work/Resolve.java" <<'JAVA'
import com.google.gson.JsonParser;
import dev.fern.detection.train.TrainingConfiguration;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

class Resolve {
    public static void main(String[] folders) throws Exception {
        try (var recipes = Files.list(Path.of(folders[0]))) {
            for (Path recipe : recipes.toList()) {
                var settings = JsonParser.parseString(Files.readString(recipe)).getAsJsonObject();
                Files.writeString(
                        Path.of(folders[1]).resolve(recipe.getFileName()),
                        TrainingConfiguration.of(List.of(settings)).toJson());
            }
        }
    }
}
JAVA
java -cp "$old/tools/target/*:$old/tools/target/lib/*" "$work/Resolve.java" "$kept/recipes" \
    "$kept/recipes-resolved"

# --- The archive.
find "$kept" -type f \( -name '*.json' -o -name '*.csv' -o -name '*.txt' -o -name '*.jsonl' \) \
    -exec sed -i "s|$work|@WORK@|g" {} +
rm -f "$here/ef063e5.zip"
(cd "$kept" && find . -type f | LC_ALL=C sort | sed 's|^\./||' >"$work/files" &&
    jar --create --no-manifest --date=2026-11-26T00:00:00Z --file "$here/ef063e5.zip" "@$work/files")
ls -l "$here/ef063e5.zip" >&2
