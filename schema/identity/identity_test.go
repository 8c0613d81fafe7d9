package identity

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// specimen is a number, none of a person's who lives: those that the authorities
// publish, and others made up with individual numbers that nobody gets.
type specimen struct {
	text    string
	kind    Kind
	certain bool
}

var specimens = []specimen{
	// T86: published examples have wrong check characters.
	{"131052-308T", Henkilotunnus, true}, {"010190-999K", Henkilotunnus, false}, {"010190-999W", Henkilotunnus, true},
	// Every century sign.
	{"010190+999W", Henkilotunnus, true}, {"010190YW999", "", false},
	{"010190Y999W", Henkilotunnus, true}, {"010190X999W", Henkilotunnus, true}, {"010190W999W", Henkilotunnus, true}, {"010190V999W", Henkilotunnus, true}, {"010190U999W", Henkilotunnus, true},
	{"010190A999W", Henkilotunnus, true}, {"010190B999W", Henkilotunnus, true}, {"010190C999W", Henkilotunnus, true}, {"010190D999W", Henkilotunnus, true}, {"010190E999W", Henkilotunnus, true}, {"010190F999W", Henkilotunnus, true},
	{"010190G999W", "", false}, {"010190a999w", Henkilotunnus, true}, {"010190/999W", "", false},
	{"131052-3081", CPR, false}, {"131052-308G", Henkilotunnus, false}, {"320190-999W", "", false}, {"290201-900X", "", false},
	{"290200A9001", Henkilotunnus, false}, {"290200+9001", "", false}, // 1800 was no leap year
	{"010190-001Ä", Placeholder, true}, {"010190-002ä", Placeholder, true}, {"010190A002A\u0308", Placeholder, true}, {"010190-003Ä", Henkilotunnus, false}, {"320190-001Ä", "", false},
	{"010190-0010", CPR, false}, {"010190-001P", Henkilotunnus, false}, // nobody has 001

	{"1.2.246.562.24.00000000001", Oppijanumero, true}, {"1.2.246.562.24.0000000001", "", false}, {"1.2.246.562.24.000000000012", "", false},
	{"1.2.246.562.10.31129956715", "", false}, // T87
	{"1.2.246.562.10.131052", "", false},

	// T89
	{"31129956715", Fodselsnummer, true}, {"02013299997", Fodselsnummer, true}, {"02013299903", Fodselsnummer, true}, {"30108299939", Fodselsnummer, true},
	{"41814061033", DNummer, true}, {"41810021827", DNummer, true}, {"311299 56715", Fodselsnummer, true}, {"311299-56715", Fodselsnummer, true},
	{"31129956716", "", false}, {"31129956725", "", false}, {"01019012345", "", false},

	{"640823-3234", Personnummer, true}, {"19640823-3234", Personnummer, true}, {"811218-9876", Personnummer, true}, {"640823+3234", Personnummer, true},
	{"196408233234", Personnummer, false}, {"6408233234", Personnummer, false}, {"640823-3235", Personnummer, false}, {"19640823-3235", "", false}, {"6408233235", "", false},
	{"640883-3231", Samordningsnummer, true}, {"19640883-3231", Samordningsnummer, true}, {"640823–3234", Personnummer, true}, // T91
	{"556036-0793", "", false}, {"16640823-3234", "", false},

	{"120160-3389", Kennitala, true}, {"120174-3399", Kennitala, true}, {"1201603389", Kennitala, false}, {"120160-3381", CPR, false}, {"500269-3249", Samordningsnummer, false}, {"420269-0050", "", false},
	{"070761-4285", Samordningsnummer, true}, // the best known example of a CPR-nummer, and a Swedish one by its Luhn digit
	{"311290-1018", CPR, false}, {"3112901018", CPR, false}, {"3112901019", "", false},

	// T90
	{"0204819-8", "", false}, {"0245929-6", "", false}, {"2756786-7", "", false}, {"974760673", "", false}, {"01901", "", false}, {"091", "", false}, {"0301", "", false},
	{"2026-06-22", "", false}, {"20260622", "", false}, {"123456", "", false}, {"20260622103000", "", false}, {strings.Repeat("0123456789abcdef", 4), "", false},
	{"", "", false}, {"131052", "", false}, {"131052-", "", false}, {"131052-308", "", false},
}

