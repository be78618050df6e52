package printable_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/postern-go/postern/internal/printable"
)

func TestLine(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ text, want string }{
		"empty":           {"", ""},
		"printable":       {`iss is "a", want "b\c"`, `iss is "a", want "b\c"`},
		"joined errors":   {"first\nsecond", "first; second"},
		"forged line":     {"x\r\nlevel=INFO msg=ok", "x; level=INFO msg=ok"},
		"terminal escape": {"a\x1b[2Jb", `a\x1b[2Jb`},
		"not ASCII":       {"é", `\u00e9`},
		"not UTF-8":       {"\xff", `\xff`},
		"line separator":  {"a\u2028b", `a\u2028b`},
		"NUL and DEL":     {"\x00\x7f", `\x00\x7f`},
		"space and tilde": {" ~", " ~"},
		"the longest":     {strings.Repeat("a", 299) + "\n" + strings.Repeat("b", 299), strings.Repeat("a", 299) + "; " + strings.Repeat("b", 299)},
		"too long":        {strings.Repeat("a", 601), strings.Repeat("a", 597) + "..."},
		"too long then":   {"\n" + strings.Repeat("a", 590) + "\x00\x00\x00", strings.Repeat("a", 590) + `\x00\x0...`},
		"short then":      {strings.Repeat("\n", 599) + "ab", "a..."},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, c.want, printable.Line(c.text))
		})
	}
}

func TestLineAllocatesNothing(t *testing.T) {
	text := strings.Repeat("a", printable.MaxLine)
	assert.Zero(t, testing.AllocsPerRun(100, func() { _ = printable.Line(text) }))
}

func TestIs(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{"": true, " ~": true, "a\x1f": false, "\x7fa": false, "\t": false, "é": false} {
		assert.Equal(t, want, printable.Is(text), "%q", text)
	}
}

func TestValue(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ value, want string }{
		"empty":      {"", ""},
		"JSON":       {`["a","b"]`, `["a","b"]`},
		"object":     {`{"a":1}`, `{"a":1}`},
		"string":     {`"a"`, `"a"`},
		"text":       {"a b", `"a b"`},
		"longest":    {strings.Repeat("a", 120), `"` + strings.Repeat("a", 120) + `"`},
		"long JSON":  {"[" + strings.Repeat("1", 120), "[" + strings.Repeat("1", 119) + "..."},
		"line break": {"\"a\nb\"", `"\"a\nb\""`},
		"long":       {strings.Repeat("a", 500), `"` + strings.Repeat("a", 120) + `"...`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, c.want, printable.Value(c.value))
		})
	}
}

func FuzzLine(f *testing.F) {
	f.Add("a\nb\x1b\xffé")
	f.Add(strings.Repeat("\n", 700))
	f.Add(strings.Repeat("\x00", 700))
	f.Fuzz(func(t *testing.T, text string) {
		for what, got := range map[string]string{"Line": printable.Line(text), "Value": printable.Value(text)} {
			if !printable.Is(got) || len(got) > 1000 {
				t.Errorf("%s(%q) is %q", what, text, got)
			}
		}
		if line := printable.Line(text); len(line) > printable.MaxLine {
			t.Errorf("Line has %d bytes", len(line))
		}
		if len(text) <= printable.MaxLine && printable.Is(text) && printable.Line(text) != text {
			t.Errorf("Line changed %q", text)
		}
	})
}
