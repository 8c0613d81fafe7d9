package source

import (
	"errors"
	"io"
	"io/fs"
	"path"
	"sync"
	"sync/atomic"
)

// Texts reads files that List found, each once, from as many goroutines as want to.
// A directory is opened once for all files in it, where the file system can.
type Texts struct {
	tree fs.FS
	in   map[string]*directory // by the way to it, with the slash behind
}

// directory is open from the first of its files to the last.
type directory struct {
	open sync.Once
	left atomic.Int32 // files to read
	fsys fs.FS        // nil where it could not be opened
}

// Open begins to read files of a tree. If directories of it can be opened by
// themselves, it is an fs.SubFS, and what Sub gives an io.Closer.
func Open(fsys fs.FS, paths []string) *Texts {
	t := &Texts{fsys, make(map[string]*directory)}
	if _, can := fsys.(fs.SubFS); !can {
		return t
	}
	for _, p := range paths {
		at, _ := path.Split(p)
		if at == "" {
			continue // it is open
		}
		if t.in[at] == nil {
			t.in[at] = new(directory)
		}
		t.in[at].left.Add(1)
	}
	return t
}

// Read is the text of a file, for Parse; of one that is too large, its beginning.
// The error is the machine's.
func (t *Texts) Read(p string) ([]byte, error) {
	at, name := path.Split(p)
	if d := t.in[at]; d != nil {
		// A link to another directory of the tree leads out of this one.
		if data, err := d.read(t.tree, at, name); err == nil {
			return data, nil
		}
	}
	return readText(t.tree, p)
}

func (d *directory) read(tree fs.FS, at, name string) ([]byte, error) {
	d.open.Do(func() {
		if in, err := fs.Sub(tree, path.Clean(at)); err == nil {
			d.fsys = in
		}
	})
	if d.fsys == nil {
		return nil, fs.ErrNotExist
	}
	data, err := readText(d.fsys, name)
	if closer, can := d.fsys.(io.Closer); d.left.Add(-1) == 0 && can {
		err = errors.Join(err, closer.Close())
	}
	return data, err
}
