package worker

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
)

// Process is a worker in a process of its own.
type Process struct {
	URL string // of its metrics
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Reader
}

// Start starts this program as a worker: it has to call Work where its first
// argument is Role.
func Start() (*Process, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	p := &Process{cmd: exec.Command(program, Role)}
	p.cmd.Stderr = os.Stderr
	if p.in, err = p.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	p.out = bufio.NewReader(out)
	line, err := p.out.ReadString('\n')
	if err != nil {
		p.Kill()
		return nil, fmt.Errorf("a worker did not begin: %w", err)
	}
	p.URL = strings.TrimSpace(line)
	return p, nil
}

// Tell tells it what to do, see Work, and waits until it is done.
func (p *Process) Tell(format string, args ...any) error {
	if _, err := fmt.Fprintf(p.in, format+"\n", args...); err != nil {
		return err
	}
	line, err := p.out.ReadString('\n')
	if err == nil && line != done+"\n" {
		err = fmt.Errorf("a worker says %q", line)
	}
	return err
}

// Kill ends it at once, and waits for its end.
func (p *Process) Kill() {
	_ = p.cmd.Process.Kill()
	_ = p.cmd.Wait() // killed
}
