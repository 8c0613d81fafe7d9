package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/lupa-dev/lupa/reconcile/config"
	"github.com/lupa-dev/lupa/schema/source"
)

// revision is the tree of a directory as it was at a revision of Git, with the
// commit that the revision is. Files are read when they are opened, as long as ctx
// lasts, and never written anywhere: nothing of the repository's own settings,
// attributes or filters has a say, so a file of Git LFS is the pointer that Git
// keeps. Links and submodules are left out.
func revision(ctx context.Context, root, rev string) (fs.FS, string, error) {
	r := repository{ctx, root}
	commit, err := r.commit(rev)
	if err != nil {
		return nil, "", err
	}
	tree, err := r.subtree(commit, rev)
	if err != nil {
		return nil, commit, err
	}
	files, err := r.files(tree)
	return files, commit, err
}

// files are the files below a tree object.
func (r repository) files(tree string) (fs.FS, error) {
	files := &gitFiles{repository: r, files: make(map[string]gitFile), dirs: map[string][]fs.DirEntry{".": nil}}
	return files, files.list(tree)
}

// elsewhereAt are the directories of other trees at a commit, each as a file system.
func (r repository) elsewhereAt(commit string) (trees []fs.FS, err error) {
	names, err := r.ask("ls-tree", "-r", "-z", "--name-only", "--full-tree", commit)
	if err != nil {
		return nil, fail(err)
	}
	for name := range strings.SplitSeq(names, "\x00") {
		if path.Base(name) != config.ProjectFile {
			continue
		}
		tree, err := r.ask("rev-parse", "--verify", "--end-of-options", commit+":"+strings.TrimPrefix(path.Dir(name), "."))
		if err != nil {
			return nil, fail(err)
		}
		files, err := r.files(tree)
		if err != nil {
			return nil, err
		}
		trees = append(trees, files)
	}
	return trees, nil
}

// repository asks git about the repository that a directory lies in.
type repository struct {
	ctx  context.Context
	root string
}

// elsewhere are the variables by which git is told to look at another repository
// than that of the directory, as it tells the hooks that it runs.
var elsewhere = []string{
	"GIT_DIR", "GIT_WORK_TREE", "GIT_COMMON_DIR", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_PREFIX",
	"GIT_NAMESPACE", "GIT_GRAFT_FILE", "GIT_SHALLOW_FILE", "GIT_REPLACE_REF_BASE", "GIT_IMPLICIT_WORK_TREE", "GIT_INTERNAL_SUPER_PREFIX",
	"GIT_CONFIG", "GIT_QUARANTINE_PATH", "GIT_LITERAL_PATHSPECS", "GIT_GLOB_PATHSPECS", "GIT_NOGLOB_PATHSPECS", "GIT_ICASE_PATHSPECS",
}

// gitCommand is a command of git in a directory. Its words are English, a commit
// is what its name says, and nobody is asked for a password.
func gitCommand(ctx context.Context, dir string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "git", append([]string{"-C", dir}, args...)...)
	cmd.Env = slices.DeleteFunc(os.Environ(), func(v string) bool {
		name, _, _ := strings.Cut(v, "=")
		return slices.Contains(elsewhere, name) || strings.HasPrefix(name, "GIT_TRACE")
	})
	cmd.Env = append(cmd.Env, "LC_ALL=C", "GIT_NO_REPLACE_OBJECTS=1", "GIT_OPTIONAL_LOCKS=0", "GIT_TERMINAL_PROMPT=0")
	return cmd
}

// ask is what git answers, without the line feed at the end.
func (r repository) ask(args ...string) (string, error) {
	cmd := gitCommand(r.ctx, r.root, args...)
	var said bytes.Buffer
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		return "", r.explain(err, said.String())
	}
	return strings.TrimSuffix(string(out), "\n"), nil
}

// gitError is what git says when it refuses.
type gitError struct{ said string }

func (e *gitError) Error() string { return "git: " + e.said }

