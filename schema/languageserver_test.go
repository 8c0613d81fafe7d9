package schema

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/textproto"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// languageServer is yaml-language-server, run as an editor runs it: JSON-RPC on
// its standard input and output.
type languageServer struct {
	t      *testing.T
	in     *bufio.Reader
	stderr strings.Builder
	asked  int
	found  map[string][]diagnostic // by file

	mu  sync.Mutex // messages are written whole
	out io.Writer
}

type diagnostic struct {
	Message  string
	Severity int
	Range    struct{ Start position }
}

// isError is the severity of what is wrong; others are remarks.
const isError = 1

type position struct {
	Line      int `json:"line"`
	Character int `json:"character"`
}

// message is one of JSON-RPC: a request, an answer or a notification.
type message struct {
	Version string          `json:"jsonrpc"`
	ID      json.RawMessage `json:"id,omitempty"`
	Method  string          `json:"method,omitempty"`
	Params  json.RawMessage `json:"params,omitempty"`
	Result  json.RawMessage `json:"result,omitempty"`
	Error   json.RawMessage `json:"error,omitempty"`
}

// patience is how long a server may live. It is killed then, so that a read
// that waits for it ends.
const patience = 4 * time.Minute

// startLanguageServer starts a server that ends with the test. Files without a
// modeline have the schemas that they are given here, globs by URI.
func startLanguageServer(t *testing.T, schemas map[string]string) *languageServer {
	t.Helper()
	modules := os.Getenv("LUPA_NODE_MODULES")
	if modules == "" {
		t.Skip("skipped: LUPA_NODE_MODULES names no directory with yaml-language-server")
	}
	ctx, stop := context.WithTimeout(context.Background(), patience)
	cmd := exec.CommandContext(ctx, "node", filepath.Join(modules, "yaml-language-server/bin/yaml-language-server"), "--stdio")
	s := &languageServer{t: t, found: make(map[string][]diagnostic)}
	cmd.Stderr = &s.stderr
	in, errIn := cmd.StdinPipe()
	out, errOut := cmd.StdoutPipe()
	if err := errors.Join(errIn, errOut, cmd.Start()); err != nil {
		stop()
		t.Fatal(err)
	}
	t.Cleanup(func() {
		stop()
		_ = cmd.Wait() // killed, and that is no fault
	})
	s.in, s.out = bufio.NewReader(out), in

	s.ask("initialize", map[string]any{
		"processId": os.Getpid(),
		"rootUri":   nil,
		"capabilities": map[string]any{"textDocument": map[string]any{
			"completion": map[string]any{"completionItem": map[string]any{"snippetSupport": true, "documentationFormat": []string{"markdown"}}},
		}},
	}, nil)
	s.tell("yaml/supportSchemaSelection", struct{}{}) // asks for the notice that is waited for below
	s.tell("initialized", struct{}{})
	settings := map[string]any{"schemas": schemas, "schemaStore": map[string]any{"enable": false}}
	for {
		m := s.read()
		switch m.Method {
		case "workspace/configuration": // of yaml, and of what does not matter here
			s.send(message{ID: m.ID, Result: s.json([]any{settings, nil, nil, nil})})
		case "yaml/schema/store/initialized":
			return s
		}
	}
}

// diagnose opens files, texts by URI, and waits for what the server says of each.
func (s *languageServer) diagnose(files map[string]string) {
	s.t.Helper()
	go func() { // beside the reading: both pipes may be full
		for uri, text := range files {
			s.open(uri, text)
		}
	}()
	for missing := len(files); missing > 0; {
		if m := s.read(); m.Method == "textDocument/publishDiagnostics" {
			var p struct {
				URI         string
				Diagnostics []diagnostic
			}
			s.parse(m.Params, &p)
			if _, again := s.found[p.URI]; !again {
				missing--
			}
			s.found[p.URI] = p.Diagnostics
		}
	}
}

func (s *languageServer) open(uri, text string) {
	s.tell("textDocument/didOpen", map[string]any{"textDocument": map[string]any{
		"uri": uri, "languageId": "yaml", "version": 1, "text": text,
	}})
}

// askAt asks about the place in a text where the caret ‸ stands. The text is a
// new file of a directory: the server remembers what it read under a name.
func (s *languageServer) askAt(method, directory, text string, answer any) {
	s.t.Helper()
	before, after, ok := strings.Cut(text, "‸")
	if !ok {
		s.t.Fatalf("no ‸ in %q", text)
	}
	uri := fmt.Sprintf("%s/%d.yaml", directory, s.asked)
	s.open(uri, before+after)
	s.ask(method, map[string]any{
		"textDocument": map[string]string{"uri": uri},
		"position":     position{Line: strings.Count(before, "\n"), Character: len(before) - strings.LastIndexByte(before, '\n') - 1},
	}, answer)
}

// ask sends a request and waits for its answer.
func (s *languageServer) ask(method string, params, answer any) {
	s.t.Helper()
	s.asked++
	id := strconv.Itoa(s.asked)
	s.send(message{ID: json.RawMessage(id), Method: method, Params: s.json(params)})
	for {
		m := s.read()
		if m.Method != "" || string(m.ID) != id {
			continue
		}
		if m.Error != nil {
			s.t.Fatalf("%s: %s", method, m.Error)
		}
		if answer != nil {
			s.parse(m.Result, answer)
		}
		return
	}
}

func (s *languageServer) tell(method string, params any) {
	s.send(message{Method: method, Params: s.json(params)})
}

func (s *languageServer) send(m message) {
	m.Version = "2.0"
	body := s.json(m)
	s.mu.Lock()
	defer s.mu.Unlock()
	// A server that is gone is found by the reader.
	_, _ = fmt.Fprintf(s.out, "Content-Length: %d\r\n\r\n%s", len(body), body)
}

func (s *languageServer) read() message {
	s.t.Helper()
	header, err := textproto.NewReader(s.in).ReadMIMEHeader()
	if err != nil {
		s.t.Fatalf("the language server is gone: %v\n%s", err, s.stderr.String())
	}
	length, err := strconv.Atoi(header.Get("Content-Length"))
	if err != nil {
		s.t.Fatal(err)
	}
	body := make([]byte, length)
	if _, err := io.ReadFull(s.in, body); err != nil {
		s.t.Fatalf("the language server is gone: %v\n%s", err, s.stderr.String())
	}
	var m message
	s.parse(body, &m)
	return m
}

func (s *languageServer) json(v any) json.RawMessage { return marshal(v) }

func (s *languageServer) parse(data []byte, v any) {
	s.t.Helper()
	if err := json.Unmarshal(data, v); err != nil {
		s.t.Fatalf("%v: %s", err, data)
	}
}
