package keda

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"

	pb "github.com/kedacore/keda/v2/pkg/scalers/externalscaler"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
)

// Listen says where KEDA reaches a scaler.
type Listen struct {
	Address   string
	Cert, Key string // files in PEM
}

// Validate reports an address that others reach, without a certificate.
func (l Listen) Validate() error {
	if (l.Cert == "") != (l.Key == "") {
		return errors.New("a certificate and its key belong together")
	}
	host, _, err := net.SplitHostPort(l.Address)
	if err != nil {
		return err
	}
	ip, notIP := netip.ParseAddr(host)
	if l.Cert == "" && host != "localhost" && (notIP != nil || !ip.IsLoopback()) {
		return fmt.Errorf("%s is not a loopback address, so it needs a certificate", l.Address)
	}
	return nil
}

// Serve answers KEDA until ctx ends.
func (s *Scaler) Serve(ctx context.Context, l Listen) error {
	var settings []grpc.ServerOption
	if l.Cert != "" {
		tls, err := credentials.NewServerTLSFromFile(l.Cert, l.Key)
		if err != nil {
			return err
		}
		settings = append(settings, grpc.Creds(tls))
	}
	listener, err := net.Listen("tcp", l.Address)
	if err != nil {
		return err
	}
	server := grpc.NewServer(settings...)
	pb.RegisterExternalScalerServer(server, s)
	stop := context.AfterFunc(ctx, server.Stop)
	defer stop()
	return server.Serve(listener)
}
