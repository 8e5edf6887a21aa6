package identity

import (
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

// Canonical returns one spelling for an address that has several: IPv6 can be written in many ways, and localhost,
// 127.0.0.1 and ::1 are one place. A target that is no address is returned as it is.
func Canonical(target string) string {
	if a, err := netip.ParseAddrPort(target); err == nil {
		return join(place(a.Addr()), strconv.Itoa(int(a.Port())))
	}
	if host, port, ok := strings.Cut(target, ":"); ok && strings.EqualFold(host, localhost) {
		if _, err := strconv.ParseUint(port, 10, 16); err == nil {
			return join(loopback, port)
		}
	}
	if a, ok := parse(target); ok {
		return a.String()
	}
	if u, err := url.Parse(target); err == nil && u.Host != "" {
		if a, ok := parse(u.Hostname()); ok {
			if host := join(a, u.Port()); host != u.Host {
				u.Host = host
				return u.String()
			}
		}
	}
	return target
}

const localhost = "localhost"

var loopback = netip.AddrFrom4([4]byte{127, 0, 0, 1})

// parse reads a host that is an address.
func parse(host string) (netip.Addr, bool) {
	if strings.EqualFold(host, localhost) {
		return loopback, true
	}
	a, err := netip.ParseAddr(host)
	return place(a), err == nil
}

// place returns one address for those of one place.
func place(a netip.Addr) netip.Addr {
	if a = a.Unmap(); a == netip.IPv6Loopback() {
		return loopback
	}
	return a
}

// join returns a host, and its port unless it is "".
func join(a netip.Addr, port string) string {
	host := a.String()
	if a.Is6() {
		host = "[" + host + "]"
	}
	if port != "" {
		host += ":" + port
	}
	return host
}

// Spellings remembers the canonical spelling of targets. The zero value knows of none.
type Spellings struct{ known map[string]string }

// Known returns the canonical spelling of a target if it is remembered.
func (s *Spellings) Known(target string) (canonical string, ok bool) {
	canonical, ok = s.known[target]
	return canonical, ok
}

// Of returns the canonical spelling of a target, and remembers it, which spares the next scrape the work. No more than
// most are remembered: then all are forgotten, and those that are still scraped come back.
func (s *Spellings) Of(target string, most int) string {
	if known, ok := s.known[target]; ok {
		return known
	}
	known := Canonical(target)
	if s.known == nil {
		s.known = map[string]string{}
	}
	if len(s.known) >= most {
		clear(s.known)
	}
	s.known[target] = known
	return known
}

// Forget forgets a target.
func (s *Spellings) Forget(target string) { delete(s.known, target) }
