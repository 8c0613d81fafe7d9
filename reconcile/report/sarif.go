package report

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/lupa-dev/lupa/reconcile/policy"
	"github.com/lupa-dev/lupa/schema/source"
)

// maxResults is how many results of a run GitHub shows; of more than 25,000 it
// refuses the file.
const maxResults = 5000

// maxRelated is how many other places a result leads to.
const maxRelated = 20

// What lupa says of SARIF 2.1.0; the names are those of the standard.
type (
	sarifLog struct {
		Schema  string     `json:"$schema"`
		Version string     `json:"version"`
		Runs    []sarifRun `json:"runs"`
	}
	sarifRun struct {
		Tool struct {
			Driver sarifDriver `json:"driver"`
		} `json:"tool"`
		AutomationDetails struct {
			ID string `json:"id"`
		} `json:"automationDetails"`
		Language    string               `json:"language"`
		ColumnKind  string               `json:"columnKind"`
		Bases       map[string]sarifBase `json:"originalUriBaseIds"`
		Invocations []sarifInvocation    `json:"invocations"`
		Results     []sarifResult        `json:"results"`
	}
	sarifBase struct {
		Description sarifText `json:"description"`
	}
	sarifDriver struct {
		Name            string      `json:"name"`
		SemanticVersion string      `json:"semanticVersion,omitempty"`
		Rules           []sarifRule `json:"rules"`
	}
	sarifRule struct {
		ID      string    `json:"id"`
		Name    string    `json:"name,omitempty"`
		Short   sarifText `json:"shortDescription"`
		Full    sarifText `json:"fullDescription"`
		Help    sarifText `json:"help"`
		Default struct {
			Level string `json:"level"`
		} `json:"defaultConfiguration"`
	}
	sarifInvocation struct {
		Successful    bool                `json:"executionSuccessful"`
		Notifications []sarifNotification `json:"toolExecutionNotifications,omitempty"`
	}
	sarifNotification struct {
		Level   string    `json:"level"`
		Message sarifText `json:"message"`
	}
	sarifResult struct {
		RuleID        string            `json:"ruleId"`
		RuleIndex     int               `json:"ruleIndex"`
		Level         string            `json:"level"`
		Message       sarifText         `json:"message"`
		Locations     []sarifLocation   `json:"locations"`
		Related       []sarifLocation   `json:"relatedLocations,omitempty"`
		Fingerprints  map[string]string `json:"partialFingerprints"`
		BaselineState string            `json:"baselineState,omitempty"`
	}
	sarifLocation struct {
		Physical struct {
			Artifact struct {
				URI  string `json:"uri"`
				Base string `json:"uriBaseId"`
			} `json:"artifactLocation"`
			Region struct {
				Line   int `json:"startLine"`
				Column int `json:"startColumn,omitempty"`
			} `json:"region"`
		} `json:"physicalLocation"`
		Logical []sarifLogical `json:"logicalLocations,omitempty"`
		Message *sarifText     `json:"message,omitempty"`
	}
	sarifLogical struct {
		Name string `json:"fullyQualifiedName"`
		Kind string `json:"kind"`
	}
	sarifText struct {
		Text string `json:"text"`
	}
)

// SARIF is what a command found as a log of the format SARIF 2.1.0, with a line
// feed.
func (t *Text) SARIF(c Check) ([]byte, error) {
	t = t.plain()
	all := t.notices(c)
	run := sarifRun{Language: cmp.Or(string(t.Lang), "en"), ColumnKind: "unicodeCodePoints", Results: []sarifResult{}} // as YAML's columns are counted
	run.AutomationDetails.ID = "lupa/" + c.Command + "/"
	run.Bases = map[string]sarifBase{sourceRoot: {sarifText{t.sentence("formats.root")}}}
	run.Tool.Driver = sarifDriver{Name: "lupa", SemanticVersion: c.Version, Rules: []sarifRule{}}
	did := sarifInvocation{Successful: true}
	if c.Silenced > 0 {
		did.Notifications = append(did.Notifications, sarifNotification{"note", sarifText{t.sentence("silenced", c.Silenced)}})
	}
	if left := len(all) - maxResults; left > 0 {
		all = all[:maxResults]
		did.Notifications = append(did.Notifications, sarifNotification{"warning", sarifText{t.sentence("formats.left", left)}})
	}
	run.Invocations = []sarifInvocation{did}
	index := t.sarifRules(&run, all)
	times := make(map[string]int)
	for _, n := range all {
		r := t.sarifResult(c, n)
		r.RuleIndex = index[n.code]
		print := t.fingerprint(n)
		times[print]++
		// The name is the one that GitHub looks at. Where it finds none it makes one
		// of the line, and two alerts of a line would be one.
		r.Fingerprints = map[string]string{"primaryLocationLineHash": print + ":" + strconv.Itoa(times[print])}
		run.Results = append(run.Results, r)
	}
	return marshal(sarifLog{"https://json.schemastore.org/sarif-2.1.0.json", "2.1.0", []sarifRun{run}})
}

