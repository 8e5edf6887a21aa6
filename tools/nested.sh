#!/bin/sh
# Vets and tests every nested module: ./... of the root does not reach them.
# Left out is examples/collector, as a whole Collector takes twelve minutes of
# processor time to build; make e2e-tiers vets and tests it. Its components are
# tested in aggregate/otelcol.
set -eu
cd "$(dirname "$0")/.."
for mod in $(find . -mindepth 2 -name go.mod -not -path '*/testdata/*' | sort); do
	dir=$(dirname "$mod")
	if [ -z "$(find "$dir" -name '*.go' | head -n 1)" ]; then
		continue # tools: nothing but its go.mod
	fi
	[ "$dir" = ./examples/collector ] && continue
	echo "== $dir"
	(cd "$dir" && go vet ./... && go test ./...)
done