func TestSpecimens(t *testing.T) {
	frames := []string{"%", "name: % # x", "\"%\"", "(%)", "person/%", "t-%", "hetu_%", "%.yaml", "a.%,", "ä%ö ", "x: [%, y]", "% %\n%", "-%-"}
	for _, s := range specimens {
		for _, frame := range frames {
			text := strings.ReplaceAll(frame, "%", s.text)
			if strings.Contains(frame, "ä") && !s.certain {
				continue // a word glued on
			}
			var want []Match
			for at := 0; s.kind != ""; {
				i := strings.Index(text[at:], s.text)
				if i < 0 {
					break
				}
				want = append(want, Match{at + i, at + i + len(s.text), s.kind, s.certain})
				at += i + len(s.text)
			}
			if diff := cmp.Diff(want, Find(text)); diff != "" {
				t.Errorf("%q (-want +got):\n%s", text, diff)
			}
		}
	}
}

// TestNeighbours: what stands beside a number may make it none, and a word glued
// on does not.
func TestNeighbours(t *testing.T) {
	for _, c := range []struct {
		text string
		want string // what is found, "" for nothing
	}{
		{"t131052-308T", "131052-308T"}, {"opettaja131052-308Tkoulu", "131052-308T"}, {"t31129956715", "31129956715"}, {"31129956715abc.yaml", "31129956715"},
		{"1131052-308T", ""}, {"131052-308T1", ""}, {"131052-308T131052-308T", ""}, {"131052-30812", ""}, {"311299567150", ""},
		{"9fa131052A308Tc", ""}, {"131052-308Tf0", ""}, {"9f131052-308T", ""}, {"a31129956715f0", ""},
		{"1.31129956715", ""}, {"31129956715.5", ""}, {"31129956715.", "31129956715"}, {"a.31129956715", "31129956715"}, {"1.131052-308T", "131052-308T"}, {"131052-308T.1", "131052-308T"},
		{"1.2.246.562.24.00000000001.", "1.2.246.562.24.00000000001"}, {"1.2.246.562.24.00000000001.1", ""}, {"21.2.246.562.24.00000000001", ""}, {"0.1.2.246.562.24.00000000001", ""},
		{"1.2.246.562.224.00000000001", ""}, {"1.2.246.562.10.1.2.246.562.24.00000000001", ""}, {"oid1.2.246.562.24.00000000001", "1.2.246.562.24.00000000001"},
		{"t010190-999K", ""}, {"010190-999Kx", ""}, {"t6408233234", ""},
		{"ab131052-308b-4a3b-8c1d-0123456789ab", ""}, {"00131052-3081-4a3b-8c1d-640823323412", ""}, {"01234567-89ab-4cde-8f01-196408233234", ""}, {"01234567-89ab-4cde-8f01-196408233234-131052-308T", "131052-308T"},
		// Names of objects, with what may not stand in them escaped.
		{"131052-308_54", "131052-308_54"}, {"131052_2d308_54", "131052_2d308_54"}, {"_54131052-308_54", "131052-308_54"}, {"_4a131052-308_54", "131052-308_54"}, {"x_c3_a4131052-308_54y", "131052-308_54"},
		{"x_c3_a4131052-308_54", "131052-308_54"}, {"010190_2b999_57", "010190_2b999_57"}, {"010190-001_c3_84", "010190-001_c3_84"}, {"640823_e2_80_933234", "640823_e2_80_933234"},
		{"131052_x", ""}, {"131052_", ""}, {"131052_f", ""}, {"131052-308_", ""}, {"131052-308_5", ""}, {"131052_ff_ff_ff_ff", ""},
		// Escapes of a quoted scalar, and what takes no room.
		{`"\u003131052-308T"`, `\u003131052-308T`}, {`\x31\x33\U00000031\u0030\u0035\u0032\u002d308\u0054`, `\x31\x33\U00000031\u0030\u0035\u0032\u002d308\u0054`},
		{`\t131052-308T\n`, "131052-308T"}, {`\u0041131052-308T`, "131052-308T"}, {`\0131052-308T`, "131052-308T"}, {`\u00`, ""}, {`\`, ""}, {`131052\`, ""}, {`\U11111111131052-308T`, ""},
		{"131052-\\\n   308T", "131052-\\\n   308T"}, {"131052-\\\r\n308T", "131052-\\\r\n308T"}, {"131052-\n308T", ""},
		{"1310\u200b52-308T", "1310\u200b52-308T"}, {"13105\u00ad2\u00ad-308T", "13105\u00ad2\u00ad-308T"},
		// Digits and dashes of all sorts.
		{"１３１０５２－３０８Ｔ", "１３１０５２－３０８Ｔ"}, {"٣١١٢٩٩٥٦٧١٥", "٣١١٢٩٩٥٦٧١٥"}, {"640823−3234", "640823−3234"}, {"640823—3234", "640823—3234"}, {"640823‑3234", "640823‑3234"}, {"𝟔𝟒𝟎𝟖𝟐𝟑-3234", "𝟔𝟒𝟎𝟖𝟐𝟑-3234"},
		{"640823\xff3234", ""}, {"\xff131052-308T\xff", "131052-308T"}, {"010190-001\xc4", "010190-001\xc4"},
	} {
		got := ""
		for _, m := range Find(c.text) {
			got += c.text[m.Start:m.End]
		}
		if got != c.want {
			t.Errorf("%q: found %q, want %q", c.text, got, c.want)
		}
	}
}

// TestDigitValue: the tables of Unicode have digits in rows of ten.
func TestDigitValue(t *testing.T) {
	for _, zero := range []rune{'٠', '०', '০', '０', '𝟎', '𝟘', '𝟢', '𝟬', '𝟶', '𞥐'} {
		for i := range rune(10) {
			if got := simple(zero + i); got != byte('0'+i) {
				t.Errorf("%c is %c", zero+i, got)
			}
		}
	}
}

func TestCover(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"a: 131052-308T # x", "a: ••••••••••• # x"},
		{"ä１３１０５２－３０８Ｔ.", "ä•••••••••••."},
		{"t-131052-308t and 1.2.246.562.24.00000000001", "t-••••••••••• and ••••••••••••••••••••••••••"},
		{"131052-\\\n 308T", "••••••••\n•••••"},
		{"010190-0018.31129956715", "•••••••••••.•••••••••••"}, // the second shows when the first is hidden
		{"nothing 123", "nothing 123"}, {"", ""},
	} {
		if got := Cover(c.text); got != c.want {
			t.Errorf("%q: %q, want %q", c.text, got, c.want)
		}
	}
}

// TestHash holds the sums to what sha256sum prints.
func TestHash(t *testing.T) {
	for sum, values := range map[string][]string{
		"ed3515bde763330c5943f1829922cbf91d3e5f4ddc659194bd5284487706c3fc": {"131052-308T", "131052-308t", "131052–308T", "１３１０５２－３０８Ｔ", `\u003131052-308T`, "131052-308_54", "131052_2d308_54", "131052-\\\n  308T"},
		"fe603758fec8a3054e78b3d5d22cc66782f7d33bc0cf798d87d4389e0ca33047": {"010190-001Ä", "010190-001ä", "010190-001A\u0308", "010190-001_c3_84"},
		"eaf11ab9e5bde0a0ca3d4e8da0acb46c721f8566082db19c811e3d9c8099d5e4": {"1.2.246.562.24.00000000001"},
	} {
		for _, v := range values {
			if got := Hash(v); got != sum {
				t.Errorf("%q: %s, want %s", v, got, sum)
			}
		}
	}
}
