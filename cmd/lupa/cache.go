package main

import (
	"bytes"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"time"
)

// cache keeps what the files of a tree were compiled to, in .lupa/cache of the
// tree. It may be removed at any time; whatever is wrong with it, lupa says the
// same without it, and says nothing of it.
//
// A tree comes from Git, and everybody who can propose a change to it can put a
// file there. So what is kept is sealed with a key of the user's, which lies
// elsewhere: with another seal, or of another lupa, it counts for nothing. It
// holds card keys, as the state does, and is as private.
type cache struct {
	tree *os.Root
	key  []byte
	lupa [sha256.Size]byte // which lupa keeps it

	mu    sync.Mutex
	kept  map[[sha256.Size]byte][]byte
	used  map[[sha256.Size]byte][]byte // by this run
	fresh bool                         // some of that is not among what is kept
}

const (
	cacheDir  = ".lupa/cache"
	cacheFile = cacheDir + "/compiled"
	cacheNew  = cacheDir + "/compiled.new"
	cacheHead = "lupa cache 1\n"
	cacheMost = 1 << 30 // bytes that are kept
	abandoned = 10 * time.Minute
)

// openCache is the cache of a tree, nil where there cannot be one.
func openCache(tree string) *cache {
	c := &cache{kept: make(map[[sha256.Size]byte][]byte), used: make(map[[sha256.Size]byte][]byte)}
	var err error
	if c.lupa, err = thisLupa(); err != nil {
		return nil
	}
	if c.tree, err = os.OpenRoot(tree); err != nil {
		return nil
	}
	if c.key, err = cacheKey(); err != nil {
		return nil
	}
	c.load()
	return c
}

// aboutProgram is how many bytes a program begins with tell which it is: among them is
// the hash of its content that Go gives it.
const aboutProgram = 32 << 10

// thisLupa tells programs apart that may compile the same file to something else.
func thisLupa() (sum [sha256.Size]byte, err error) {
	path, err := os.Executable()
	if err != nil {
		return sum, err
	}
	info, err := os.Stat(path)
	if err != nil {
		return sum, err
	}
	sum = sha256.Sum256(fmt.Appendf(nil, "%s %s %s %d %d ", version, runtime.Version(), path, info.Size(), info.ModTime().UnixNano()))
	f, err := os.Open(path)
	if err != nil {
		return sum, err
	}
	defer f.Close()
	begins := make([]byte, aboutProgram)
	n, err := io.ReadFull(f, begins)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
		return sum, err
	}
	return sha256.Sum256(append(sum[:], begins[:n]...)), nil
}

// cacheKey is the key of the user, made where there is none.
func cacheKey() ([]byte, error) {
	home, err := os.UserCacheDir()
	if err != nil {
		return nil, err
	}
	dir := filepath.Join(home, "lupa")
	path := filepath.Join(dir, "cache.key")
	key, err := readCacheKey(path)
	if err == nil || !absent(err) {
		return key, err
	}
	for _, dir := range []string{home, dir} { // a home that is not there is not made
		if err := os.Mkdir(dir, 0o700); err != nil && !os.IsExist(err) {
			return nil, err
		}
	}
	fresh := make([]byte, sha256.Size)
	if _, err := rand.Read(fresh); err != nil {
		return nil, err
	}
	if err := writeFile(path, 0o600, func(w io.Writer) error { _, err := w.Write(fresh); return err }); err != nil {
		return nil, err
	}
	return readCacheKey(path) // another lupa may have made one as well
}

func readCacheKey(path string) ([]byte, error) {
	info, err := os.Lstat(path)
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular() || info.Size() != sha256.Size || runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0:
		return nil, fs.ErrInvalid
	}
	return os.ReadFile(path)
}

// load reads what is kept. It is sealed as a whole: the head, which lupa it is of,
// and for each file its key, the size, and what it was compiled to.
func (c *cache) load() {
	info, err := c.tree.Lstat(cacheFile)
	if err != nil || !info.Mode().IsRegular() || info.Size() > cacheMost {
		return
	}
	f, err := c.tree.Open(cacheFile)
	if err != nil {
		return
	}
	defer f.Close()
	data := make([]byte, info.Size())
	if _, err := io.ReadFull(f, data); err != nil || len(data) < sha256.Size {
		return
	}
	body, seal := data[:len(data)-sha256.Size], data[len(data)-sha256.Size:]
	rest, ours := bytes.CutPrefix(body, c.head())
	if !ours || !hmac.Equal(seal, c.seal(body)) {
		return
	}
	for len(rest) >= sha256.Size+4 {
		key := [sha256.Size]byte(rest)
		size := uint64(binary.BigEndian.Uint32(rest[sha256.Size:]))
		if rest = rest[sha256.Size+4:]; size > uint64(len(rest)) {
			return
		}
		c.kept[key], rest = rest[:size:size], rest[size:]
	}
}

func (c *cache) head() []byte { return append([]byte(cacheHead), c.lupa[:]...) }

func (c *cache) seal(body []byte) []byte {
	h := hmac.New(sha256.New, c.key)
	h.Write(body)
	return h.Sum(nil)
}

// Get is what was kept under a key, by an earlier run or by this one: a review reads
// most files twice.
func (c *cache) Get(key [sha256.Size]byte) []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	data, ok := c.used[key]
	if !ok {
		if data, ok = c.kept[key]; ok {
			c.used[key] = data
		}
	}
	return data
}

// Put keeps something, from the next run on.
func (c *cache) Put(key [sha256.Size]byte, data []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.used[key], c.fresh = data, true
}

// save keeps what this run has used, and nothing else. Of two that save at once
// one does; where there is no room, or no right to write, none.
func (c *cache) save() {
	if c == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.fresh {
		return
	}
	data := c.head()
	for _, key := range slices.SortedFunc(maps.Keys(c.used), func(a, b [sha256.Size]byte) int { return bytes.Compare(a[:], b[:]) }) {
		data = append(data, key[:]...)
		data = binary.BigEndian.AppendUint32(data, uint32(len(c.used[key])))
		data = append(data, c.used[key]...)
	}
	data = append(data, c.seal(data)...)
	if len(data) > cacheMost {
		return
	}
	for _, dir := range []string{path.Dir(cacheDir), cacheDir} {
		_ = c.tree.Mkdir(dir, 0o700)
		if info, err := c.tree.Lstat(dir); err != nil || !info.IsDir() {
			return // a link would lead somewhere else
		}
	}
	if info, err := c.tree.Lstat(cacheNew); err == nil && time.Since(info.ModTime()) > abandoned {
		_ = c.tree.Remove(cacheNew) // of a run that was killed
	}
	if ignore, err := c.tree.OpenFile(cacheDir+"/.gitignore", os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600); err == nil {
		_, _ = ignore.WriteString("*\n")
		_ = ignore.Close()
	}
	f, err := c.tree.OpenFile(cacheNew, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return
	}
	_, err = f.Write(data)
	if more := f.Close(); err != nil || more != nil || c.tree.Rename(cacheNew, cacheFile) != nil {
		_ = c.tree.Remove(cacheNew)
	}
}