// explain makes of what git says what one can do about it.
func (r repository) explain(err error, said string) error {
	first, _, _ := strings.Cut(strings.TrimSpace(said), "\n")
	first = strings.TrimPrefix(first, "fatal: ")
	var exit *exec.ExitError
	switch {
	case r.ctx.Err() != nil:
		return r.ctx.Err()
	case errors.Is(err, exec.ErrNotFound):
		return &failure{code: exitFailure, err: say("there is no git on this machine"), next: say("install it")}
	case strings.Contains(said, "safe.directory"):
		dir := r.root
		if m := distrusted.FindStringSubmatch(said); m != nil {
			dir = m[1]
		}
		return &failure{code: exitInput, err: say("git does not trust the repository in %s: it belongs to somebody else", dir),
			next: say("if you do, say: %s", typed([]string{"git", "config", "--global", "--add", "safe.directory", dir}))}
	case strings.Contains(said, "not a git repository"):
		return &failure{code: exitInput, err: say("%s lies in no Git repository", r.root), next: say("revisions are revisions of the repository that holds the tree")}
	case !errors.As(err, &exit):
		return fail(say("running git: %w", err))
	}
	return &gitError{first}
}

// distrusted is how git names a directory that is not among its safe ones.
var distrusted = regexp.MustCompile(`repository (?:at |\()'(.*)'`)

var objectID = regexp.MustCompile(`^([0-9a-f]{40}|[0-9a-f]{64})$`)

// commit is the commit that a revision is. What a person types is asked for by
// itself: with more behind it, it might mean something else.
func (r repository) commit(rev string) (string, error) {
	var id string
	err := error(&gitError{"not a name of a revision"})
	if !strings.ContainsRune(rev, 0) {
		id, err = r.ask("rev-parse", "--verify", "--end-of-options", rev)
	}
	if err == nil && !objectID.MatchString(id) { // ^REV is a revision to leave out
		err = &gitError{"not one revision"}
	}
	if err == nil {
		id, err = r.ask("rev-parse", "--verify", "--end-of-options", id+"^{commit}")
	}
	var said *gitError
	if !errors.As(err, &said) {
		return id, err
	}
	next := say("name a branch, a tag or a commit")
	if shallow, err := r.ask("rev-parse", "--is-shallow-repository"); err == nil && shallow == "true" {
		next = say("this clone is shallow: fetch its history (in GitHub's checkout action fetch-depth: 0), or: git fetch --unshallow")
	}
	return "", &failure{code: exitUsage, err: say("the repository has no revision %q", rev), next: next}
}

// errNoTree says that a directory was not there at a revision.
var errNoTree = errors.New("the revision has no directory")

// subtree is the object that the directory was at a commit.
func (r repository) subtree(commit, rev string) (string, error) {
	prefix, err := r.ask("rev-parse", "--show-prefix")
	if err != nil {
		return "", err
	}
	tree, err := r.ask("rev-parse", "--verify", "--end-of-options", commit+":"+strings.TrimSuffix(prefix, "/"))
	if err == nil {
		tree, err = r.ask("rev-parse", "--verify", "--end-of-options", tree+"^{tree}")
	}
	if said := new(gitError); errors.As(err, &said) {
		return "", &failure{code: exitInput, err: say("%w %s (%s)", errNoTree, path.Clean(prefix), rev), next: say("name a revision that has the tree")}
	}
	return tree, err
}

// maxGitFiles is how many files a directory may have at a revision, of all sorts.
// How many a tree may have is judged where trees are read.
const maxGitFiles = 2_000_000

// list finds the files below a tree object.
func (g *gitFiles) list(tree string) error {
	ctx, stop := context.WithCancel(g.ctx)
	defer stop()
	cmd := gitCommand(ctx, g.root, "ls-tree", "-rz", "--long", "--full-tree", tree)
	var said bytes.Buffer
	cmd.Stderr = &said
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		return g.explain(err, "")
	}
	wrong := g.lines(bufio.NewReader(out))
	if wrong != nil {
		stop()
	}
	err = cmd.Wait()
	switch {
	case g.ctx.Err() != nil:
		return g.ctx.Err()
	case wrong != nil:
		return wrong
	case err != nil:
		return fail(g.explain(err, said.String()))
	}
	for dir := range g.dirs {
		slices.SortFunc(g.dirs[dir], func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	}
	return nil
}

