package source

import "testing"

func TestFormat(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"indentation and spaces", "kind:   School\nmetadata:\n      name:   testila\n      labels:\n      - a\n      -   b\n",
			"kind: School\nmetadata:\n  name: testila\n  labels:\n    - a\n    - b\n"},
		{"comments stay", "# head\n\n\n# second\nkind: School # at the end\n# between\nspec:   # on a key\n      # inside\n      title: x\n\n\n\n      level: basic\n# last\n",
			"# head\n\n# second\nkind: School  # at the end\n# between\nspec:  # on a key\n  # inside\n  title: x\n\n  level: basic\n# last\n"},
		{"several documents", "---\na: 1\n---   # why\nb: 2\n\n\n---\n# only a comment\n", "a: 1\n---\n# why\nb: 2\n# only a comment\n"},
		{"flow stays on its line", "spec: {match:   {kind: teacher,school: testila},groups: [ a,b , c ]}\n", "spec: {match: {kind: teacher, school: testila}, groups: [a, b, c]}\n"},
		{"flow over lines is joined", "groups: [a,\n   b,\n  c,\n]\n", "groups: [a, b, c]\n"},
		{"flow with comments", "groups: [a, # first\n  # second\n  b\n  ]\n", "groups: [\n    a,  # first\n    # second\n    b,\n  ]\n"},
		{"lists of mappings", "people:\n-   name: a\n    kind: teacher\n-\n  name: b\n- # why\n  name: c\n", "people:\n  - name: a\n    kind: teacher\n  - name: b\n  -  # why\n    name: c\n"},
		{"quotes stay", "a: \"01234\"\nb: 'it''s'\nc: \"say \\\"x\\\" # no comment\"\n\"d\" : e\n", "a: \"01234\"\nb: 'it''s'\nc: \"say \\\"x\\\" # no comment\"\n\"d\": e\n"},
		{"literal text", "a: |\n      one\n        two\n\n\n      three\n\nb: >-   # why\n   folded\n   text\n", "a: |\n  one\n    two\n\n\n  three\n\nb: >-  # why\n  folded\n  text\n"},
		{"plain text over lines", "a: one\n    two\n\n    three\nb: x\n", "a: one\n  two\n\n  three\nb: x\n"},
		{"empty values", "a:\nb: {}\nc: []\nd:\n\n  e: ~\n", "a:\nb: {}\nc: []\nd:\n  e: ~\n"},
		{"CRLF and BOM", "\ufeffa: 1\r\nb: 2\r\n", "a: 1\nb: 2\n"},
		{"only a comment", "# nothing here\n\n", "# nothing here\n"},
		{"nothing", "\n\n", ""},
		{"nested lists", "a:\n- - x\n  - y\n-\n  - z\n", "a:\n  - - x\n    - y\n  - - z\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := Format([]byte(c.in))
			if err != nil {
				raw, e := format([]byte(c.in))
				t.Fatalf("%v (%v):\n%s", err, e, raw)
			}
			if string(got) != c.want {
				t.Errorf("got\n%s\nwant\n%s", got, c.want)
			}
		})
	}
}
