package openapipostern

import (
	"errors"
	"fmt"
	"go/token"
	"net/url"
	"slices"
	"strings"
)

// patternOf turns a path template of OpenAPI into the path of a pattern of
// http.ServeMux that matches the same paths and no others. It also returns the
// names of the template's parameters.
//
// The syntaxes look alike and differ where it matters: a slash at the end is a
// slash for OpenAPI and every path below it for ServeMux.
func patternOf(template string, o *Options) (pattern string, params []string, err error) {
	rest, rooted := strings.CutPrefix(template, "/")
	if !rooted {
		return "", nil, errors.New("the path has no slash at its start")
	}
	var b strings.Builder
	b.WriteString(o.BasePath)
	var names []string
	segments := strings.Split(rest, "/")
	for i, segment := range segments {
		b.WriteByte('/')
		switch param, isParam, err := parameter(segment); {
		case err != nil:
			return "", nil, err
		case isParam:
			name, err := o.wildcard(param)
			if err != nil {
				return "", nil, err
			}
			if slices.Contains(names, name) {
				return "", nil, fmt.Errorf("two parameters are called %s in the pattern", quoted(name))
			}
			params, names = append(params, param), append(names, name)
			b.WriteString("{" + name + "}")
		case segment == "" && i == len(segments)-1:
			b.WriteString("{$}")
		default:
			if err := checkLiteral(segment); err != nil {
				return "", nil, err
			}
			b.WriteString(segment)
		}
	}
	return b.String(), params, nil
}

// parameter is the name in a segment that is one parameter. ServeMux matches
// whole segments only.
func parameter(segment string) (name string, is bool, err error) {
	if !strings.ContainsAny(segment, "{}") {
		return "", false, nil
	}
	rest, opened := strings.CutPrefix(segment, "{")
	name, closed := strings.CutSuffix(rest, "}")
	if !opened || !closed || strings.ContainsAny(name, "{}") {
		return "", false, fmt.Errorf("the segment %s is more than one parameter, and patterns have parameters that are whole segments", quoted(segment))
	}
	return name, true, nil
}

// wildcard is the name in patterns of a parameter.
func (o *Options) wildcard(param string) (string, error) {
	if name, ok := o.Wildcards[param]; ok {
		return name, nil
	}
	if !token.IsIdentifier(param) {
		return "", fmt.Errorf("the parameter %s is no Go identifier, as names in patterns are; give it one with Options.Wildcards", quoted(param))
	}
	return param, nil
}

// checkLiteral wants a segment that means the same to OpenAPI, to ServeMux and
// to a proxy in front of it.
func checkLiteral(segment string) error {
	plain, err := url.PathUnescape(segment)
	switch {
	case err != nil:
		return fmt.Errorf("the segment %s has an escape that is none", quoted(segment))
	case segment == "":
		return errors.New("the path has an empty segment")
	case plain == "." || plain == "..":
		return fmt.Errorf("the segment %s is removed from paths before they are matched", quoted(segment))
	case strings.Contains(plain, "/"):
		return fmt.Errorf("the segment %s hides a slash", quoted(segment))
	case strings.ContainsFunc(segment, notInSegment):
		return fmt.Errorf("the segment %s has a character that must be escaped in paths", quoted(segment))
	}
	return nil
}

// notInSegment is what RFC 3986 §3.3 does not allow in a segment.
func notInSegment(c rune) bool {
	return c <= ' ' || c > '~' || strings.ContainsRune("\"#/<>?[\\]^`{|}", c)
}
