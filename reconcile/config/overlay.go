package config

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
	"time"
)

// Overlay is a tree with more files in it than the disk has: what it would be
// once they are written. A nil base is an empty directory.
func Overlay(base fs.FS, files map[string][]byte) fs.FS {
	o := overlay{base: base, files: files, dirs: map[string][]fs.DirEntry{".": nil}}
	for name, data := range files {
		entry := fs.FileInfoToDirEntry(memory{name: path.Base(name), size: int64(len(data))})
		for at := path.Dir(name); ; at = path.Dir(at) {
			_, known := o.dirs[at]
			o.dirs[at] = append(o.dirs[at], entry)
			if at == "." || known {
				break
			}
			entry = fs.FileInfoToDirEntry(memory{name: path.Base(at), dir: true})
		}
	}
	return o
}

type overlay struct {
	base  fs.FS
	files map[string][]byte
	dirs  map[string][]fs.DirEntry // what the files add to each directory
}

func (o overlay) Open(name string) (fs.File, error) {
	if data, ok := o.files[name]; ok {
		return openMemory{bytes.NewReader(data), memory{name: path.Base(name), size: int64(len(data))}}, nil
	}
	if _, ok := o.dirs[name]; ok {
		entries, err := o.ReadDir(name)
		return &openDir{memory{name: path.Base(name), dir: true}, entries}, err
	}
	if o.base == nil {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	return o.base.Open(name)
}

func (o overlay) Stat(name string) (fs.FileInfo, error) {
	if data, ok := o.files[name]; ok {
		return memory{name: path.Base(name), size: int64(len(data))}, nil
	}
	if _, ok := o.dirs[name]; ok {
		return memory{name: path.Base(name), dir: true}, nil
	}
	if o.base == nil {
		return nil, &fs.PathError{Op: "stat", Path: name, Err: fs.ErrNotExist}
	}
	return fs.Stat(o.base, name)
}

// ReadDir lists a directory; what the base has by the same name comes second.
func (o overlay) ReadDir(name string) ([]fs.DirEntry, error) {
	own, ours := o.dirs[name]
	entries := slices.Clone(own)
	if o.base != nil {
		below, err := fs.ReadDir(o.base, name)
		if err != nil && !ours {
			return nil, err
		}
		entries = append(entries, below...)
	}
	slices.SortStableFunc(entries, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	return slices.CompactFunc(entries, func(a, b fs.DirEntry) bool { return a.Name() == b.Name() }), nil
}

// memory describes a file or directory that is not on the disk yet.
type memory struct {
	name string
	size int64
	dir  bool
}

func (m memory) Name() string       { return m.name }
func (m memory) Size() int64        { return m.size }
func (m memory) IsDir() bool        { return m.dir }
func (m memory) ModTime() time.Time { return time.Time{} }
func (m memory) Sys() any           { return nil }
func (m memory) Mode() fs.FileMode {
	if m.dir {
		return fs.ModeDir | 0o755
	}
	return 0o644
}

type openMemory struct {
	*bytes.Reader
	memory
}

func (f openMemory) Stat() (fs.FileInfo, error) { return f.memory, nil }
func (f openMemory) Close() error               { return nil }

// Size is the file's; both halves have one.
func (f openMemory) Size() int64 { return f.memory.size }

// openDir is a directory that is being listed.
type openDir struct {
	memory
	rest []fs.DirEntry
}

func (d *openDir) Stat() (fs.FileInfo, error) { return d.memory, nil }
func (d *openDir) Close() error               { return nil }
func (d *openDir) Read([]byte) (int, error) {
	return 0, &fs.PathError{Op: "read", Path: d.name, Err: errors.New("is a directory")}
}

func (d *openDir) ReadDir(n int) ([]fs.DirEntry, error) {
	if n > 0 && len(d.rest) == 0 {
		return nil, io.EOF
	}
	if n <= 0 || n > len(d.rest) {
		n = len(d.rest)
	}
	entries := d.rest[:n]
	d.rest = d.rest[n:]
	return entries, nil
}
