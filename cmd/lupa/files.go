package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"strings"
)

// writeFile writes a file whole or not at all: into a new file beside it, onto
// the disk, and into its place. A link in its place is refused, for it would
// write somewhere else.
func writeFile(path string, mode fs.FileMode, write func(io.Writer) error) (err error) {
	if info, err := os.Lstat(path); err == nil && !info.Mode().IsRegular() {
		return fmt.Errorf("%s is not a regular file", path)
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".lupa-*")
	if err != nil {
		var why *fs.PathError // it names the new file, of which nobody knows
		if errors.As(err, &why) {
			err = why.Err
		}
		return fmt.Errorf("%s: %w", path, err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(f.Name()))
		}
	}()
	if err := errors.Join(f.Chmod(mode), write(f), f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return err
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return nil // the file is there; that it survives a loss of power cannot be asked for
	}
	defer dir.Close()
	return dir.Sync()
}

// account is the name of the account that runs lupa.
func account() string {
	if u, err := user.Current(); err == nil {
		return u.Username
	}
	return ""
}

// commit is the revision of the tree, where it is one of Git's.
func commit(ctx context.Context, root string) string {
	out, err := gitCommand(ctx, root, "rev-parse", "--verify", "--quiet", "--end-of-options", "HEAD").Output()
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(out))
}
