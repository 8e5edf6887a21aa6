#!/usr/bin/env bash
# Runs the servers of resourcemetrics and autoscale behind a real control plane:
# etcd, kube-apiserver, kube-scheduler, kube-controller-manager, kubelets without
# containers, and the real metrics-server beside them, all on 127.0.0.1.
# usage: run.sh WORKDIR [flags of the program beside this script]
#
# They are built from Go modules into WORKDIR, once: half an hour of two cores. How
# is in ../shared/testbed, the folder beside the checkout, whose scripts this one
# uses. It ends only processes that it started.
set -euo pipefail
WD=$(mkdir -p "${1:?usage: run.sh WORKDIR}" && cd "$1" && pwd)
shift
cd "$(dirname "$0")/../../.."
TESTBED=$PWD/../shared/testbed
[ -d "$TESTBED" ] || { echo "e2e-metrics needs ../shared/testbed beside the checkout" >&2; exit 1; }
export BASE_PORT=${BASE_PORT:-27300} ETCD_MEMBERS=1
. "$TESTBED/lib.sh"

export GOFLAGS=-buildvcs=false
[ -x "$BIN/hatool" ] || JOBS=1 bash "$TESTBED/build.sh" "$WD"
if [ ! -x "$BIN/hollow" ]; then
	# Its source stands in a document, indented. The loads of its containers shall
	# differ little: what an autoscaler does is then due to what is missing.
	mkdir -p "$WD/build/hollow"
	sed -n '/^## Source of hollow/,$p' "$TESTBED/METRICS-API.md" | sed -n 's/^    //p' |
		sed 's/millis: 5 + float64(x%196), amp: 0.3/millis: 100 + float64(x%20), amp: 0.1/' >"$WD/build/hollow/main.go"
	grep -q 'amp: 0.1' "$WD/build/hollow/main.go"
	(cd "$WD/build" && CGO_ENABLED=0 go build -mod=mod -p 1 -trimpath -o "$BIN/hollow" ./hollow)
fi
if [ ! -x "$BIN/metrics-server" ]; then # of the modules of resourcemetrics, whose tests compile most of it already
	cp examples/resourcemetrics/go.mod "$WD/metrics-server.mod" && cp examples/resourcemetrics/go.sum "$WD/metrics-server.sum"
	go -C examples/resourcemetrics build -p 1 -modfile "$WD/metrics-server.mod" -mod=mod -o "$BIN/metrics-server" sigs.k8s.io/metrics-server/cmd/metrics-server
fi
go -C examples/resourcemetrics build -p 1 -o "$BIN/resourcemetrics" ./server
go -C examples/autoscale build -p 1 -o "$BIN/autoscale" ./server
go -C examples/autoscale build -p 1 -o "$BIN/e2e" ./e2e

trap stop_all EXIT
stop_all
rm -rf "$RUN" && mkdir -p "$RUN/sd"
"$BIN/hatool" certs --dir "$CRT" --token "$TOKEN"
key="-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes"
# shellcheck disable=SC2086 # $key is several words
(
	cd "$CRT"
	openssl req -x509 $key -days 365 -keyout proxy-ca.key -out proxy-ca.crt -subj /CN=proxy-ca
	openssl req $key -keyout proxy.key -out proxy.csr -subj /CN=front-proxy-client
	openssl x509 -req -in proxy.csr -CA proxy-ca.crt -CAkey proxy-ca.key -CAcreateserial -days 365 -out proxy.crt -extfile <(echo extendedKeyUsage=clientAuth)
) 2>"$RUN/openssl.log"
audit_policy
start_etcd
start_apiserver a --requestheader-client-ca-file="$CRT/proxy-ca.crt" --requestheader-allowed-names=front-proxy-client \
	--requestheader-username-headers=X-Remote-User --requestheader-group-headers=X-Remote-Group \
	--requestheader-extra-headers-prefix=X-Remote-Extra- \
	--proxy-client-cert-file="$CRT/proxy.crt" --proxy-client-key-file="$CRT/proxy.key"
wait_apiserver a
K=$RUN/kubeconfig
"$BIN/hatool" kubeconfig --server "$(api_url a)" --token "$TOKEN" --out "$K"

start kcm "$BIN/kube-controller-manager" --kubeconfig="$K" --leader-elect=false --bind-address=127.0.0.1 --secure-port=$((BASE_PORT + 30)) \
	--cert-dir="$RUN/kcm" --use-service-account-credentials=false \
	--controllers=deployment-controller,replicaset-controller,horizontal-pod-autoscaler-controller,garbage-collector-controller \
	--horizontal-pod-autoscaler-sync-period=5s --horizontal-pod-autoscaler-tolerance=0.2 \
	--horizontal-pod-autoscaler-initial-readiness-delay=10s --horizontal-pod-autoscaler-cpu-initialization-period=10s
start scheduler "$BIN/kube-scheduler" --kubeconfig="$K" --leader-elect=false --bind-address=127.0.0.1 --secure-port=$((BASE_PORT + 40)) --cert-dir="$RUN/scheduler"
for i in 1 2 3; do
	start "kubelet-$i" "$BIN/hollow" --name "127.0.0.1$i" --address "127.0.0.1$i" --kubeconfig "$K" --dir "$RUN/kubelets"
done
start resourcemetrics "$BIN/resourcemetrics" --kubeconfig "$K" --bind-address 127.0.0.1 --secure-port $((BASE_PORT + 50)) \
	--kubelet-insecure-tls --resolution 10s
start metrics-server "$BIN/metrics-server" --kubeconfig="$K" --authentication-kubeconfig="$K" --authorization-kubeconfig="$K" \
	--bind-address=127.0.0.1 --secure-port=$((BASE_PORT + 51)) --cert-dir="$RUN/metrics-server" --kubelet-use-node-status-port \
	--kubelet-preferred-address-types=InternalIP --metric-resolution=10s --kubelet-request-timeout=8s --kubelet-insecure-tls
cat >"$RUN/metrics.yaml" <<END
interval: 500ms
files: [$RUN/sd/*.json]
metrics:
  - {name: requests, select: http_requests_total, scaleBy: rate, window: 5s, object: {kind: Pod, namespaceLabel: namespace, nameLabel: pod}}
  - {name: queue, select: queue_length, scaleBy: largest, window: 3s, target: 10, activation: 5}
END
start autoscale "$BIN/autoscale" --config "$RUN/metrics.yaml" --kubeconfig "$K" --bind-address 127.0.0.1 --secure-port $((BASE_PORT + 52)) \
	--grpc 127.0.0.1:$((BASE_PORT + 53))
KUBECONFIG=$K "$BIN/e2e" -run "$RUN" -token "$TOKEN" -port "$BASE_PORT" "$@"
