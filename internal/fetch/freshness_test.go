package fetch_test

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/postern-go/postern/internal/fetch"
)

func FuzzFreshness(f *testing.F) {
	for _, control := range []string{
		"max-age=600", `Max-Age="600", foo=bar`, "max-age=600, max-age=60", "max-age=abc", "no-store", "", ",,",
		`x="a, max-age=1", max-age=2`, `x="\", max-age=1`, `max-age="6\00"`, `max-age="600"0`, "max-age = 5", "max-age",
		"max-age=99999999999999999999", "no-cache=\"x\", max-age=5", "s-maxage=5",
		"public, max-age=600", "max-age=600, public", ", max-age=600", `max-age="600\`, `x="\`, "private, must-revalidate, max-age=600, x",
	} {
		f.Add(control, "", "", "")
		f.Add(control, "10", "Thu, 01 Jan 1970 00:10:00 GMT", "Thu, 01 Jan 1970 00:00:00 GMT")
	}
	f.Add("public", "", "0", "")
	f.Add("", "1", "Thu, 01 Jan 0000 00:00:00 GMT", "")
	f.Add("", "1", "Thu, 01 Jan 9999 00:00:00 GMT", "Thu, 01 Jan 0001 00:00:00 GMT")
	f.Add("public", "5, 6", "Thursday, 01-Jan-70 00:10:00 GMT", "x")
	f.Fuzz(func(t *testing.T, control, age, expires, date string) {
		h := http.Header{}
		for name, value := range map[string]string{"Cache-Control": control, "Age": age, "Expires": expires, "Date": date} {
			if value != "" {
				h.Set(name, value)
			}
		}
		received := time.Unix(300, 0)
		got, gotTold := fetch.FreshFor(h, received)
		want, wantTold := naiveFreshFor(control, age, expires, date, received)
		if got != want || gotTold != wantTold {
			t.Fatalf("%v %v, want %v %v, for %q", got, gotTold, want, wantTold, h)
		}
		if got < 0 {
			t.Fatal("negative")
		}
	})
}

// Several values of Expires mean that the answer has expired, even equal ones.
func TestSeveralExpires(t *testing.T) {
	t.Parallel()
	const later, latest = "Thu, 01 Jan 1970 00:10:00 GMT", "Thu, 01 Jan 1970 01:00:00 GMT"
	for _, values := range [][]string{{later, later}, {later, latest}, {latest, "0"}, {"0", later}} {
		lifetime, stated := fetch.FreshFor(http.Header{"Expires": values}, time.Unix(300, 0))
		if lifetime != 0 || !stated {
			t.Errorf("%v %v for %q", lifetime, stated, values)
		}
	}
}

var (
	directive = regexp.MustCompile(`(?s)^[ \t]*([^,=]*?)[ \t]*(?:=[ \t]*("(?:[^"\\]|\\.)*"[^,]*|"(?:[^"\\]|\\.)*\\?$|[^,]*))?(?:,|$)`)
	quoted    = regexp.MustCompile(`(?s)^"((?:[^"\\]|\\.)*)"[ \t]*$`)
	escaped   = regexp.MustCompile(`(?s)\\(.)`)
	digits    = regexp.MustCompile(`^[0-9]+$`)
)

// naiveFreshFor is the same as a list of rules, with regular expressions.
func naiveFreshFor(control, age, expires, date string, now time.Time) (time.Duration, bool) {
	seconds := func(s string) (time.Duration, bool) {
		if !digits.MatchString(s) {
			return 0, false
		}
		s = strings.TrimLeft(s, "0")
		if len(s) > 10 || len(s) == 10 && s > "2147483648" {
			s = "2147483648"
		}
		d, _ := time.ParseDuration("0" + s + "s")
		return d, true
	}
	var ages []time.Duration
	for rest := control; rest != ""; {
		m := directive.FindStringSubmatch(rest)
		rest = rest[len(m[0]):]
		switch strings.ToLower(m[1]) {
		case "no-store", "no-cache":
			return 0, true
		case "max-age":
			argument := strings.Trim(m[2], " \t")
			if q := quoted.FindStringSubmatch(m[2]); q != nil {
				argument = escaped.ReplaceAllString(q[1], "$1")
			}
			d, _ := seconds(argument)
			ages = append(ages, d)
		}
	}
	elapsed, _ := seconds(strings.Trim(strings.Split(age, ",")[0], " \t"))
	switch {
	case len(ages) > 0:
		return max(0, slices.Min(ages)-elapsed), true
	case expires != "":
		at, err := http.ParseTime(expires)
		if err != nil {
			return 0, true
		}
		if from, err := http.ParseTime(date); err == nil {
			now = from
		}
		return max(0, max(0, at.Sub(now))-elapsed), true
	}
	return 0, false
}
