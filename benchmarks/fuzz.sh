#!/bin/bash
# Runs the fuzzer (sentry/src/test/c/fuzz.c) for long, in sandboxes of a running service.
#
#   ./picket serve --listen unix:///tmp/picket.sock &
#   DOCKER_HOST=unix:///tmp/picket.sock benchmarks/fuzz.sh PLATFORM [CALLS] [SEED...]
#
# By default 1,250,000 hostile calls of each of 8 seeds: 10 million in all. A seed has passed when its last line is "done".
set -u
platform=${1:?usage: fuzz.sh PLATFORM [CALLS] [SEED...]}
calls=${2:-1250000}
shift $(($# < 2 ? $# : 2))
seeds=${*:-1 2 3 4 5 6 7 8}
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/root"
gcc -O1 -static -o "$work/root/fuzz" "$here/../sentry/src/test/c/fuzz.c" || exit 2
tar -C "$work/root" -c . | docker import - picket-fuzz > "$work/import" || exit 2
failed=0
for seed in $seeds; do
    nice docker run --rm --runtime "$platform" --memory 1g --workdir /work picket-fuzz /fuzz -h "$seed" "$calls" > "$work/out" 2> "$work/error"
    if [ "$(tail -n 1 "$work/out")" = done ]; then
        echo "seed $seed: $(tail -n 2 "$work/out" | head -n 1)"
    else
        echo "seed $seed FAILED:"
        tail -n 3 "$work/out"
        tail -n 30 "$work/error"
        failed=1
    fi
done
exit $failed
