package docs

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// terms say how a command of a document is run where it is not run as it stands.
type terms struct {
	as    string // what is run in its place; empty: the command itself
	until string // it would go on: it is stopped when it printed this
	exit  int
	needs string // a file or directory, without which it is skipped
	why   string // why it is not run, or not as it stands
}

const (
	corpus  = "../shared/corpus"
	ci      = "a part of make verify, or that itself, which every change passes"
	e2e     = "an end-to-end test, which takes minutes and is named as one"
	cluster = "it needs a cluster; its tests run the server without one"
)

// run reports whether the command is run at all.
func (c terms) run() bool { return c.why == "" || c.as != "" }

// exceptions is how commands are run that are not run as they stand. $A, $B, $C
// and $LB are instances that the test serves, TOKEN and CA files for them.
var exceptions = map[string]terms{
	"go test ./...":                       {why: ci},
	"go get github.com/promfold/promfold": {why: "it changes go.mod of a program of yours; the checkout is that module itself"},
	"make verify":                         {why: ci},
	"make test":                           {why: ci},
	"make race":                           {why: ci},
	"make lint":                           {why: ci},
	"make nested":                         {why: ci},
	"make cross":                          {why: ci},
	"make fuzz FUZZTIME=1m":               {why: "a soak; make verify does the same with 30,000 inputs"},
	"make docs":                           {why: "it runs this test"},
	"make bench":                          {why: "a soak: all benchmarks; those below are run once"},
	"make e2e-sidecar":                    {why: e2e},
	"make e2e-tiers":                      {why: e2e},
	"make e2e-metrics":                    {why: e2e},
	"go -C bench run ./scale":             {why: "a soak of some 10 GB; a smaller run is run"},
	"go test ./internal/truth -run TestTruth -update": {
		as: "go test ./internal/truth -run TestTruth -short", why: "the whole takes minutes, and make verify has it without -update",
	},
	"go run ./examples/fleet URL URL URL": {
		as: "go run ./examples/fleet -token-file TOKEN -ca CA -rounds 2 -interval 100ms -timeout 10s -counter apiserver_request_total $A $B $C",
	},
	"go run ./examples/balancer -token-file TOKEN -ca ca.crt -expect 3 https://ADDRESS:6443/metrics": {
		as: "go run ./examples/balancer -token-file TOKEN -ca CA -expect 3 -rounds 6 -interval 100ms -timeout 10s $LB",
	},
	"go -C examples/resourcemetrics run ./server --kubeconfig FILE --secure-port 10260 --kubelet-insecure-tls":                                 {why: cluster},
	"go -C examples/resourcemetrics run ./server --kubeconfig FILE --secure-port 10260 --kubelet-insecure-tls --open --bind-address 127.0.0.1": {why: cluster},
	"go -C examples/autoscale run . -config metrics.yaml -grpc 127.0.0.1:6000":                                                                 {why: "its targets are instances of yours; its tests scrape some and ask as KEDA does"},
	"go -C examples/autoscale run ./server --config metrics.yaml --kubeconfig FILE --secure-port 10261":                                        {why: cluster},
	"go -C examples/autoscale run ./server --config metrics.yaml --open --bind-address 127.0.0.1 --secure-port 10261":                          {why: "a server of minutes to build; its tests ask it as autoscalers do"},
	"go run ./examples/controlplane": {until: "http://127.0.0.1:8090/"},
	"go run ./examples/controlplane -token-file TOKEN -ca CA -etcd http://E1:2381,http://E2:2381,http://E3:2381 -controllers https://M:10257,https://M:10259 https://A:6443/metrics https://B:6443/metrics https://C:6443/metrics": {
		as: "go run ./examples/controlplane -text -rounds 2 -interval 100ms -timeout 10s -token-file TOKEN -ca CA -etcd $A/1,$B/1 -controllers $A/2,$B/3 $A $B $C",
	},
	"go run ./examples/controlplane -balanced -expected 3 -token-file TOKEN https://CLUSTER/metrics https://CLUSTER/apis/metrics.eks.amazonaws.com/v1/{kcm,ksh,etcd}/container/metrics": {
		as: "go run ./examples/controlplane -text -rounds 6 -interval 100ms -timeout 10s -balanced -expected 3 -token-file TOKEN -ca CA $LB $A/apis/metrics.eks.amazonaws.com/v1/kcm/container/metrics",
	},
	"go run ./examples/controlplane/trim -corpus DIR": {as: "go run ./examples/controlplane/trim -corpus ../shared/corpus", needs: corpus},
	"kubectl get nodes -o json > nodes.json":          {as: "gzip -dc examples/kubelets/recording/api-nodes-000.json.gz > nodes.json"},
	"go run ./examples/kubelets -nodes nodes.json":    {}, // of the line above
	"kubectl top": {why: "a name in a sentence: it asks a cluster, as the end-to-end test does"},
	"go -C examples/collector run . --config demo.yaml": {until: "demo_requests_total"},
	"go run ./examples/shards -telemetry http://A:8081/metrics,http://B:8081/metrics http://A:8080/metrics http://B:8080/metrics": {
		as: "go run ./examples/shards -token-file TOKEN -ca CA -rounds 2 -interval 100ms -timeout 10s -telemetry $A/t,$B/t $A $B",
	},
	"go -C examples/rulecheck run . testdata/rules.yaml": {exit: 1}, // a file of wrong expressions

	"make -s bench BENCH=Read COUNT=10 > old.txt":    {as: "go test -run '^$' -bench Read/ -benchtime 1x -count 6 ./internal/lines > old.txt"},
	"make -s bench BENCH=Read COUNT=10 > new.txt":    {as: "go test -run '^$' -bench Read/ -benchtime 1x -count 6 ./internal/lines > new.txt"},
	"go -C bench run ./answers -o DIR":               {as: `go -C bench run ./answers -only controlplane -o "$DIR"`, needs: corpus},
	"go -C bench run ./truth":                        {as: "go -C bench run ./truth -fleets 10"},
	"go -C bench run ./truth -fleets 10000 -details": {as: "go -C bench run ./truth -fleets 10 -details"},
	"go -C bench run ./joins":                        {as: "go -C bench run ./joins -fleets 26"},
	"go -C bench run ./joins -cost":                  {as: "go -C bench run ./joins -cost -instances 10 -groups 10"},
	"go -C bench run ./joins -cost -instances 10000": {as: "go -C bench run ./joins -cost -instances 20 -groups 10", why: "the whole takes 20 GB"},
	"go -C bench run ./joins -mode vague -seed 500":  {as: "go -C bench run ./joins -mode vague -seed 500 -fleets 20"},
	"go -C bench run ./rates":                        {needs: corpus},
	"go -C bench run ./leaders":                      {needs: corpus},
	"go -C bench run ./figures":                      {as: "go -C bench run ./figures -quick -only protobuf"},
	"go -C bench run ./faults":                       {as: "go -C bench run ./faults -only gzip-cut"},
	"go -C bench run ./faults -markdown":             {as: "go -C bench run ./faults -only gzip-cut -markdown"},
	"go -C bench run ./otelcol":                      {as: "go -C bench run ./otelcol -only direct"},
	"go -C bench run ./soak":                         {as: "go -C bench run ./soak -hours 1 -instances 20"},
	"go -C bench run -race ./soak -hours 1":          {as: "go -C bench run -race ./soak -hours 1 -instances 10 -interval 60s"},
	"make soak":                                      {why: "a soak; the smaller run of its command is run"},
}

