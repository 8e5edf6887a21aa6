package serving

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/spf13/pflag"
	genericapiserver "k8s.io/apiserver/pkg/server"
	"k8s.io/klog/v2"

	"github.com/promfold/promfold/examples/internal/printable"
)

// Main runs a server until a signal ends it. The exit status is 1 if it failed.
func Main(name string, run func(ctx context.Context, args []string) error) {
	err := run(genericapiserver.SetupSignalContext(), os.Args[1:])
	klog.Flush()
	if err != nil && !errors.Is(err, pflag.ErrHelp) {
		fmt.Fprintf(printable.To(os.Stderr), "%s: %v\n", name, err)
		os.Exit(1)
	}
}
