package main

import (
	"errors"
	"slices"
)

// run does what happens to tiers, and compares after each event.
func (x *trial) run() error {
	if err := x.open(); err != nil {
		return err
	}
	last := len(x.leaves) - 1
	for _, event := range []struct {
		what string
		do   func() error
	}{
		{"at first", func() error { return nil }},
		{"targets restart, all of them was scraped", func() error { return x.restart(0, 0, 1, 2, 3, 4) }},
		{"targets restart, some of them was not scraped", func() error { return x.restart(101, 3, 7, 11, 15) }},
		{"a leaf is killed, and its share moves", func() error { return x.loseLeaf(0) }},
		{"targets of the share restart where they are now", func() error { return x.restart(53, 0, 8, 16) }},
		{"the leaf is back, and so is its share", func() error { return x.bringBack(0) }},
		{"targets of the share restart again", func() error { return x.restart(7, 0, 16, 24) }},
		{"the root is killed, and back", func() error { return x.killRoot(func() error { return nil }) }},
		{"targets restart while the root is away", func() error { return x.killRoot(func() error { return x.restart(19, 5, 6) }) }},
		{"a leaf is killed while its targets work, and back", func() error { return x.killLeaf(last) }},
		{"a leaf and the root are killed, and back", func() error { return x.killRoot(func() error { return x.killLeaf(last) }) }},
		{"all targets restart", func() error { return x.restart(3, all(sizeOf(x.shares))...) }},
	} {
		if err := errors.Join(event.do(), x.settle(event.what)); err != nil {
			return err
		}
	}
	return nil
}

func all(n int) (list []int) {
	for i := range n {
		list = append(list, i)
	}
	return list
}

// restart restarts targets. Each counts so many requests that no scrape shows.
func (x *trial) restart(unseen uint64, list ...int) error {
	for _, i := range list {
		if i >= len(x.fleet.running) {
			continue
		}
		leaf := slices.IndexFunc(x.shares, func(share []int) bool { return slices.Contains(share, i) })
		if err := x.fleet.restart(i, leafName(leaf), unseen); err != nil {
			return err
		}
	}
	return nil
}

// loseLeaf kills a leaf while its targets work. Its share moves to the next one,
// or waits for it if there is none.
func (x *trial) loseLeaf(i int) error {
	x.round++
	err := x.fleet.work(x.round)
	x.leaves[i].kill()
	x.leavesKilled++
	if len(x.leaves) == 1 {
		return errors.Join(err, x.back(i))
	}
	return errors.Join(err, x.move(i, i+1))
}

// bringBack starts a leaf again from its storage, and moves its old share to it.
func (x *trial) bringBack(i int) error {
	if len(x.leaves) == 1 {
		return nil
	}
	if err := x.back(i); err != nil {
		return err
	}
	n := sizeOf(x.shares) // the share of leaf i were those with this remainder
	x.shares[i], x.shares[i+1] = nil, nil
	for t := range n {
		if k := t % len(x.leaves); k == i || k == i+1 {
			x.shares[k] = append(x.shares[k], t)
		}
	}
	return errors.Join(x.share(leafName(i), x.shares[i]), x.share(leafName(i+1), x.shares[i+1]))
}

func (x *trial) back(i int) error {
	if err := x.startLeaf(i); err != nil {
		return err
	}
	return x.leaves[i].wait(x.ctx)
}

// killLeaf kills a leaf in the middle of the targets' work, and starts it again.
func (x *trial) killLeaf(i int) error {
	x.round++
	err := x.fleet.work(x.round)
	x.leaves[i].kill()
	x.leavesKilled++
	return errors.Join(err, x.back(i))
}

// killRoot kills the root, does something meanwhile, and starts it again.
func (x *trial) killRoot(meanwhile func() error) error {
	x.round++
	err := x.fleet.work(x.round)
	x.root.kill()
	x.rootsKilled++
	return errors.Join(err, meanwhile(), x.startRoot())
}
