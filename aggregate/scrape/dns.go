package scrape

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
)

const (
	dnsName       = model.MetaLabelPrefix + "dns_name"
	dnsTarget     = model.MetaLabelPrefix + "dns_srv_record_target"
	dnsPort       = model.MetaLabelPrefix + "dns_srv_record_port"
	defaultLookup = 30 * time.Second
)

// resolver is what [DNS] needs of a net.Resolver.
type resolver interface {
	LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error)
	LookupSRV(ctx context.Context, service, proto, name string) (string, []*net.SRV, error)
}

// DNS returns a source of the addresses of a URL's host, resolved every so
// often, by default every 30 s. A host such as _metrics._tcp.example.org is an
// SRV name, whose records say host and port; any other has A and AAAA records,
// and its name stays in the Host header and is expected in the certificate. A
// name that does not exist has no targets; while a lookup fails otherwise, the
// targets stay. A nil resolver is net.DefaultResolver.
func DNS(rawURL string, every time.Duration, r interface {
	LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error)
	LookupSRV(ctx context.Context, service, proto, name string) (string, []*net.SRV, error)
}) Source {
	if every <= 0 {
		every = defaultLookup
	}
	if r == nil {
		r = net.DefaultResolver
	}
	return func(ctx context.Context, set func([]Target)) error {
		u, err := parseURL(rawURL)
		if err == nil && u.Host == "" {
			err = errors.New("no host to look up")
		}
		if err != nil {
			return err
		}
		ticker := time.NewTicker(every)
		defer ticker.Stop()
		for {
			targets, err := lookUp(ctx, r, u, every)
			if err != nil {
				return err
			}
			set(targets)
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-ticker.C:
			}
		}
	}
}

// lookUp resolves the host of u once.
func lookUp(ctx context.Context, r resolver, u *url.URL, timeout time.Duration) (targets []Target, err error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	if strings.HasPrefix(u.Hostname(), "_") {
		targets, err = lookUpService(ctx, r, u)
	} else {
		targets, err = lookUpAddresses(ctx, r, u)
	}
	var gone *net.DNSError
	if errors.As(err, &gone) && gone.IsNotFound {
		return nil, nil
	}
	slices.SortFunc(targets, func(a, b Target) int { return strings.Compare(a.URL, b.URL) })
	return targets, err
}

func lookUpService(ctx context.Context, r resolver, u *url.URL) (targets []Target, err error) {
	_, records, err := r.LookupSRV(ctx, "", "", u.Hostname())
	if len(records) == 0 {
		return nil, err
	}
	for _, s := range records {
		at, port := *u, strconv.Itoa(int(s.Port))
		at.Host = net.JoinHostPort(strings.TrimSuffix(s.Target, "."), port)
		t := Target{URL: at.String()}
		t.Labels = labels.FromStrings(dnsName, u.Hostname(), dnsTarget, s.Target, dnsPort, port)
		targets = append(targets, t)
	}
	return targets, nil // an error beside records names the invalid ones
}

func lookUpAddresses(ctx context.Context, r resolver, u *url.URL) (targets []Target, err error) {
	addresses, err := r.LookupNetIP(ctx, "ip", u.Hostname())
	if err != nil {
		return nil, err
	}
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	for _, a := range addresses {
		at := *u
		at.Host = net.JoinHostPort(a.Unmap().String(), port)
		t := Target{URL: at.String(), host: u.Host}
		t.Labels = labels.FromStrings(dnsName, u.Hostname())
		targets = append(targets, t)
	}
	return targets, nil
}
