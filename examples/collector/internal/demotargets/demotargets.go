// Package demotargets is an extension of the Collector that starts the targets
// of the demo: servers that count requests and restart now and then.
package demotargets

import (
	"context"
	"errors"
	"net"
	"net/http"
	"sync"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/extension"
	"go.uber.org/zap"

	"github.com/promfold/promfold/examples/collector/internal/target"
)

// Config is the configuration of the extension.
type Config struct {
	// Endpoints are where the targets show their metrics, such as
	// 127.0.0.1:18081.
	Endpoints []string `mapstructure:"endpoints"`
	// RestartEvery is how often one of them restarts, in turn.
	RestartEvery time.Duration `mapstructure:"restart_every"`
}

// Validate returns an error that names the key.
func (c *Config) Validate() error {
	if len(c.Endpoints) == 0 {
		return errors.New("endpoints: name at least one")
	}
	if c.RestartEvery <= 0 {
		return errors.New("restart_every: it is not above 0")
	}
	return nil
}

// NewFactory returns the factory of the extension demo_targets.
func NewFactory() extension.Factory {
	return extension.NewFactory(component.MustNewType("demo_targets"),
		func() component.Config { return &Config{RestartEvery: 15 * time.Second} },
		func(_ context.Context, set extension.Settings, cfg component.Config) (extension.Extension, error) {
			return &demo{cfg: cfg.(*Config), log: set.Logger}, nil
		}, component.StabilityLevelDevelopment)
}

// demo is the targets, in one process.
type demo struct {
	cfg *Config
	log *zap.Logger

	servers []*http.Server
	stop    context.CancelFunc
	running sync.WaitGroup

	mu      sync.Mutex
	targets []*target.Target
	handled uint64 // by targets that ended
	scraped uint64 // of it, what a scrape showed
}

// Start starts the targets.
func (d *demo) Start(ctx context.Context, _ component.Host) error {
	for i, endpoint := range d.cfg.Endpoints {
		l, err := new(net.ListenConfig).Listen(ctx, "tcp", endpoint)
		if err != nil {
			return errors.Join(err, d.Shutdown(ctx))
		}
		s := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { d.target(i).ServeHTTP(w, r) })}
		d.targets = append(d.targets, target.New(time.Now()))
		d.servers = append(d.servers, s)
		d.running.Go(func() { _ = s.Serve(l) })
	}
	loop, stop := context.WithCancel(context.Background())
	d.stop = stop
	d.running.Go(func() { d.run(loop) })
	return nil
}

// Shutdown ends the targets.
func (d *demo) Shutdown(context.Context) error {
	if d.stop != nil {
		d.stop()
	}
	var errs []error
	for _, s := range d.servers {
		errs = append(errs, s.Close())
	}
	d.running.Wait()
	return errors.Join(errs...)
}

func (d *demo) target(i int) *target.Target {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.targets[i]
}

// run lets the targets work, and restarts one of them at intervals.
func (d *demo) run(ctx context.Context) {
	work, restart := time.NewTicker(50*time.Millisecond), time.NewTicker(d.cfg.RestartEvery)
	defer work.Stop()
	defer restart.Stop()
	for turn := 0; ; {
		select {
		case <-ctx.Done():
			return
		case <-work.C:
			for i := range d.cfg.Endpoints {
				d.target(i).Work(uint64(i + 1))
			}
		case <-restart.C:
			d.restart(turn % len(d.cfg.Endpoints))
			turn++
		}
	}
}

// restart puts a new process in the place of a target, and tells the truth.
func (d *demo) restart(i int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.scraped += scrapedOf(d.targets[i])
	d.handled += d.targets[i].Counts().Total()
	d.targets[i] = target.New(time.Now())
	handled := d.handled
	for _, t := range d.targets {
		handled += t.Counts().Total()
	}
	d.log.Info("A demo target restarted", zap.String("target", d.cfg.Endpoints[i]),
		zap.Uint64("requests of all targets so far", handled), zap.Uint64("lost, as no scrape showed them", d.handled-d.scraped))
}

// scrapedOf returns how many requests the last scrape of a target showed, which
// answers no more.
func scrapedOf(t *target.Target) (n uint64) {
	for _, c := range t.Freeze() {
		n = max(n, c.Total())
	}
	return n
}