// lines reads the entries of ls-tree: MODE TYPE OBJECT SIZE, a tab, a path, and a
// byte that no path has.
func (g *gitFiles) lines(from *bufio.Reader) error {
	for {
		line, err := from.ReadString(0)
		if err == io.EOF && line == "" {
			return nil
		}
		if err != nil {
			return fail(say("git: listing files: %w", err))
		}
		what, name, _ := strings.Cut(strings.TrimSuffix(line, "\x00"), "\t")
		words := strings.Fields(what)
		if len(words) != 4 || !strings.HasPrefix(words[0], "100") {
			continue // a link or a submodule
		}
		size, err := strconv.ParseInt(words[3], 10, 64)
		if err != nil || !objectID.MatchString(words[2]) {
			return fail(say("git: listing files: %q", what))
		}
		if len(g.files) == maxGitFiles {
			return &failure{code: exitInput, err: say("the revision has more than %d files", maxGitFiles)}
		}
		g.add(gitFile{gitInfo{path.Base(name), size, 0o644}, words[2]}, name)
	}
}

// gitFiles is a directory at a revision as a file system.
type gitFiles struct {
	repository
	files map[string]gitFile
	dirs  map[string][]fs.DirEntry

	mu     sync.Mutex
	reader *blobReader
}

// gitFile is a file: what it is called, how large it is, and the object with its
// bytes.
type gitFile struct {
	gitInfo
	object string
}

// add takes a file, with the directories it lies in.
func (g *gitFiles) add(f gitFile, name string) {
	g.files[name] = f
	info := f.gitInfo
	for at := path.Dir(name); ; at = path.Dir(at) {
		_, known := g.dirs[at]
		g.dirs[at] = append(g.dirs[at], gitEntry{fs.FileInfoToDirEntry(info), g, path.Join(at, info.name)})
		if known || at == "." || at == "/" {
			return
		}
		info = gitInfo{path.Base(at), 0, fs.ModeDir | 0o755}
	}
}

// gitEntry is in a list of a directory: what it says of itself need not be so where
// its path leads, in a repository that nobody should have made so.
type gitEntry struct {
	fs.DirEntry
	files *gitFiles
	path  string
}

func (e gitEntry) Info() (fs.FileInfo, error) { return e.files.Stat(e.path) }

func (g *gitFiles) Stat(name string) (fs.FileInfo, error) {
	f, isFile := g.files[name]
	_, isDir := g.dirs[name]
	switch {
	case !fs.ValidPath(name):
		return nil, &fs.PathError{Op: "stat", Path: name, Err: fs.ErrInvalid}
	case isDir:
		return gitInfo{path.Base(name), 0, fs.ModeDir | 0o755}, nil
	case isFile:
		return f.gitInfo, nil
	}
	return nil, &fs.PathError{Op: "stat", Path: name, Err: fs.ErrNotExist}
}

func (g *gitFiles) ReadDir(name string) ([]fs.DirEntry, error) {
	info, err := g.Stat(name)
	switch {
	case err != nil:
		return nil, err
	case !info.IsDir():
		return nil, &fs.PathError{Op: "readdir", Path: name, Err: errors.New("not a directory")}
	}
	return slices.Clone(g.dirs[name]), nil
}

func (g *gitFiles) Open(name string) (fs.File, error) {
	info, err := g.Stat(name)
	if err == nil {
		err = g.ctx.Err()
	}
	if err != nil {
		return nil, err
	}
	if info.IsDir() {
		return &gitDir{gitInfo: info.(gitInfo), name: name, rest: g.dirs[name]}, nil
	}
	f := g.files[name]
	open := g.small
	if f.size > source.MaxFileBytes {
		open = g.large
	}
	r, err := open(f)
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: name, Err: err}
	}
	return openBlob{r, f.gitInfo}, nil
}

