package identity

import (
	"net/netip"
	"net/url"
)

// Canonical returns one spelling for an address that has several: IPv6 can be written in many ways. A target that is no
// address is returned as it is.
func Canonical(target string) string {
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
