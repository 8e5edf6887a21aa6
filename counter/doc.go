// Package counter says how much one counter grew, and how fast.
package counter
