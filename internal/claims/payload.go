package claims

import (
	"github.com/postern-go/postern/internal/rejection"
	"github.com/postern-go/postern/internal/strict"
)

// Payload holds the claims that decide something, as received and unchecked.
type Payload struct {
	received
	circumstantial circumstantial
	looked         looked
}

// received is passed to each check by value: an indirect call with a pointer
// would move it to the heap.
type received struct {
	iss, sub, aud, exp, nbf, iat, jti  strict.Value
	clientID, scope, cnf, standsForAud strict.Value
	idToken                            string // a claim that only ID tokens have, or ""
	others                             uint64 // bit i: required.others[i] of the rules is there
	text                               string // all of the payload, for hints
	explicit                           bool   // the header's typ alone says that it is an access token
	gathered                           *gathered
}

// gathered is the result of the rules about claims anywhere in the payload, of
// scopes in several places, and of claims that few tokens have. It is nil if there
// are none of all these.
type gathered struct {
	brokenRule    error
	scopes        []string
	scopeFault    error
	circumstances *Circumstances
	brokenAct     error
}

// Explicit notes that the header's typ alone says that this is an access token,
// so that it need not be told from an ID token.
func (p *Payload) Explicit() { p.explicit = true }

// Read reads a payload, which must be a strict JSON object.
func (r *Rules) Read(payload string) (Payload, error) {
	c := Payload{received: received{text: payload}}
	if len(r.names) > fewLooked {
		c.looked.more = make([]strict.Value, len(r.names)-fewLooked)
	}
	err := strict.Members(payload, func(name string, value strict.Value) {
		c.keep(name, value)
		switch name {
		case r.ClientIDClaim:
			c.clientID = value
		case r.scopeClaim:
			c.scope = value
		}
		if name == r.AudienceClaim {
			c.standsForAud = value
		}
		c.noteRequired(r.required.others, name, value)
		r.note(&c, name, value)
	})
	if err != nil {
		return Payload{}, &rejection.Error{Reason: rejection.Malformed, Want: "a strict JSON object as payload", Cause: err}
	}
	return c, nil
}

// keep keeps a claim whose name says what it is, for every issuer.
func (p *Payload) keep(name string, value strict.Value) {
	switch name {
	case "iss":
		p.iss = value
	case "sub":
		p.sub = value
	case "aud":
		p.aud = value
	case "exp":
		p.exp = value
	case "nbf":
		p.nbf = value
	case "iat":
		p.iat = value
	case "jti":
		p.jti = value
	case "cnf":
		p.cnf = value
	case "nonce", "at_hash", "c_hash":
		p.idToken = name
	case "_claim_names":
		p.looked.distributed = value
	case "acr", "auth_time", "act":
		p.circumstantial.keep(name, value)
	}
}

// gather looks at claims anywhere in the payload. It is done before the checks,
// which get what was received by value and report in their order.
func (r *Rules) gather(p *Payload) {
	said, brokenAct := r.circumstances(&p.circumstantial)
	if len(r.must) == 0 && r.scopeClaim != "" && said == nil {
		return
	}
	g := &gathered{brokenRule: r.brokenRule(p), circumstances: said, brokenAct: brokenAct}
	if r.scopeClaim == "" {
		g.scopes, g.scopeFault = r.joinScopes(p)
	}
	p.gathered = g
}

// noteRequired marks a claim that is required by name only.
func (c *received) noteRequired(required []string, name string, value strict.Value) {
	for i, each := range required {
		if each == name && value.Kind != strict.Null {
			c.others |= 1 << i
		}
	}
}

// UnverifiedIssuer reads only iss, to choose the Verifier for the rest.
func UnverifiedIssuer(payload string) (string, error) {
	var iss strict.Value
	err := strict.Members(payload, func(name string, value strict.Value) {
		if name == "iss" {
			iss = value
		}
	})
	if err != nil {
		return "", &rejection.Error{Reason: rejection.Malformed, Want: "a strict JSON object as payload", Cause: err}
	}
	text, ok := iss.Text()
	if !ok {
		return "", (&rejection.Error{Reason: rejection.Issuer, Claim: "iss", Want: "a string"}).Saw(iss)
	}
	return text, nil
}
