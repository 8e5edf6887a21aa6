//go:build unix

package checkpoint

import (
	"errors"
	"os"
)

// syncDirectory brings the new name to the disk.
func syncDirectory(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