// small reads a file through the one process that gives all of them.
func (g *gitFiles) small(f gitFile) (io.ReadCloser, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.reader == nil {
		var err error
		if g.reader, err = g.blobs(); err != nil {
			return nil, err
		}
	}
	data, err := g.reader.read(f)
	if err != nil {
		g.reader.end()
		g.reader = nil // where it stands nobody knows
		if g.ctx.Err() != nil {
			err = g.ctx.Err()
		}
		return nil, err
	}
	return io.NopCloser(bytes.NewReader(data)), nil
}

// large reads a file through a process of its own, so that nobody has to hold it
// as a whole.
func (g *gitFiles) large(f gitFile) (io.ReadCloser, error) {
	ctx, stop := context.WithCancel(g.ctx)
	cmd := gitCommand(ctx, g.root, "cat-file", "blob", f.object)
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		stop()
		return nil, err
	}
	return &largeBlob{cmd: cmd, out: out, stop: stop, left: f.size}, nil
}

// largeBlob is the output of a process; it is whole, or reading it fails.
type largeBlob struct {
	cmd  *exec.Cmd
	out  io.ReadCloser
	stop context.CancelFunc
	left int64
}

func (b *largeBlob) Read(p []byte) (int, error) {
	n, err := b.out.Read(p)
	b.left -= int64(n)
	if err == io.EOF && b.left > 0 {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

func (b *largeBlob) Close() error {
	b.stop()
	_ = b.cmd.Wait() // it was stopped, whatever it was doing
	return nil
}

// blobReader is a running cat-file.
type blobReader struct {
	in  io.WriteCloser
	out *bufio.Reader
	end func()
}

// blobs starts a cat-file that ends with the context.
func (g *gitFiles) blobs() (*blobReader, error) {
	ctx, stop := context.WithCancel(g.ctx)
	cmd := gitCommand(ctx, g.root, "cat-file", "--batch")
	in, err := cmd.StdinPipe()
	var out io.ReadCloser
	if err == nil {
		out, err = cmd.StdoutPipe()
	}
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		stop()
		return nil, err
	}
	context.AfterFunc(ctx, func() { _ = cmd.Wait() }) // it was stopped
	return &blobReader{in, bufio.NewReaderSize(out, 1<<16), stop}, nil
}

// read asks for an object: the answer is OBJECT TYPE SIZE on a line, the bytes, and
// a line feed.
func (r *blobReader) read(f gitFile) ([]byte, error) {
	if _, err := io.WriteString(r.in, f.object+"\n"); err != nil {
		return nil, say("git: %w", err)
	}
	head, err := r.out.ReadString('\n')
	if err != nil {
		return nil, say("git: %w", err)
	}
	if want := fmt.Sprintf("%s blob %d\n", f.object, f.size); head != want {
		return nil, say("git: %s", strings.TrimSpace(head))
	}
	data := make([]byte, f.size+1)
	if _, err := io.ReadFull(r.out, data); err != nil {
		return nil, say("git: %w", err)
	}
	return data[:f.size], nil
}

// gitInfo describes a file or directory of a revision.
type gitInfo struct {
	name string
	size int64
	mode fs.FileMode
}

func (i gitInfo) Name() string       { return i.name }
func (i gitInfo) Size() int64        { return i.size }
func (i gitInfo) Mode() fs.FileMode  { return i.mode }
func (i gitInfo) IsDir() bool        { return i.mode.IsDir() }
func (i gitInfo) ModTime() time.Time { return time.Time{} }
func (i gitInfo) Sys() any           { return nil }

// openBlob is an open file of a revision.
type openBlob struct {
	io.ReadCloser
	info gitInfo
}

func (f openBlob) Stat() (fs.FileInfo, error) { return f.info, nil }

// gitDir is an open directory of a revision.
type gitDir struct {
	gitInfo
	name string
	rest []fs.DirEntry
}

func (d *gitDir) Stat() (fs.FileInfo, error) { return d.gitInfo, nil }
func (d *gitDir) Close() error               { return nil }
func (d *gitDir) Read([]byte) (int, error) {
	return 0, &fs.PathError{Op: "read", Path: d.name, Err: errors.New("is a directory")}
}

func (d *gitDir) ReadDir(n int) ([]fs.DirEntry, error) {
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
