#!/bin/sh
# Runs every fuzz target of every package on so many inputs, or for a while:
# tools/fuzz.sh 30000x. Of a time Go 1.26 sometimes makes a failure, "context
# deadline exceeded" without an input, as it ends (golang.org/issue/75804).
set -eu
cd "$(dirname "$0")/.."
fuzztime=$1

# go test -list prints the names of a package's targets and then its own line.
list=$(go test -list '^Fuzz' ./...)
targets=$(echo "$list" | awk '/^Fuzz/ {n[++k] = $1} /^ok/ {for (i = 1; i <= k; i++) print $2, n[i]; k = 0}')
if [ -z "$targets" ]; then
	echo "tools/fuzz.sh: no fuzz target found" >&2
	exit 1
fi
echo "$targets" | while read -r package target; do
	n=$fuzztime
	case $target:$n in
	FuzzProgram:*0x) n=${n%0x}x ;; # a tenth: an input is the whole life of a fleet
	esac
	echo "== $package $target $n"
	go test -run '^$' -fuzz "^$target\$" -fuzztime "$n" -fuzzminimizetime 10x "$package" </dev/null
done
