package fetch

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// FreshFor reads from the header of an answer how long it stays fresh after
// received (RFC 9111 §4.2), for a private cache: s-maxage is for shared ones. A
// lifetime that cannot be read is zero. stated is false if the header
// says nothing about it.
func FreshFor(h http.Header, received time.Time) (lifetime time.Duration, stated bool) {
	d := parseCacheControl(h.Values("Cache-Control"))
	switch {
	case d.noStore || d.noCache:
		return 0, true
	case d.hasMaxAge:
		lifetime = d.maxAge
	case len(h.Values("Expires")) > 0:
		lifetime = expiresIn(h, received)
	default:
		return 0, false
	}
	return max(0, lifetime-Age(h)), true
}

// expiresIn is Expires minus Date (§4.2.1). Several or unreadable values,
// commonly "0", mean that the answer has expired (§5.3).
func expiresIn(h http.Header, received time.Time) time.Duration {
	values := h.Values("Expires")
	expires, err := http.ParseTime(values[0])
	if err != nil || len(values) > 1 {
		return 0
	}
	if date, err := http.ParseTime(h.Get("Date")); err == nil {
		received = date
	}
	return max(0, expires.Sub(received))
}

// Age is how long the answer has been in caches on its way (§5.1).
func Age(h http.Header) time.Duration {
	first, _, _ := strings.Cut(h.Get("Age"), ",")
	d, _ := deltaSeconds(trim(first))
	return d
}

// deltaSeconds reads a number of seconds (§1.2.2). Numbers too large to matter
// are cut to 2^31 as that section says, and never overflow.
func deltaSeconds(s string) (time.Duration, bool) {
	if s == "" || strings.Trim(s, "0123456789") != "" {
		return 0, false
	}
	n, _ := strconv.ParseUint(s, 10, 64) // the largest number for a larger one
	return time.Duration(min(n, 1<<31)) * time.Second, true
}

type directives struct {
	noStore, noCache, hasMaxAge bool
	maxAge                      time.Duration
}

// parseCacheControl reads the directives that matter here (§5.2). Names are
// case-insensitive, arguments are tokens or quoted strings, and unknown
// directives are ignored. The smallest of several max-age values counts, and an
// unreadable one counts as zero.
func parseCacheControl(lines []string) directives {
	var d directives
	for rest := strings.Join(lines, ","); rest != ""; {
		var name, argument string
		name, argument, rest = nextDirective(rest)
		switch strings.ToLower(name) {
		case "no-store":
			d.noStore = true
		case "no-cache":
			d.noCache = true
		case "max-age":
			seconds, _ := deltaSeconds(argument)
			if !d.hasMaxAge || seconds < d.maxAge {
				d.maxAge = seconds
			}
			d.hasMaxAge = true
		}
	}
	return d
}

// nextDirective takes one directive off the front of a list. The argument
// comes without quotes.
func nextDirective(list string) (name, argument, rest string) {
	end := strings.IndexAny(list, ",=")
	if end < 0 {
		return trim(list), "", ""
	}
	name, rest = trim(list[:end]), list[end+1:]
	if list[end] == ',' {
		return name, "", rest
	}
	if quoted := strings.TrimLeft(rest, " \t"); strings.HasPrefix(quoted, `"`) {
		argument, rest = unquote(quoted[1:])
		junk, after, _ := strings.Cut(rest, ",")
		if trim(junk) != "" {
			argument = "" // neither a token nor a quoted string
		}
		return name, argument, after
	}
	argument, rest, _ = strings.Cut(rest, ",")
	return name, trim(argument), rest
}

// unquote reads a quoted string after its opening quote. One that is not
// closed ends with the list.
func unquote(s string) (content, rest string) {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '"':
			return b.String(), s[i+1:]
		case s[i] == '\\' && i+1 < len(s):
			i++
		}
		b.WriteByte(s[i])
	}
	return "", ""
}

func trim(s string) string { return strings.Trim(s, " \t") }
