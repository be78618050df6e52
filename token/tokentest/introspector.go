package tokentest

import (
	"encoding/base64"
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/postern-go/postern/token/tokentest/internal/mint"
)

// Introspector is a client that may ask the issuer about tokens, and how it
// proves that it is this client. The methods that it has what it takes for are
// accepted, and a request has to use one of them.
type Introspector struct {
	// ID is the client id.
	ID string
	// Secret is for HTTP Basic authentication, with id and secret encoded as RFC
	// 6749 §2.3.1 has it, and for client_secret in the body. Empty: neither.
	Secret string
	// Raw wants id and secret as they are with Basic, as some servers do.
	Raw bool
	// Key is for private_key_jwt (RFC 7523 §2.2): an assertion that is for the
	// issuer's identifier and nothing else, ends within five minutes, and is used
	// once. Its private half is not used. Zero: no such assertion.
	Key SigningKey
	// Bearer is an access token for the endpoint (RFC 7662 §2.1). Empty: none.
	Bearer string
}

// Introspectors are the clients that may ask the issuer about tokens now.
func (i *Issuer) Introspectors() []Introspector {
	i.mu.Lock()
	defer i.mu.Unlock()
	return slices.Clone(i.may)
}

// SetIntrospectors replaces the clients that may ask the issuer about tokens,
// such as to change a secret. Without any, the credentials of every client are
// refused.
func (i *Issuer) SetIntrospectors(clients ...Introspector) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.may = slices.Clone(clients)
}

// introspector is the id of the client that has authenticated, or "". A request
// with two kinds of credentials has none (RFC 6749 §2.3).
func (i *Issuer) introspector(r IntrospectionRequest) string {
	i.mu.Lock()
	defer i.mu.Unlock()
	fields := r.Header.Values("Authorization")
	hasSecret, hasAssertion := r.Form.Has("client_secret"), r.Form.Has("client_assertion")
	switch {
	case len(fields) == 1 && !hasSecret && !hasAssertion:
		return i.byField(fields[0])
	case len(fields) == 0 && hasSecret && !hasAssertion:
		return i.match(func(c Introspector) bool {
			return c.Secret != "" && only(r.Form, "client_id", c.ID) && only(r.Form, "client_secret", c.Secret)
		})
	case len(fields) == 0 && !hasSecret && hasAssertion:
		return i.byAssertion(r.Form)
	default:
		return ""
	}
}

func only(form url.Values, name, value string) bool { return slices.Equal(form[name], []string{value}) }

// match needs i.mu.
func (i *Issuer) match(is func(Introspector) bool) string {
	if n := slices.IndexFunc(i.may, is); n >= 0 {
		return i.may[n].ID
	}
	return ""
}

func (i *Issuer) byField(field string) string {
	if token, ok := strings.CutPrefix(field, "Bearer "); ok {
		return i.match(func(c Introspector) bool { return c.Bearer != "" && c.Bearer == token })
	}
	encoded, ok := strings.CutPrefix(field, "Basic ")
	pair, err := base64.StdEncoding.DecodeString(encoded)
	if !ok || err != nil {
		return ""
	}
	return i.match(func(c Introspector) bool {
		id, secret := url.QueryEscape(c.ID), url.QueryEscape(c.Secret)
		if c.Raw {
			id, secret = c.ID, c.Secret
		}
		return c.Secret != "" && string(pair) == id+":"+secret
	})
}

const jwtAssertion = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

// byAssertion checks a client assertion (RFC 7523 §3). Its audience is one text:
// one among several could be used at the others.
func (i *Issuer) byAssertion(form url.Values) string {
	jwt, ok := mint.ParseSigned(form.Get("client_assertion"))
	var claims struct {
		Iss, Sub, Aud, Jti string
		Exp                int64
	}
	if !ok || !only(form, "client_assertion_type", jwtAssertion) || json.Unmarshal([]byte(jwt.Claims), &claims) != nil {
		return ""
	}
	id := i.match(func(c Introspector) bool { return c.ID == claims.Iss && jwt.By(mint.Key(c.Key)) })
	now := i.Now()
	switch end := time.Unix(claims.Exp, 0); {
	case id == "", claims.Sub != id, claims.Aud != i.identifier, form.Has("client_id") && !only(form, "client_id", id):
		return ""
	case !end.After(now), end.After(now.Add(5 * time.Minute)), claims.Jti == "", i.used[claims.Jti]:
		return ""
	}
	i.used[claims.Jti] = true
	return id
}
