#!/usr/bin/env bash
# Times the sum of gradients over two workers in network namespaces of their own, between which packets
# are delayed and lost. The line between them is a program, since a kernel need not have netem; packets
# have 1500 bytes as on Ethernet. Needs Linux, root, iproute2 and a build ('./fern --version').
#
# usage: tools/network.sh [MIB [REPEATS]]     with Reno the last line takes minutes
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."

mib=${1:-20} repeats=${2:-5}
java=${JAVA_HOME:+$JAVA_HOME/bin/}java
lib=$PWD/distribution/target/fern/lib
[ -d "$lib" ] || { echo "network.sh: build first: ./fern --version" >&2; exit 2; }
work=$(mktemp -d)
name=fern$$
pids=()
end() {
    ((${#pids[@]} == 0)) || { kill "${pids[@]}" 2>/dev/null; wait "${pids[@]}" 2>/dev/null; } || true
    for side in a b; do ip netns del "$name$side" 2>/dev/null || true; done
}
trap 'end; rm -rf "$work"' EXIT
"${java}c" -d "$work" -cp "$lib/*" tools/network/NetworkTrial.java
trial=("$java" -cp "$work:$lib/*" NetworkTrial)

# usage: measure CONTROL DELAY_IN_MILLISECONDS LOSS_IN_PERCENT
measure() {
    local side folder=$work/$1-$2-$3 addresses=(10.77.0.1 10.77.0.2) number=0
    mkdir "$folder"
    head -c 32 /dev/urandom >"$folder/secret"
    "${trial[@]}" line "${name}a" "${name}b" "$2" "$3" >"$folder/line" 2>&1 & pids=($!)
    until grep -qs ready "$folder/line"; do
        kill -0 "${pids[0]}" 2>/dev/null || { cat "$folder/line" >&2; exit 1; }
        sleep 0.1
    done
    for side in a b; do
        ip netns add "$name$side"
        ip netns exec "$name$side" sysctl -qw "net.ipv4.tcp_congestion_control=$1"
        ip link set "$name$side" netns "$name$side"
        ip -n "$name$side" addr add "${addresses[number]}" peer "${addresses[1 - number]}" dev "$name$side"
        ip -n "$name$side" link set "$name$side" mtu 1500 txqueuelen 10000 up
        number=$((number + 1))
    done
    ip netns exec "${name}b" "${trial[@]}" worker 1 "$folder" "$mib" "$repeats" "${addresses[@]}" & pids+=($!)
    printf '%-5s %4s ms each way, %3s %% lost: ' "$1" "$2" "$3"
    ip netns exec "${name}a" "${trial[@]}" worker 0 "$folder" "$mib" "$repeats" "${addresses[@]}"
    end
}

grep -m1 '^model name' /proc/cpuinfo
echo "sum of $mib MiB over 2 workers: median of $repeats (smallest to largest)"
# A namespace may take the system's own way to control congestion, and Reno's.
own=$(cat /proc/sys/net/ipv4/tcp_congestion_control)
for control in "$own" reno; do
    for case in "0 0" "1 0" "10 0" "1 0.1" "1 1" "10 1"; do
        # shellcheck disable=SC2086 # two arguments
        measure "$control" $case
    done
done
