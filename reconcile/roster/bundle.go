package roster

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
)

// Limits of what is read of a bundle.
const (
	maxBundleBytes = 2 << 30 // all files together, unpacked
	maxEntries     = 1000    // of a directory or zip
	maxRatio       = 200     // unpacked to packed, above minBombBytes
	minBombBytes   = 64 << 20
)

// bundle is a directory of files, or a zip of them.
type bundle struct {
	path  string
	zip   bool
	files map[string]member // by name in small letters
}

// member is one file of a bundle.
type member struct {
	name string
	size int64
	open func() (io.ReadCloser, error)
}

func (b *bundle) has(name string) bool { _, ok := b.files[name]; return ok }

// where is the path of a member in positions.
func (b *bundle) where(name string) string { return path.Join(b.path, b.files[name].name) }

// openBundle finds the files of a bundle. It is nil where there is a problem.
func (r *reading) openBundle(fsys fs.FS, at string) (*bundle, func() error, error) {
	none := func() error { return nil }
	if !fs.ValidPath(path.Clean(at)) {
		r.whole(at, "C01", "outside")
		return nil, none, nil
	}
	at = path.Clean(at)
	info, err := fs.Stat(fsys, at)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		r.whole(at, "C01", "missing", at)
		return nil, none, nil
	case err != nil:
		r.whole(at, "C01", "outside") // a link that leads out of the tree
		return nil, none, nil
	case info.IsDir():
		b, err := r.directory(fsys, at)
		return b, none, err
	case !info.Mode().IsRegular() || !strings.EqualFold(path.Ext(at), ".zip"):
		r.whole(at, "C01", "kind", at)
		return nil, none, nil
	}
	return r.zipped(fsys, at, info.Size())
}

func (r *reading) directory(fsys fs.FS, at string) (*bundle, error) {
	entries, err := fs.ReadDir(fsys, at)
	if err != nil {
		return nil, fmt.Errorf("reading: %w", err)
	}
	b := &bundle{path: at, files: make(map[string]member)}
	var total int64
	for _, e := range entries {
		full := path.Join(at, e.Name())
		if e.IsDir() || strings.HasPrefix(e.Name(), ".") || !isCSV(e.Name()) {
			continue
		}
		info, err := fs.Stat(fsys, full)
		if err != nil || !info.Mode().IsRegular() {
			r.whole(full, "C01", "irregular")
			return nil, nil
		}
		total += info.Size()
		open := func() (io.ReadCloser, error) { return fsys.Open(full) }
		if !r.member(b, member{e.Name(), info.Size(), open}, total) {
			return nil, nil
		}
	}
	return b, nil
}

func isCSV(name string) bool { return strings.EqualFold(path.Ext(name), ".csv") }

// member adds a file to a bundle, unless there are too many or one of its name.
func (r *reading) member(b *bundle, m member, total int64) bool {
	low := strings.ToLower(m.name)
	switch {
	case total > maxBundleBytes:
		r.whole(b.path, "C08", "size", strconv.Itoa(maxBundleBytes>>30)+" GiB")
	case len(b.files) >= maxEntries:
		r.whole(b.path, "C08", "entries", strconv.Itoa(maxEntries))
	case b.has(low):
		r.whole(b.path, "C08", "twice", m.name)
	default:
		b.files[low] = m
		return true
	}
	return false
}

// zipped finds the files of a zip. None is ever unpacked onto the disk; all the
// same a name that leads out of the zip is refused, and so is everything else
// that no student register makes.
func (r *reading) zipped(fsys fs.FS, at string, size int64) (*bundle, func() error, error) {
	none := func() error { return nil }
	f, err := fsys.Open(at)
	if err != nil {
		return nil, none, fmt.Errorf("reading: %w", err)
	}
	in, ok := f.(io.ReaderAt)
	if !ok {
		data, err := io.ReadAll(io.LimitReader(f, maxBundleBytes))
		if err := errors.Join(err, f.Close()); err != nil {
			return nil, none, fmt.Errorf("reading: %w", err)
		}
		in, f = bytes.NewReader(data), nil
	}
	done := func() error {
		if f == nil {
			return nil
		}
		return f.Close()
	}
	z, err := zip.NewReader(io.NewSectionReader(in, 0, size), size) // a damaged zip leads anywhere
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) {
		r.whole(at, "C08", "damaged")
		return nil, done, nil
	}
	sum := sha256.New()
	if _, err := io.Copy(sum, io.NewSectionReader(in, 0, size)); err != nil {
		return nil, done, fmt.Errorf("reading: %w", err)
	}
	r.out.Inputs = append(r.out.Inputs, Input{at, hex.EncodeToString(sum.Sum(nil))})
	b := &bundle{path: at, zip: true, files: make(map[string]member)}
	var total uint64
	for _, e := range z.File {
		if total += e.UncompressedSize64; total > maxBundleBytes || e.UncompressedSize64 > maxBundleBytes {
			r.whole(at, "C08", "size", strconv.Itoa(maxBundleBytes>>30)+" GiB")
			return nil, done, nil
		}
		if variant := suspicious(e); variant != "" {
			r.whole(at, "C08", variant, e.Name)
			return nil, done, nil
		}
		if isCSV(e.Name) && !strings.HasPrefix(e.Name, "__MACOSX/") &&
			!r.member(b, member{e.Name, int64(e.UncompressedSize64), limited(e)}, int64(total)) {
			return nil, done, nil
		}
	}
	return b, done, nil
}

// suspicious says what is wrong with a file of a zip, "" for nothing.
func suspicious(e *zip.File) string {
	name := strings.TrimPrefix(e.Name, "__MACOSX/") // what macOS adds is passed over
	steps := strings.Split(strings.ReplaceAll(e.Name, `\`, "/"), "/")
	switch {
	case slices.Contains(steps, "..") || steps[0] == "" || strings.Contains(steps[0], ":"):
		return "outside"
	case e.Mode()&fs.ModeSymlink != 0 || !e.Mode().IsDir() && !e.Mode().IsRegular():
		return "irregular"
	case e.Flags&1 != 0:
		return "locked"
	case e.UncompressedSize64 > minBombBytes && e.UncompressedSize64/maxRatio > e.CompressedSize64:
		return "bomb"
	case isCSV(name) && name == e.Name && len(steps) > 1:
		return "folder"
	}
	return ""
}

// limited opens a file of a zip, which takes the size that the zip gives for it
// at its word: whatever unpacks to more is a bomb.
func limited(e *zip.File) func() (io.ReadCloser, error) {
	return func() (io.ReadCloser, error) {
		f, err := e.Open()
		return &noMore{f, int64(e.UncompressedSize64)}, err
	}
}

type noMore struct {
	io.ReadCloser
	left int64
}

var errLonger = errors.New("longer than the zip says")

func (n *noMore) Read(p []byte) (int, error) {
	got, err := n.ReadCloser.Read(p)
	if n.left -= int64(got); n.left < 0 {
		return 0, errLonger
	}
	return got, err
}

// damaged reports whether an error is the zip's and not the machine's.
func damaged(err error) bool {
	var corrupt flate.CorruptInputError
	return errors.As(err, &corrupt) || errors.Is(err, zip.ErrFormat) || errors.Is(err, zip.ErrChecksum) ||
		errors.Is(err, zip.ErrAlgorithm) || errors.Is(err, errLonger) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
}
