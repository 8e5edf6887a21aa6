package main

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	genericapiserver "k8s.io/apiserver/pkg/server"
	"k8s.io/apiserver/pkg/server/healthz"
	"k8s.io/client-go/kubernetes"
	listers "k8s.io/client-go/listers/core/v1"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/cache"
	"k8s.io/klog/v2"
	"sigs.k8s.io/metrics-server/pkg/api"
	"sigs.k8s.io/metrics-server/pkg/api/generated/openapi"

	"github.com/promfold/promfold/aggregate/scrape"
	"github.com/promfold/promfold/examples/resourcemetrics/internal/usage"
	"github.com/promfold/promfold/examples/resourcemetrics/serving"
)

// server is the program while it runs.
type server struct {
	*genericapiserver.GenericAPIServer
	cluster     *usage.Cluster
	pods, nodes cache.SharedIndexInformer
	scraper     *scrape.Scraper
}

func newServer(o *options) (*server, error) {
	kube, err := o.Client()
	if err != nil {
		return nil, err
	}
	client, err := kubernetes.NewForConfig(kube)
	if err != nil {
		return nil, err
	}
	return newServerFor(o, kube, client)
}

func newServerFor(o *options, kube *rest.Config, kubernetes kubernetes.Interface) (*server, error) {
	s := &server{cluster: &usage.Cluster{Resolution: o.resolution}, nodes: watchNodes(kubernetes)}
	var err error
	if s.pods, err = watchPods(kubernetes); err != nil {
		return nil, err
	}
	nodes := listers.NewNodeLister(s.nodes.GetIndexer())
	pods := cache.NewGenericLister(s.pods.GetIndexer(), corev1.Resource("pods"))
	k := &kubelets{cluster: s.cluster, nodes: nodes, scheme: "https", interval: o.resolution}
	if o.plain {
		k.scheme = "http"
	}
	for _, kind := range o.addresses {
		k.address = append(k.address, corev1.NodeAddressType(kind))
	}
	if s.scraper, err = k.scraper(min(o.timeout, o.resolution), client(kube, o.kubeletCA, o.insecure)); err != nil {
		return nil, err
	}
	config, err := o.Config(serving.API{
		Title: "promfold resourcemetrics", Scheme: api.Scheme, Codecs: api.Codecs, Definitions: openapi.GetOpenAPIDefinitions,
	})
	if err != nil {
		return nil, err
	}
	if s.GenericAPIServer, err = config.Complete(nil).New("resourcemetrics", genericapiserver.NewEmptyDelegate()); err != nil {
		return nil, err
	}
	a := &answers{cluster: s.cluster, serve: o.incomplete == "serve", now: time.Now}
	if err := api.Install(a, pods, nodes, s.GenericAPIServer, nil); err != nil {
		return nil, err
	}
	serving.Metrics(s.GenericAPIServer, s.scraper)
	s.Handler.NonGoRestfulMux.HandleFunc("/incomplete", s.incomplete)
	return s, s.AddReadyzChecks(healthz.NamedCheck("numbers", s.ready))
}

// ready reports whether a node has numbers.
func (s *server) ready(*http.Request) error {
	for _, name := range s.cluster.Nodes() {
		if _, err := s.cluster.Node(name); err == nil {
			return nil
		}
	}
	return errors.New("no node has numbers yet")
}

// incomplete answers with the nodes and pods that have no numbers, and why.
func (s *server) incomplete(w http.ResponseWriter, _ *http.Request) {
	type unknown struct{ Node, Namespace, Pod, Why string }
	list := []unknown{}
	for _, name := range s.cluster.Nodes() {
		if _, err := s.cluster.Node(name); err != nil {
			list = append(list, unknown{Node: name, Why: err.Error()})
		}
	}
	for _, object := range s.pods.GetStore().List() {
		p := object.(*metav1.PartialObjectMetadata)
		u, err := s.cluster.Pod(usage.Name{Namespace: p.Namespace, Pod: p.Name}, expected(p))
		why := u.Whys()
		if err != nil {
			why = err.Error()
		}
		if why != "" {
			list = append(list, unknown{Namespace: p.Namespace, Pod: p.Name, Why: why})
		}
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(list) // whoever asked went away
}

// run serves and scrapes until ctx ends.
func (s *server) run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go s.nodes.RunWithContext(ctx)
	go s.pods.RunWithContext(ctx)
	if !cache.WaitForCacheSync(ctx.Done(), s.nodes.HasSynced, s.pods.HasSynced) {
		return nil
	}
	go func() {
		if err := s.scraper.Once(ctx); err != nil { // at once, and then each kubelet at its own moment
			klog.ErrorS(err, "Failed to scrape all kubelets")
		}
		_ = s.scraper.Run(ctx) // it ends with ctx
	}()
	return s.PrepareRun().RunWithContext(ctx)
}
