package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync"
)

// A process is one that this program started, and may kill.
type process struct {
	cmd   *exec.Cmd
	stdin io.Closer // a target ends with it
	ready chan struct{}
	done  chan struct{}
}

// start starts a process. It is ready when it writes a line with this text.
func start(ctx context.Context, ready string, echo bool, environment []string, name string, args ...string) (*process, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Env = append(os.Environ(), environment...)
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	cmd.Stdout, cmd.Stderr = w, w
	err = cmd.Start()
	w.Close()
	if err != nil {
		r.Close()
		return nil, err
	}
	p := &process{cmd: cmd, stdin: stdin, ready: make(chan struct{}), done: make(chan struct{})}
	go p.read(r, ready, echo)
	return p, nil
}

// read reads what a process writes until it ends.
func (p *process) read(r io.ReadCloser, ready string, echo bool) {
	defer close(p.done)
	defer r.Close()
	var once sync.Once
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		if strings.Contains(lines.Text(), ready) {
			once.Do(func() { close(p.ready) })
		}
		if echo || strings.Contains(lines.Text(), "panic") {
			fmt.Fprintln(os.Stderr, p.cmd.Process.Pid, lines.Text())
		}
	}
	_, _ = io.Copy(io.Discard, r)
	_ = p.cmd.Wait()
}

// wait waits until the process is ready.
func (p *process) wait(ctx context.Context) error {
	select {
	case <-p.ready:
		return nil
	case <-p.done:
		return fmt.Errorf("%s ended: %v", p.cmd, p.cmd.ProcessState)
	case <-ctx.Done():
		return fmt.Errorf("%s is not ready: %w", p.cmd, ctx.Err())
	}
}

// kill ends the process at once, as kill -9 does.
func (p *process) kill() {
	_ = p.cmd.Process.Kill()
	<-p.done
}

// ports hands out addresses of this machine below the ports that the system
// gives to connections.
type ports struct{ next int }

func (p *ports) take() string {
	for {
		p.next++
		address := fmt.Sprintf("127.0.0.1:%d", p.next)
		if l, err := net.Listen("tcp", address); err == nil {
			l.Close()
			return address
		}
	}
}
