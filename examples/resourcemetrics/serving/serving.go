// Package serving is what servers behind the aggregator of a Kubernetes API
// server have in common: a certificate, who may ask, health, and their own
// metrics.
//
//	serving.Main("…", run)             // flags, signals, the exit status
//	o := serving.NewOptions()
//	o.AddTo(flags)
//	config, err := o.Config(serving.API{Title: "…", Scheme: scheme, Codecs: codecs, Definitions: definitions})
//	serving.Metrics(server, scraper)
package serving

import (
	"errors"
	"fmt"
	"net"

	"github.com/spf13/pflag"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	openapinamer "k8s.io/apiserver/pkg/endpoints/openapi"
	genericapiserver "k8s.io/apiserver/pkg/server"
	"k8s.io/apiserver/pkg/server/options"
	"k8s.io/apiserver/pkg/util/compatibility"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	openapi "k8s.io/kube-openapi/pkg/common"
)

// Options are the flags that such servers have in common.
type Options struct {
	Kubeconfig string
	Open       bool // nobody is asked who they are

	Secure *options.SecureServingOptionsWithLoopback
	authn  *options.DelegatingAuthenticationOptions
	authz  *options.DelegatingAuthorizationOptions
}

// NewOptions returns the defaults. The certificate is kept in memory unless a
// flag says where.
func NewOptions() *Options {
	o := &Options{
		Secure: options.NewSecureServingOptions().WithLoopback(),
		authn:  options.NewDelegatingAuthenticationOptions(),
		authz:  options.NewDelegatingAuthorizationOptions(),
	}
	o.Secure.ServerCert.CertDirectory = ""
	o.Secure.ServerCert.PairName = "server"
	return o
}

// AddTo adds the flags.
func (o *Options) AddTo(fs *pflag.FlagSet) {
	fs.StringVar(&o.Kubeconfig, "kubeconfig", o.Kubeconfig, "how to reach the API server; empty: as a pod does")
	fs.BoolVar(&o.Open, "open", o.Open, "answer whoever asks, on a loopback address alone: no authentication, no authorization")
	o.Secure.AddFlags(fs)
	o.authn.AddFlags(fs)
	o.authz.AddFlags(fs)
}

// Validate returns what is wrong with the flags.
func (o *Options) Validate() error {
	if o.Open && !o.Secure.BindAddress.IsLoopback() {
		return fmt.Errorf("--open needs --bind-address 127.0.0.1, not %s", o.Secure.BindAddress)
	}
	errs := o.Secure.Validate()
	errs = append(errs, o.authn.Validate()...)
	return errors.Join(append(errs, o.authz.Validate()...)...)
}

// Client returns how to reach the API server.
func (o *Options) Client() (*rest.Config, error) {
	if o.Kubeconfig == "" {
		return rest.InClusterConfig()
	}
	return clientcmd.BuildConfigFromFlags("", o.Kubeconfig)
}

// API is what a server serves.
type API struct {
	Title       string
	Scheme      *runtime.Scheme
	Codecs      serializer.CodecFactory
	Definitions openapi.GetOpenAPIDefinitions
}

// Config returns the configuration of a server, which listens already.
func (o *Options) Config(api API) (*genericapiserver.Config, error) {
	if err := o.Secure.MaybeDefaultWithSelfSignedCerts("localhost", nil, []net.IP{net.IPv4(127, 0, 0, 1)}); err != nil {
		return nil, err
	}
	c := genericapiserver.NewConfig(api.Codecs)
	c.EffectiveVersion = compatibility.DefaultBuildEffectiveVersion()
	names := openapinamer.NewDefinitionNamer(api.Scheme)
	c.OpenAPIConfig = genericapiserver.DefaultOpenAPIConfig(api.Definitions, names)
	c.OpenAPIV3Config = genericapiserver.DefaultOpenAPIV3Config(api.Definitions, names)
	for _, info := range []*string{&c.OpenAPIConfig.Info.Title, &c.OpenAPIV3Config.Info.Title} {
		*info = api.Title
	}
	for _, version := range []*string{&c.OpenAPIConfig.Info.Version, &c.OpenAPIV3Config.Info.Version} {
		*version = "v0"
	}
	if err := o.Secure.ApplyTo(&c.SecureServing, &c.LoopbackClientConfig); err != nil {
		return nil, err
	}
	c.EnableMetrics = false // see Metrics
	if o.Open {
		return c, nil
	}
	o.authn.RemoteKubeConfigFile, o.authz.RemoteKubeConfigFile = o.remote(o.authn.RemoteKubeConfigFile), o.remote(o.authz.RemoteKubeConfigFile)
	if err := o.authn.ApplyTo(&c.Authentication, c.SecureServing, c.OpenAPIConfig); err != nil {
		return nil, err
	}
	return c, o.authz.ApplyTo(&c.Authorization)
}

// remote returns where to ask who somebody is: where everything else is asked,
// unless a flag says otherwise.
func (o *Options) remote(file string) string {
	if file == "" {
		return o.Kubeconfig
	}
	return file
}
