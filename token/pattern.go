package token

import (
	"fmt"
	"strings"
)

// pattern is the Issuer of a Template, taken apart at its variable.
type pattern struct{ prefix, variable, suffix string }

func patternOf(text string) (pattern, error) {
	prefix, rest, open := strings.Cut(text, "{")
	name, suffix, closed := strings.Cut(rest, "}")
	p := pattern{prefix, "{" + name + "}", suffix}
	_, path, _ := strings.Cut(prefix, "://")
	switch {
	case !open || !closed || !isValue(name):
		return pattern{}, fmt.Errorf("Issuer is %q, want one variable in braces, named by letters and digits", text)
	case !strings.HasSuffix(path, "/") || suffix != "" && suffix[0] != '/':
		return pattern{}, fmt.Errorf("Issuer is %q, want a variable that is a whole segment of the path, and not in the host", text)
	case !isIdentifier(prefix + strings.Repeat("v", maxValue) + suffix):
		return pattern{}, fmt.Errorf("Issuer is %q, want %s", text, wantedIdentifier)
	}
	return p, nil
}

// value returns the part of an issuer between prefix and suffix.
func (p *pattern) value(issuer string) (string, bool) {
	value, ok := p.between(issuer)
	if !ok || !isValue(value) {
		return "", false
	}
	return value, true
}

// admits reports whether issuer, of a key, stands for all issuers of p.
func (p *pattern) admits(issuer string) bool {
	variable, ok := p.between(issuer)
	name, opened := strings.CutPrefix(variable, "{")
	name, closed := strings.CutSuffix(name, "}")
	return ok && opened && closed && isValue(name)
}

// isPlace reports whether the variable is in a URL as segments of the path, and
// nowhere else: in the host, a stranger who chooses iss would choose the server.
func (p *pattern) isPlace(url string) bool {
	_, rest, _ := strings.Cut(url, "://")
	_, path, _ := strings.Cut(rest, "/")
	segments := 0
	for segment := range strings.SplitSeq(path, "/") {
		if segment == p.variable {
			segments++
		}
	}
	return segments > 0 && segments == strings.Count(url, p.variable)
}

func (p *pattern) between(issuer string) (string, bool) {
	rest, ok := strings.CutPrefix(issuer, p.prefix)
	if !ok {
		return "", false
	}
	return strings.CutSuffix(rest, p.suffix)
}

const maxValue = 64

// isValue refuses what a path would mean something else by: slashes, escapes,
// "." and "..".
func isValue(s string) bool {
	if s == "" || len(s) > maxValue || s[0] == '.' {
		return false
	}
	for i := range len(s) {
		switch c := s[i]; {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '-', c == '_', c == '.':
		default:
			return false
		}
	}
	return true
}