var (
	isCommand = regexp.MustCompile(`^(go (-C|build|doc|get|run|test|tool|vet) ?\S|make |kubectl |npm )\S*.*`)
	remark    = regexp.MustCompile(`\s+#.*$`)
)

// commands returns the commands of a document, those in blocks and those in the
// text, as written but for remarks and breaks of lines.
func (d *document) commands(t *testing.T) (list []string) {
	for _, b := range d.blocks {
		if b.lang != "sh" && (b.lang != "" || !isCommand.MatchString(b.text)) {
			continue
		}
		for line := range strings.Lines(strings.ReplaceAll(b.text, "\\\n", " ")) {
			line = strings.TrimSpace(spaces.ReplaceAllString(remark.ReplaceAllString(strings.TrimSpace(line), ""), " "))
			if line != "" && assert.True(t, isCommand.MatchString(line), "%s: %q is no command that is known", d.path, line) {
				list = append(list, line)
			}
		}
	}
	for _, s := range d.spans {
		if isCommand.MatchString(s) {
			list = append(list, s)
		}
	}
	return list
}

// outputs returns the blocks that show what a command prints.
func (d *document) outputs() (list []string) {
	for _, b := range d.blocks {
		if b.lang == "" && !isCommand.MatchString(b.text) {
			list = append(list, b.text)
		}
	}
	return list
}

var (
	makeTarget = regexp.MustCompile(`(?m)^([a-z0-9-]+):`)
	ofPackage  = regexp.MustCompile(`^go (?:-C (\S+) )?(?:run|test|vet|doc) (\./\S+|\.)(?: |$)`)
)

// TestCommandsAreThere: the packages and targets that the commands of the
// documents name exist, and no exception outlives its command.
func TestCommandsAreThere(t *testing.T) {
	text, err := os.ReadFile("../Makefile")
	require.NoError(t, err)
	var targets []string
	for _, m := range makeTarget.FindAllStringSubmatch(string(text), -1) {
		targets = append(targets, m[1])
	}
	seen := map[string]bool{}
	for _, d := range documents(t) {
		for _, c := range d.commands(t) {
			seen[c] = true
			if m := ofPackage.FindStringSubmatch(c); m != nil && !strings.HasSuffix(m[2], "...") {
				assert.DirExists(t, filepath.Join("..", m[1], m[2]), "%s: %s", d.path, c)
			}
			if words := strings.Fields(c); words[0] == "make" {
				at := slices.IndexFunc(words[1:], func(w string) bool { return !strings.HasPrefix(w, "-") })
				assert.Contains(t, targets, words[1+at], "%s: %s", d.path, c)
			}
		}
	}
	for c := range exceptions {
		assert.True(t, seen[c], "%q is an exception, and stands in no document", c)
	}
	assert.Greater(t, len(seen), 30, "commands were found at all")
}
