// Package scrape fetches targets and tells a fleet what they answered.
//
//	s, err := scrape.New(fleet, scrape.Config{Interval: 5 * time.Second}, scrape.URLs(urls...))
//	go s.Run(ctx)
//
// It is the loop that every program around package aggregate needs: sources say
// which targets there are, rules relabel them, each target is fetched at its own
// moment of the interval, and the fleet takes in what it answered, or that it
// failed and why.
//
// # Sources
//
// [URLs] and [Targets] are fixed, [DNS] resolves a name again and again, [Files]
// reads the files of Prometheus' file_sd. Any function can be a [Source], also
// one around another:
//
//	balanced := func(ctx context.Context, set func([]scrape.Target)) error {
//		return scrape.Files("lb/*.json")(ctx, func(list []scrape.Target) {
//			for i := range list {
//				list[i].Balanced = true
//			}
//			set(list)
//		})
//	}
//
// Each change is one Fleet.SetTargets. A source that fails is asked again after
// an interval; what it said last stands meanwhile.
//
// # Connections
//
// Config.HTTP is the HTTP client of Prometheus: TLS and token files are read
// again when they change. One that is written in Go should begin as a copy of
// config.DefaultHTTPClientConfig; else it follows no redirect and speaks no
// HTTP/2. A balanced target is asked over HTTP/1.1 on a new
// connection each time, since a kept connection always reaches the same
// instance. With credentials, a redirect to another host, or away from TLS, is
// refused.
//
// A target that hangs, sends a byte a second or never ends costs its timeout or
// the limit of a body, and no other target waits for it: targets that timed out
// share half of the places until they answer.
//
// # Labels for rules
//
// Rules see a target as Prometheus' do: __address__, __scheme__,
// __metrics_path__ and __param_x hold its URL, __scrape_interval__ and
// __scrape_timeout__ may be set, and sources add __meta_ labels: __meta_filepath,
// __meta_dns_name, __meta_dns_srv_record_target and __meta_dns_srv_record_port.
// Labels that begin with __ do not reach the fleet. There is no job label, and
// no instance label unless a rule makes one.
//
// Rules for metrics belong to the fleet, which applies them to each line once:
// see [Relabel]. To select series, a view needs none.
package scrape
