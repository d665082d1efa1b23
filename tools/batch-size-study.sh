#!/usr/bin/env bash
# Trains the cells of the batch size study (docs/results/batch-size-study.md): every normaliser at its
# own best learning rate. Every part goes on where it was stopped, and cells that are done are not
# trained again; report.html, report.md and results.json in OUTPUT tell what there is.
#
# usage: tools/batch-size-study.sh PART DATA OUTPUT [OPTION...]
#   PART    main     FRN, batch norm and group norm on BCCD
#           more     the same with FRN + ReLU and batch norm + TLU
#           shapes   FRN, batch norm and group norm on synthetic shapes, which DATA receives
#   DATA    folder with annotations/instances_train.json, train, and the same for val
#   OUTPUT  folder of the sweep, the same for main and more
#   OPTION  of fern sweep, such as --report-only
#
# Each training runs on one thread, as many at a time as there are cores.
set -euo pipefail

home=$(cd -- "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")/.." && pwd)
[ "$home" != "$PWD" ] || home=. # the report has the command, and others have other folders
if (($# < 3)); then
    echo "usage: tools/batch-size-study.sh main|more|shapes DATA OUTPUT [OPTION...]" >&2
    exit 2
fi
part=$1 data=$2 output=$3
shift 3
sizes=1,2,4,8 config=bccd
case $part in
    main) norms=frn,bn,gn8 ;;
    more) norms=frn,bn,gn8,frn-relu,bn-tlu ;;
    shapes)
        norms=frn,bn,gn8 sizes=1,8 config=shapes
        [ -d "$data" ] || "$home/fern" dataset synthesize --output "$data" --train-images 1000 --val-images 200 >/dev/null
        ;;
    *)
        echo "tools/batch-size-study.sh: there is no part $part: use main, more or shapes" >&2
        exit 2
        ;;
esac
exec "$home/fern" sweep --norms $norms --batch-sizes $sizes --seeds 1,2,3 --rates 0.5,1,2 --tune-fraction 0.4 \
    --train-annotations "$data/annotations/instances_train.json" --train-images "$data/train" \
    --val-annotations "$data/annotations/instances_val.json" --val-images "$data/val" \
    --config "$home/configs/batch-size-study/$config.json" --processes "$(getconf _NPROCESSORS_ONLN)" \
    --output "$output" --no-pictures "$@"
