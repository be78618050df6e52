package issuers

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"slices"

	"github.com/postern-go/postern/token/tokentest"
	"github.com/postern-go/postern/token/tokentest/internal/mint"
)

// form is how a server writes one kind of token: typ and other header
// parameters, the claims in order, and which of them have the client id and
// the scopes.
type form struct {
	typ       string // "" for none
	header    []claim
	clientID  string // name of the claim; "" means client_id
	scope     string // name of the claim; "" means scope
	scopeForm mint.Form
	claims    []claim
}

// claim is a name and a value. A value that is a func is made for each token,
// and gone takes the claim out.
type claim struct {
	name  string
	value any
}

type absence struct{}

// gone is for claims that a server leaves out and tokentest's own tokens have.
var gone any = absence{}

// ofRFC9068 are claims of tokentest's own tokens that are taken out where a
// form does not have them.
var ofRFC9068 = []string{"sub", "client_id", "scope", "jti"}

// edit makes the form one edit. It keeps aud where the form has none, and what
// earlier edits have put into a token besides.
func (f form) edit() tokentest.Edit {
	return tokentest.EditDraft(func(d *mint.Draft) {
		f.shapeHeader(d)
		d.RemoveScopes()
		d.Claims.Remove(d.ClientIDClaim)
		for _, name := range ofRFC9068 {
			d.Claims.Remove(name)
		}
		d.ClientIDClaim, d.ScopePath, d.ScopeForm = or(f.clientID, "client_id"), []string{or(f.scope, "scope")}, f.scopeForm
		for _, c := range f.claims {
			f.set(d, c)
		}
	})
}

func (f form) set(d *mint.Draft, c claim) {
	if value := made(c.value, d); value != gone {
		d.Claims.Set(c.name, value)
		return
	}
	d.Claims.Remove(c.name)
}

func (f form) shapeHeader(d *mint.Draft) {
	d.Header.Remove("typ")
	if f.typ != "" {
		d.Header.Set("typ", f.typ)
	}
	for _, c := range f.header {
		d.Header.Set(c.name, made(c.value, d))
	}
}

func made(value any, d *mint.Draft) any {
	if f, ok := value.(func(*mint.Draft) any); ok {
		return f(d)
	}
	return value
}

// with is the form with other claims, which replace those of the same name.
func (f form) with(claims ...claim) form {
	f.claims = slices.Clone(f.claims)
	for _, c := range claims {
		if n := slices.IndexFunc(f.claims, func(old claim) bool { return old.name == c.name }); n >= 0 {
			f.claims[n] = c
			continue
		}
		f.claims = append(f.claims, c)
	}
	return f
}

// without is the form without these claims.
func (f form) without(names ...string) form {
	f.claims = slices.DeleteFunc(slices.Clone(f.claims), func(c claim) bool { return slices.Contains(names, c.name) })
	return f
}

// The values that differ from token to token.
var (
	now    any = func(d *mint.Draft) any { return d.Now.Unix() }
	random any = func(*mint.Draft) any { return rand.Text() }
	uuid   any = func(*mint.Draft) any { return newUUID() }
)

// photosAPI is the service that the examples are about.
const photosAPI = "https://photos.example.com"

func prefixed(by string) any {
	return func(*mint.Draft) any { return by + rand.Text() }
}

// both is the aud of the draft and another one in an array, and single the
// first of the draft's.
func both(other string) any {
	return func(d *mint.Draft) any { return append(audienceOf(d), other) }
}

var single any = func(d *mint.Draft) any {
	if all := audienceOf(d); len(all) > 0 {
		return all[0]
	}
	return nil
}

func audienceOf(d *mint.Draft) []string {
	switch aud := d.Claims.Get("aud").(type) {
	case string:
		return []string{aud}
	case []string:
		return slices.Clone(aud)
	default:
		return nil
	}
}

func newUUID() string {
	b := make([]byte, 16)
	_, _ = rand.Read(b) // never fails
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

func randomHex(bytes int) string {
	b := make([]byte, bytes)
	_, _ = rand.Read(b) // never fails
	return hex.EncodeToString(b)
}

// opaque is a token that only the server itself can read.
func opaque(prefix string) tokentest.Edit {
	return tokentest.Compact(func(string) string { return prefix + rand.Text() + rand.Text() })
}

// encrypted is a token in the compact form of JWE (RFC 7516 §7.1), which only
// the server can read.
func encrypted() tokentest.Edit {
	return tokentest.Compact(func(string) string {
		part := func(bytes int) string { return mint.Encode(randomHex(bytes)) }
		header := mint.Encode(`{"cty":"JWT","enc":"A256GCM","alg":"RSA-OAEP"}`)
		return header + "." + part(128) + "." + part(6) + "." + part(256) + "." + part(8)
	})
}

// none is for kinds that a server has no tokens of.
func none(server, kind string) tokentest.Edit {
	return tokentest.EditDraft(func(*mint.Draft) {
		panic(fmt.Errorf("tokentest/issuers: %s has no %s", server, kind))
	})
}

func or(name, otherwise string) string {
	if name == "" {
		return otherwise
	}
	return name
}