// sarifRules gives a run the codes that occur, sorted, and tells where each stands.
func (t *Text) sarifRules(run *sarifRun, all []notice) map[string]int {
	index := make(map[string]int)
	for _, n := range all {
		index[n.code] = 0
	}
	for i, code := range slices.Sorted(maps.Keys(index)) {
		index[code] = i
		r := sarifRule{ID: code, Short: sarifText{t.about(code)}}
		if known, ok := policy.RuleOf(code); ok {
			r.Name = known.Name
		} else {
			r.Name = brakeNames[code]
		}
		r.Full, r.Help = r.Short, r.Short
		if keys := keysOf(code); len(keys) > 0 {
			r.Full.Text, r.Help.Text = t.described(keys), t.help(code, keys)
		}
		r.Default.Level = sarifLevel(severityOf(code))
		run.Tool.Driver.Rules = append(run.Tool.Driver.Rules, r)
	}
	return index
}

// severityOf is how much a code weighs by itself.
func severityOf(code string) policy.Severity {
	switch {
	case code == codeDrift || code == codeGain || brakeNames[code] != "":
		return policy.Warning
	}
	return policy.SeverityOf(code)
}

func sarifLevel(s policy.Severity) string {
	switch s {
	case policy.Error:
		return "error"
	case policy.Note:
		return "note"
	}
	return "warning"
}

func (t *Text) sarifResult(c Check, n notice) sarifResult {
	r := sarifResult{RuleID: n.code, Level: sarifLevel(n.severity), Message: sarifText{unlinked(strings.Join(append([]string{n.message}, n.hints...), "\n"))}}
	var first source.Pos
	if len(n.pos) > 0 {
		first = n.pos[0]
	}
	at := t.sarifLocation(c, first)
	if n.object != "" {
		at.Logical = []sarifLogical{{n.object, "object"}}
	}
	r.Locations = []sarifLocation{at}
	for i := 1; i < min(len(n.pos), maxRelated+1); i++ {
		also := t.sarifLocation(c, n.pos[i])
		also.Message = &sarifText{unlinked(t.sentence("also", own(t.spot(c.Root, n.pos[i]))))}
		r.Related = append(r.Related, also)
	}
	switch {
	case n.known:
		r.BaselineState = "unchanged"
	case c.Plan != nil && c.Plan.Since != nil:
		r.BaselineState = "new"
	}
	return r
}

// unlinked is a text without what SARIF takes for a link in one.
func unlinked(text string) string { return strings.ReplaceAll(text, "](", "] (") }

// sourceRoot is what paths of results are relative to: the top of the repository.
const sourceRoot = "SRCROOT"

// sarifLocation is a place in a file. GitHub wants a line: of what has none, or
// may not be shown, that is the first.
func (t *Text) sarifLocation(c Check, pos source.Pos) sarifLocation {
	var at sarifLocation
	name, whole := t.file(pos.File)
	at.Physical.Artifact.URI, at.Physical.Artifact.Base = escapePath(inRepository(c.Root, name)), sourceRoot
	at.Physical.Region.Line = 1
	if whole && pos.Line > 0 {
		at.Physical.Region.Line, at.Physical.Region.Column = pos.Line, max(pos.Col, 0)
	}
	return at
}

// escapePath is a path as a relative URI: all bytes but those that every URI may
// hold are escaped, so that neither a colon makes a scheme nor two slashes a host.
func escapePath(name string) string {
	const unreserved = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~/"
	var b strings.Builder
	for i := range len(name) {
		if strings.IndexByte(unreserved, name[i]) >= 0 {
			b.WriteByte(name[i])
		} else {
			fmt.Fprintf(&b, "%%%02X", name[i])
		}
	}
	return b.String()
}

// fingerprint is the same for the same finding wherever it stands, in every
// language. It is made of what the reader may see: cards are few, and could be
// guessed from a hash of them.
func (t *Text) fingerprint(n notice) string {
	h := sha256.New()
	for _, part := range n.same {
		fmt.Fprintf(h, "%q\n", t.safe(part))
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// keysOf are the keys of the sentences of a code, sorted.
func keysOf(code string) []string {
	var keys []string
	for key := range english {
		if rest, ok := strings.CutPrefix(key, code); ok && (rest == "" || rest[0] == '.') && aSentence.MatchString(key) {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return keys
}

// about is what a code means, in a sentence.
func (t *Text) about(code string) string {
	if english["about."+code] != nil {
		return t.sentence("about." + code)
	}
	if keys := keysOf(code); len(keys) > 0 {
		return t.caseOf(keys[0]).Text
	}
	return code
}

// maxDescription is how long GitHub lets the description of a rule be.
const maxDescription = 1000

// described is all that a code may say.
func (t *Text) described(keys []string) string {
	lines := make([]string, len(keys))
	for i, key := range keys {
		lines[i] = t.caseOf(key).Text
	}
	return cut(strings.Join(slices.Compact(lines), "\n"), maxDescription)
}

// help is what to try where a code is told, what one has to know besides, and where
// there is more.
func (t *Text) help(code string, keys []string) string {
	var lines []string
	for _, key := range keys {
		if c := t.caseOf(key); c.Hint != "" && !slices.Contains(lines, c.Hint) {
			lines = append(lines, c.Hint)
		}
	}
	if about := "rules." + code; english[about] != nil {
		lines = append(lines, t.sentence(about))
	}
	return strings.Join(append(lines, t.sentence("about.more", code)), "\n")
}
