package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/lupa-dev/lupa/reconcile/plan"
)

// writeFile writes a file whole or not at all: into a new file beside it, onto
// the disk, and into its place. A link in its place is refused, for it would
// write somewhere else.
func writeFile(path string, mode fs.FileMode, write func(io.Writer) error) error {
	if info, err := os.Lstat(path); err == nil && !info.Mode().IsRegular() {
		return say("%s is not a regular file", path)
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".lupa-*")
	if err != nil {
		var why *fs.PathError // it names the new file, of which nobody knows
		if errors.As(err, &why) {
			err = why.Err
		}
		return say("%s: %w", path, err)
	}
	if err := fill(f, mode, write); err != nil {
		return errors.Join(err, f.Close(), os.Remove(f.Name()))
	}
	if err := f.Close(); err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return nil // the file is there; that it survives a loss of power cannot be asked for
	}
	defer dir.Close()
	if err := dir.Sync(); err != nil {
		return say("%w: %w", errInPlace, err)
	}
	return nil
}

// errInPlace is that a file was written and is in its place, and may not survive a
// loss of power.
var errInPlace = errors.New("it may not survive a loss of power")

// fill brings a new file onto the disk. After a sync that failed nobody knows what
// is there, and it is not tried again.
func fill(f *os.File, mode fs.FileMode, write func(io.Writer) error) error {
	if err := f.Chmod(mode); err != nil {
		return err
	}
	if err := write(f); err != nil {
		return err
	}
	return f.Sync()
}

// readFile reads a file that the command line names, if it has no more bytes than
// that. Of a pipe one byte more is read, and the reader of its text says that it is
// too large.
// A pipe is read to its end, which is at once where nobody writes into it: opening
// one must not wait. A device or a directory has no end that is worth waiting for.
func readFile(path string, most int64) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if mode := info.Mode(); !mode.IsRegular() && mode.Type() != fs.ModeNamedPipe {
		return nil, say("%s is not a regular file", path)
	} else if info.Size() > most {
		return nil, say("%s is %w: more than %d MiB", path, plan.ErrTooLarge, most>>20)
	}
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var data bytes.Buffer
	data.Grow(int(info.Size()) + bytes.MinRead + 1)
	_, err = data.ReadFrom(io.LimitReader(f, most+1))
	return data.Bytes(), err
}

// rooted is the files of a directory, and nothing outside of it.
type rooted struct {
	rootFS
	root *os.Root
}

// rootFS is what os.Root.FS gives, but for what it reads with its own Open.
type rootFS interface {
	fs.StatFS
	fs.ReadLinkFS
}

func openRoot(dir string) (fs.FS, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	return rootedIn(root), nil
}

func rootedIn(root *os.Root) fs.FS {
	if files, ok := root.FS().(rootFS); ok {
		return rooted{files, root}
	}
	return root.FS()
}

// Sub is a directory in it, whose files are opened without the way to it.
func (r rooted) Sub(dir string) (fs.FS, error) {
	root, err := r.root.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	return rootedIn(root), nil
}

func (r rooted) Close() error { return r.root.Close() }

// Open opens a file at once: a pipe in its place is not waited for.
func (r rooted) Open(name string) (fs.File, error) {
	if !fs.ValidPath(name) {
		return r.rootFS.Open(name)
	}
	f, err := r.root.OpenFile(filepath.FromSlash(name), os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	return f, nil
}

// account is the name of the account that runs lupa.
func account() string {
	if u, err := user.Current(); err == nil {
		return u.Username
	}
	return ""
}

// commit is the revision of the tree, where it is one of Git's; marked as git
// describe does where documents differ from it.
func commit(ctx context.Context, root string) string {
	out, err := gitCommand(ctx, root, "rev-parse", "--verify", "--quiet", "--end-of-options", "HEAD").Output()
	if err != nil {
		return ""
	}
	rev := strings.TrimSpace(string(out))
	// What the tree declares may be more than the commit holds.
	changed, err := gitCommand(ctx, root, "status", "--porcelain", "--", "*.yaml", "*.yml").Output()
	if err == nil && len(changed) > 0 {
		rev += "-dirty"
	}
	return rev
}

// maxSecret is how long a connection string may be, in bytes.
const maxSecret = 64 << 10

// readSecret is the text of a file, without blanks around it.
func readSecret(root, path string) (string, error) {
	if path = filepath.FromSlash(path); !filepath.IsAbs(path) {
		path = filepath.Join(root, path)
	}
	text, err := readFile(path, maxSecret)
	return strings.TrimSpace(string(text)), err
}
