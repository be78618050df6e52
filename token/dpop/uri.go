package dpop

import (
	"net/url"
	"strings"
)

// uri is an http or https URI without query and fragment, in the form in which
// two of them are compared (RFC 9449 §4.3, RFC 3986 §6.2.2 and §6.2.3).
type uri struct{ origin, path string }

func (u uri) String() string { return u.origin + u.path }

// parseURI reads the htu of a proof. It reports false for a text that is no such
// URI, and for one with a user.
func parseURI(text string) (uri, bool) {
	text, _, _ = strings.Cut(text, "#")
	text, _, _ = strings.Cut(text, "?")
	scheme, rest, ok := strings.Cut(text, "://")
	if !ok {
		return uri{}, false
	}
	host, path := rest, ""
	if i := strings.IndexByte(rest, '/'); i >= 0 {
		host, path = rest[:i], rest[i:]
	}
	return normalized(scheme, host, path)
}

// uriOf is the URI of a call. It reports false if that is not known.
func uriOf(u *url.URL) (uri, bool) {
	if u == nil {
		return uri{}, false
	}
	return normalized(u.Scheme, u.Host, pathAsSent(u))
}

// pathAsSent is the path of u without a change of its escapes. EscapedPath would
// escape a path anew that has characters which no URI has, and lose what tells
// "/" from "%2F".
func pathAsSent(u *url.URL) string {
	if u.RawPath != "" {
		if path, err := url.PathUnescape(u.RawPath); err == nil && path == u.Path {
			return u.RawPath
		}
	}
	return u.EscapedPath()
}

func normalized(scheme, host, path string) (uri, bool) {
	scheme = strings.ToLower(scheme)
	port, known := map[string]string{"https": "443", "http": "80"}[scheme]
	host, ok := authority(host, port)
	if !known || !ok {
		return uri{}, false
	}
	host = strings.ToLower(host)
	path, ok = unescaped(path)
	if !ok || path != "" && path[0] != '/' {
		return uri{}, false
	}
	return uri{scheme + "://" + host, withoutDots(path)}, true
}

// authority is host without an empty port and without the default port, and
// whether it is a host with a port or without.
func authority(host, defaultPort string) (string, bool) {
	name, port := host, ""
	if i := strings.LastIndexByte(host, ':'); i >= 0 && !strings.HasSuffix(host, "]") {
		name, port = host[:i], host[i+1:]
	}
	if !isHost(name) || strings.Trim(port, "0123456789") != "" {
		return "", false
	}
	if port == "" || port == defaultPort {
		return name, true
	}
	return name + ":" + port, true
}

// isHost reports whether name is a name, an IPv4 address, or something in brackets
// like an IPv6 address, all of ASCII: the lower case of some other letters is ASCII.
func isHost(name string) bool {
	const inName = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_~"
	const inBrackets = "abcdefABCDEF0123456789:."
	if inside, ok := strings.CutPrefix(name, "["); ok {
		inside, ok = strings.CutSuffix(inside, "]")
		return ok && inside != "" && strings.Trim(inside, inBrackets) == ""
	}
	return name != "" && strings.Trim(name, inName) == ""
}

// unescaped decodes the escapes of characters that need none, and spells all
// others in upper case (RFC 3986 §6.2.2.1, §6.2.2.2). It reports false for escapes
// of nothing, and for a path that is not printable ASCII.
func unescaped(path string) (string, bool) {
	var b strings.Builder
	b.Grow(len(path))
	for i := 0; i < len(path); i++ {
		c := path[i]
		if c <= ' ' || c > '~' {
			return "", false
		}
		if c != '%' {
			b.WriteByte(c)
			continue
		}
		if len(path)-i < 3 || !isHex(path[i+1]) || !isHex(path[i+2]) {
			return "", false
		}
		if c = fromHex(path[i+1])<<4 | fromHex(path[i+2]); isUnreserved(c) {
			b.WriteByte(c)
		} else {
			b.WriteString(strings.ToUpper(path[i : i+3]))
		}
		i += 2
	}
	return b.String(), true
}

func isUnreserved(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '-' || c == '.' || c == '_' || c == '~'
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}

func fromHex(c byte) byte {
	switch {
	case c <= '9':
		return c - '0'
	case c <= 'F':
		return c - 'A' + 10
	default:
		return c - 'a' + 10
	}
}

// withoutDots removes dot segments (RFC 3986 §5.2.4) of a path that is empty or
// begins with a slash. An empty path becomes "/". Empty segments stay.
func withoutDots(path string) string {
	if !strings.Contains(path, "/.") {
		return "/" + strings.TrimPrefix(path, "/")
	}
	segments := strings.Split(path[1:], "/")
	kept := segments[:0]
	for i, segment := range segments {
		last := i == len(segments)-1
		switch segment {
		case "..":
			kept = kept[:max(len(kept)-1, 0)]
		case ".":
		default:
			kept = append(kept, segment)
			continue
		}
		if last {
			kept = append(kept, "")
		}
	}
	return "/" + strings.Join(kept, "/")
}
