package main

import "context"

func (w *watcher) serve(ctx context.Context) error { return nil }
