// Package source reads YAML as lupa allows it: a tree of files becomes
// documents whose every value knows its file, line and column.
//
// YAML says more than a person who writes down permissions means: 01234 is the
// number 668, 2.20 is 2.2, an alias copies what nobody sees, a right-to-left
// mark shows one name and means another. So this package walks the nodes of
// the parser before anything is decoded, keeps the text of every scalar as it
// was written, and refuses what could be misread. Refusals are Problems: codes
// with places, all of them at once. What they mean in words is said elsewhere.
//
// It also writes YAML back in one canonical form, comments kept (Format), and
// adds to a file without touching what is there (Grow).
//
// It does not know kinds or fields; that is package schema.
package source

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Pos is a place in a file: path with forward slashes from the root of the
// tree, line and column counted from 1, the column in characters. Line 0 is
// the file as a whole.
type Pos struct {
	File string `json:"file"`
	Line int    `json:"line"`
	Col  int    `json:"col"`
}

// Compare orders places by file, line and column.
func (p Pos) Compare(o Pos) int {
	return cmp.Or(strings.Compare(p.File, o.File), cmp.Compare(p.Line, o.Line), cmp.Compare(p.Col, o.Col))
}

// Problem is something the author has to mend. It is a code and the words that
// belong into its sentence; it never holds a value that may be secret.
type Problem struct {
	Code    string   // a letter and two digits: E35
	Case    string   // which sentence of the code, where it has several
	Args    []string // what the sentence speaks of
	Pos     []Pos    // where; the first is the place to mend
	Suggest string   // what the author may have meant
}

// Key names the sentence of a problem: its code, and its case if it has one.
func (p Problem) Key() string {
	if p.Case == "" {
		return p.Code
	}
	return p.Code + "." + p.Case
}

// Compare orders problems by place, then by code.
func (p Problem) Compare(o Problem) int {
	return cmp.Or(slices.CompareFunc(p.Pos, o.Pos, Pos.Compare), strings.Compare(p.Key(), o.Key()), slices.Compare(p.Args, o.Args))
}

// Limits of what is read (contract). They are judged before the parser sees a
// byte, as far as bytes can tell.
const (
	MaxFileBytes   = 16 << 20
	MaxTreeBytes   = 2 << 30
	MaxFiles       = 100_000
	MaxDirectories = 100       // inside each other: the way to a file is walked anew for each
	MaxNodes       = 1_000_000 // a file
	MaxDepth       = 32
	MaxMappingKeys = 10_000
)

// File is one file of the tree, read.
type File struct {
	Path      string
	SHA256    [sha256.Size]byte
	Documents []*Document
	Problems  []Problem
	Lost      []byte // the text of documents that are not among Documents, as they cannot be read
	Text      []byte // all of it; of a file that is too large, its beginning
}

// List finds the YAML files of a tree, sorted by path. Hidden files and
// directories are skipped; what is named like YAML but is not a regular file
// inside the tree is a problem, and so is a path with characters that no document
// may hold. The error is the machine's.
func List(fsys fs.FS) (paths []string, problems []Problem, err error) {
	var total int64
	err = fs.WalkDir(fsys, ".", func(p string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return fmt.Errorf("listing files: %w", err)
		case p != "." && strings.HasPrefix(d.Name(), "."):
			if d.IsDir() {
				return fs.SkipDir
			}
			return nil
		case d.IsDir():
			if p == "." || strings.Count(p, "/") < MaxDirectories {
				return nil
			}
			problems = append(problems, limit(Pos{File: p}, "directories", MaxDirectories))
			return fs.SkipAll
		case !IsYAML(p):
			return nil
		}
		if odd, is := oddPath(p); is {
			problems = append(problems, odd)
			return nil
		}
		info, err := about(fsys, p, d)
		if err != nil && d.Type().IsRegular() && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("listing files: %w", err)
		}
		if err != nil || !info.Mode().IsRegular() {
			problems = append(problems, irregular(p))
			return nil
		}
		if total += info.Size(); total > MaxTreeBytes {
			problems = append(problems, limit(Pos{File: p}, "tree", MaxTreeBytes))
			return fs.SkipAll
		}
		if paths = append(paths, p); len(paths) > MaxFiles {
			problems = append(problems, limit(Pos{File: p}, "files", MaxFiles))
			return fs.SkipAll
		}
		return nil
	})
	slices.Sort(paths) // the walk goes by directories: a/b before a-b
	return paths, problems, err
}

