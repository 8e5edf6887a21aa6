package aggregate

import (
	"net/netip"
	"net/url"
)

// address is the spelling under which the fleet knows a target.
func (f *Fleet) address(target string) string {
	f.names.Lock()
	defer f.names.Unlock()
	if known, ok := f.spelled[target]; ok {
		return known
	}
	known := canonical(target)
	if len(f.spelled) < 2*f.cfg.MaxInstances {
		f.spelled[target] = known // spares the next scrape the work
	}
	return known
}

// canonical is one spelling for an address that has several: IPv6 can be
// written in many ways. What is no address stays as it is.
func canonical(target string) string {
	if a, err := netip.ParseAddrPort(target); err == nil {
		return netip.AddrPortFrom(a.Addr().Unmap(), a.Port()).String()
	}
	if a, err := netip.ParseAddr(target); err == nil {
		return a.Unmap().String()
	}
	if u, err := url.Parse(target); err == nil && u.Host != "" {
		if host := canonicalHost(u); host != u.Host {
			u.Host = host
			return u.String()
		}
	}
	return target
}

func canonicalHost(u *url.URL) string {
	a, err := netip.ParseAddr(u.Hostname())
	if err != nil {
		return u.Host
	}
	a = a.Unmap()
	host := a.String()
	if a.Is6() {
		host = "[" + host + "]"
	}
	if port := u.Port(); port != "" {
		host += ":" + port
	}
	return host
}
