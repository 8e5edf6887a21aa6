package main

import (
	"context"
	"fmt"
	"net"
	"strconv"
	"time"

	"github.com/prometheus/common/config"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"
	listers "k8s.io/client-go/listers/core/v1"
	"k8s.io/client-go/rest"
	"k8s.io/klog/v2"

	"github.com/promfold/promfold/aggregate"
	"github.com/promfold/promfold/aggregate/scrape"
	"github.com/promfold/promfold/examples/resourcemetrics/internal/usage"
	"github.com/promfold/promfold/parse"
)

// pathAnnotation is where a node says that its numbers are elsewhere.
const pathAnnotation = "metrics.k8s.io/resource-metrics-path"

// kubelets scrapes the kubelets of all nodes.
type kubelets struct {
	cluster  *usage.Cluster
	nodes    listers.NodeLister
	address  []corev1.NodeAddressType // the first that a node has
	scheme   string
	interval time.Duration
	known    map[string]bool
}

// scraper returns what scrapes them.
func (k *kubelets) scraper(timeout time.Duration, client config.HTTPClientConfig) (*scrape.Scraper, error) {
	return scrape.New(nil, scrape.Config{
		Interval: k.interval, Timeout: timeout, Accept: parse.AcceptText, HTTP: client,
		OnScrape: func(t scrape.Target, s *aggregate.Scrape) error {
			return k.cluster.Read(t.Name, s.Time, s.Header, s.Body)
		},
		OnError: func(t scrape.Target, err error) {
			klog.ErrorS(err, "Failed to scrape", "node", t.Name)
			k.cluster.Failed(t.Name)
		},
	}, k.source)
}

// source says every interval which kubelets there are.
func (k *kubelets) source(ctx context.Context, set func([]scrape.Target)) error {
	for {
		targets, err := k.targets()
		if err != nil {
			return err
		}
		set(targets)
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(k.interval):
		}
	}
}

func (k *kubelets) targets() ([]scrape.Target, error) {
	nodes, err := k.nodes.List(labels.Everything())
	if err != nil {
		return nil, err
	}
	var list []scrape.Target
	there := map[string]bool{}
	for _, n := range nodes {
		there[n.Name] = true
		url, err := k.url(n)
		if err != nil {
			klog.ErrorS(err, "No address", "node", n.Name)
			k.cluster.Failed(n.Name)
			continue
		}
		list = append(list, scrape.Target{Target: aggregate.Target{Name: n.Name}, URL: url})
	}
	for name := range k.known {
		if !there[name] {
			k.cluster.Forget(name)
		}
	}
	k.known = there
	return list, nil
}

// url returns where a node's kubelet answers.
func (k *kubelets) url(n *corev1.Node) (string, error) {
	path := n.Annotations[pathAnnotation]
	if path == "" {
		path = "/metrics/resource"
	}
	port := n.Status.DaemonEndpoints.KubeletEndpoint.Port
	if port == 0 {
		port = 10250
	}
	for _, kind := range k.address {
		for _, a := range n.Status.Addresses {
			if a.Type == kind {
				return fmt.Sprintf("%s://%s%s", k.scheme, net.JoinHostPort(a.Address, strconv.Itoa(int(port))), path), nil
			}
		}
	}
	return "", fmt.Errorf("it has no address of the types %v", k.address)
}

// client returns the settings of the client for kubelets: the credentials are
// those for the API server, and are not sent to where a kubelet redirects.
func client(c *rest.Config, caFile string, insecure bool) config.HTTPClientConfig {
	h := config.DefaultHTTPClientConfig
	h.FollowRedirects = false
	h.TLSConfig = config.TLSConfig{
		CA: string(c.CAData), CAFile: c.CAFile,
		Cert: string(c.CertData), CertFile: c.CertFile, Key: config.Secret(c.KeyData), KeyFile: c.KeyFile,
		InsecureSkipVerify: insecure,
	}
	if caFile != "" {
		h.TLSConfig.CA, h.TLSConfig.CAFile = "", caFile
	}
	if c.BearerToken != "" || c.BearerTokenFile != "" {
		h.Authorization = &config.Authorization{Type: "Bearer", Credentials: config.Secret(c.BearerToken), CredentialsFile: c.BearerTokenFile}
		if c.BearerTokenFile != "" {
			h.Authorization.Credentials = "" // the file is read again when it changes
		}
	}
	return h
}