// about is what a path leads to. Of a regular file the listing knows it already.
func about(fsys fs.FS, p string, d fs.DirEntry) (fs.FileInfo, error) {
	if d.Type().IsRegular() {
		return d.Info()
	}
	return fs.Stat(fsys, p)
}

// oddPath finds a path that would do something where it is shown, or that JSON
// cannot hold as it is.
func oddPath(p string) (Problem, bool) {
	for i, r := range p {
		if _, n := utf8.DecodeRuneInString(p[i:]); r == utf8.RuneError && n == 1 {
			return Problem{Code: "Y01", Case: "path", Pos: []Pos{{File: p}}}, true
		}
		if r == '\n' || r == '\t' || Invisible(r) {
			return Problem{Code: "Y02", Case: "path", Args: []string{CharName(r)}, Pos: []Pos{{File: p}}}, true
		}
	}
	return Problem{}, false
}

// Irregular says that a file is not regular or leads out of the tree. Reading such
// a file might never end; List leaves them out.
func Irregular(fsys fs.FS, p string) []Problem {
	if info, err := fs.Stat(fsys, p); err != nil || !info.Mode().IsRegular() {
		return []Problem{irregular(p)}
	}
	return nil
}

func irregular(p string) Problem {
	return Problem{Code: "Y07", Args: []string{p}, Pos: []Pos{{File: p}}}
}

// IsYAML reports whether a file is named like a file of documents.
func IsYAML(p string) bool {
	ext := path.Ext(p)
	return ext == ".yaml" || ext == ".yml"
}

func limit(pos Pos, what string, max int) Problem {
	text := strconv.Itoa(max)
	switch {
	case max%(1<<30) == 0:
		text = strconv.Itoa(max>>30) + " GiB"
	case max%(1<<20) == 0:
		text = strconv.Itoa(max>>20) + " MiB"
	}
	return Problem{Code: "Y06", Case: what, Args: []string{text}, Pos: []Pos{pos}}
}

// Read reads one file that List found. The error is the machine's.
func Read(fsys fs.FS, path string) (*File, error) {
	data, err := readText(fsys, path)
	if err != nil {
		return nil, err
	}
	return Parse(path, data), nil
}

// readText is the text of a file that List found; of one that is too large, its
// beginning. The error is the machine's.
func readText(fsys fs.FS, path string) ([]byte, error) {
	f, err := fsys.Open(path)
	if err != nil {
		return nil, fmt.Errorf("reading: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err == nil && info.Mode().Type() == fs.ModeNamedPipe { // since it was listed; one without a writer would be empty
		err = &fs.PathError{Op: "read", Path: path, Err: fs.ErrInvalid}
	}
	if err != nil {
		return nil, fmt.Errorf("reading: %w", err)
	}
	var data bytes.Buffer
	data.Grow(int(min(info.Size(), MaxFileBytes)) + bytes.MinRead)
	if _, err := data.ReadFrom(io.LimitReader(f, MaxFileBytes+1)); err != nil {
		return nil, fmt.Errorf("reading: %w", err)
	}
	return data.Bytes(), nil
}

// Parse reads the text of one file.
func Parse(path string, data []byte) *File { return new(Parser).Parse(path, data) }

// Parse reads the text of one file.
func (p *Parser) Parse(path string, data []byte) *File {
	return parse(path, data, &spent{parser: p})
}

func parse(path string, data []byte, spent *spent) *File {
	file := &File{Path: path, Text: data}
	if len(data) > MaxFileBytes {
		file.Problems, file.Lost = []Problem{limit(Pos{File: path}, "file", MaxFileBytes)}, data
		return file
	}
	file.SHA256 = sha256.Sum256(data)
	if file.Problems = checkBytes(path, data); len(file.Problems) > 0 {
		file.Lost = data
		return file
	}
	for _, part := range split(data) {
		doc, problems := parsePart(path, part, spent)
		file.Problems = append(file.Problems, problems...)
		if doc != nil {
			file.Documents = append(file.Documents, doc)
		} else if len(problems) > 0 {
			file.Lost = append(file.Lost, part.whole()...)
		}
		switch {
		case spent.nodes > MaxNodes: // enough work was done on this file
			file.Documents, file.Lost = nil, data
			return file
		case len(file.Problems) >= maxReports: // what follows is not read at all
			file.Lost = data
			return file
		}
	}
	return file
}

// spent is what the documents of a file have cost so far.
type spent struct {
	nodes   int
	opinion int     // bytes that the second parser was given
	parser  *Parser // unless whole
	whole   bool    // the parser is given every byte
}
