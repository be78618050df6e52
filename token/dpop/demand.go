package dpop

import (
	"net/http"
	"strings"
)

// demandsNonce reports whether resp refuses a request because its proof has no nonce,
// or not the one that the server wants (RFC 9449 §9).
func demandsNonce(resp *http.Response) bool {
	if resp.StatusCode != http.StatusUnauthorized {
		return false
	}
	const most = 16 // fields; a server has one for each scheme
	values := resp.Header.Values("WWW-Authenticate")
	for _, value := range values[:min(len(values), most)] {
		if refusedForNonce(value) {
			return true
		}
	}
	return false
}

// refusedForNonce reports whether a WWW-Authenticate field has a challenge of DPoP
// with the error use_dpop_nonce. It reads the grammar of RFC 9110 §11.6.1, as far as
// the field follows it.
func refusedForNonce(value string) bool {
	r := challenges{rest: value}
	inDPoP, told := false, false // told: the challenge has told its error
	for {
		r.skip(" \t,")
		name := r.word()
		if name == "" {
			return false // the end, or no challenge
		}
		text, isParam := r.value()
		switch {
		case !isParam:
			inDPoP, told = strings.EqualFold(name, dpopScheme), false
			r.token68()
		case inDPoP && !told && strings.EqualFold(name, "error"):
			if told = true; text == "use_dpop_nonce" {
				return true
			}
		}
	}
}

// challenges is what is left to read of a WWW-Authenticate field.
type challenges struct{ rest string }

func (c *challenges) skip(chars string) { c.rest = strings.TrimLeft(c.rest, chars) }

// word reads a token of RFC 9110 §5.6.2, or "".
func (c *challenges) word() string {
	const in = "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	left := strings.TrimLeft(c.rest, in)
	word := c.rest[:len(c.rest)-len(left)]
	c.rest = left
	return word
}

// value reads "=" and a value, if they are next.
func (c *challenges) value() (string, bool) {
	after := strings.TrimLeft(c.rest, " \t")
	if !strings.HasPrefix(after, "=") {
		return "", false
	}
	c.rest = strings.TrimLeft(after[1:], " \t")
	if strings.HasPrefix(c.rest, `"`) {
		return c.quoted(), true
	}
	return c.word(), true
}

// quoted reads a quoted-string (RFC 9110 §5.6.4). One without an end takes the rest,
// and has no value.
func (c *challenges) quoted() string {
	var b strings.Builder
	for i := 1; i < len(c.rest); i++ {
		switch c.rest[i] {
		case '"':
			c.rest = c.rest[i+1:]
			return b.String()
		case '\\':
			i++
		}
		if i < len(c.rest) {
			b.WriteByte(c.rest[i])
		}
	}
	c.rest = ""
	return ""
}

// token68 skips what stands behind a scheme in place of parameters, if it is next
// (RFC 9110 §11.2).
func (c *challenges) token68() {
	const in = "-._~+/0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	after := strings.TrimLeft(strings.TrimLeft(strings.TrimLeft(c.rest, " \t"), in), "=")
	if end := strings.TrimLeft(after, " \t"); end == "" || end[0] == ',' {
		c.rest = end
	}
}
