package report

import "golang.org/x/text/message/catalog"

// englishIdentity is what there is to say about national national identity numbers. The
// value is never among the arguments.
var englishIdentity = map[string]catalog.Message{
	"E30":         catalog.String("a national identity number stands here, which no file may hold: %[1]s"),
	"E30?":        catalog.String("remove it, and write the card number of the register instead; what was committed is in Git's history still: tell whoever keeps the repository. If it is nobody's number: lupa rules E30"),
	"E30.name":    catalog.String("the name of a file or directory holds a national identity number: %[1]s"),
	"E30.name?":   catalog.String("rename it; what was committed is in Git's history still: tell whoever keeps the repository. If it is nobody's number: lupa rules E30"),
	"E30.row":     catalog.String("an id or title in the roster holds a national identity number, and would become a name: %[1]s"),
	"E30.row?":    catalog.String("export the roster with other ids, such as card numbers; if this one was committed, it is in Git's history still: tell whoever keeps the repository. If it is nobody's number: lupa rules E30"),
	"E30.more":    catalog.String("national identity numbers that stand here besides: %[1]s"),
	"W32":         catalog.String("this looks like a national identity number; it may be misspelt, or something else: %[1]s"),
	"W32?":        catalog.String("remove it if it is one, or an example of one; Git's history keeps what was committed. If it is something else: lupa rules E30"),
	"W32.name":    catalog.String("the name of a file or directory has what looks like a national identity number: %[1]s"),
	"W32.name?":   catalog.String("rename it if it is one; Git's history keeps what was committed. If it is something else: lupa rules E30"),
	"W32.more":    catalog.String("what looks like national identity numbers and stands here besides: %[1]s"),
	"N09.ended":   catalog.String("the day of this entry of the allow-list has come: what it names is looked at like everything else"),
	"N09.ended?":  catalog.String("remove it, or give it another day if the value is still nobody's number"),
	"N09.unused":  catalog.String("nothing in the tree is what this entry of the allow-list names"),
	"N09.unused?": catalog.String("remove it; or its sum is one of another spelling, or of a line feed too: lupa rules E30"),

	"rules.E30": catalog.String("Values, keys, comments, names of files and directories, and ids of rosters are looked at. The value is shown nowhere. " +
		"What is nobody's number, such as that of a printed form, goes on the allow-list, for a time: spec: {identifiers: [{sha256, reason, until}]} of a Policy. " +
		"The sum is what printf %%s 'VALUE' | sha256sum prints, in which VALUE has its separator or century sign, with every dash a hyphen and letters as capitals; " +
		"of an oppijanumero it is the whole OID, 1.2.246.562.24 and what follows."),
}
