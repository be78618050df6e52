package introspect

import (
	"errors"
	"slices"
	"strings"

	"github.com/postern-go/postern/internal/claims"
	"github.com/postern-go/postern/internal/evidence"
	"github.com/postern-go/postern/internal/rejection"
	"github.com/postern-go/postern/internal/strict"
)

// errAnswer means that an answer cannot be read, which says nothing about the token. No
// part of an answer is in an error but active: it may have the token in it.
var errAnswer = errors.New("introspect: not an introspection answer")

// readActive reads an answer as a strict JSON object, and active in it (RFC 7662 §2.2).
func readActive(text string) (active bool, err error) {
	var value strict.Value
	invalid := strict.Members(text, func(name string, v strict.Value) {
		if name == "active" {
			value = v
		}
	})
	switch {
	case invalid != nil:
		return false, evidence.Errorf(errAnswer, "%v, want a JSON object with distinct members (RFC 7662, 2.2)", invalid)
	case value.Kind != strict.Bool:
		return false, evidence.Errorf(errAnswer, "active is %s, want true or false (RFC 7662, 2.2)", value.Kind)
	}
	return value.Raw == "true", nil
}

// judge checks the claims of an answer about an active token.
func (a *Authenticator) judge(text string, report func(check string, err error) bool) (*claims.Set, bool) {
	rules := a.checks.Rules()
	p, err := rules.Read(text)
	if err != nil {
		report("answer is strict JSON", err)
		return nil, false
	}
	kind := readTypes(text)
	if !report("token_type", a.checkType(&kind)) {
		return nil, false
	}
	set, all := rules.Check(&p, a.now(), report)
	if !all || !report("token_type and cnf", kind.checkBinding(set)) {
		return nil, false
	}
	set.JSON = text
	return set, true
}

// types are members that say what kind of token an answer is about.
type types struct{ tokenType, tokenUse strict.Value }

func readTypes(text string) (t types) {
	_ = strict.Members(text, func(name string, v strict.Value) {
		switch name {
		case "token_type":
			t.tokenType = v
		case "token_use": // of Hydra
			t.tokenUse = v
		}
	})
	return t
}

// checkType refuses tokens of another kind, where the issuer says so: some endpoints
// find refresh tokens and ID tokens active.
func (a *Authenticator) checkType(t *types) error {
	if t.tokenType.Kind != strict.Absent {
		name, _ := t.tokenType.Text()
		if !slices.ContainsFunc(a.tokenTypes, func(known string) bool { return strings.EqualFold(known, name) }) {
			return (&rejection.Error{Reason: rejection.Type, Claim: "token_type", Want: a.wantTypes, Setting: "Config.TokenTypes"}).Saw(t.tokenType)
		}
	}
	if use, _ := t.tokenUse.Text(); t.tokenUse.Kind != strict.Absent && use != "access_token" && use != "access" {
		return (&rejection.Error{Reason: rejection.Type, Claim: "token_use", Want: `"access_token" or "access"`}).Saw(t.tokenUse)
	}
	return nil
}

// checkBinding refuses a token of type DPoP without the key that it is bound to, which
// would pass for one that is not bound (RFC 9449 §6.2).
func (t *types) checkBinding(set *claims.Set) error {
	if name, _ := t.tokenType.Text(); !strings.EqualFold(name, "DPoP") {
		return nil
	}
	bound := false
	_ = strict.Members(set.Confirmation.Raw, func(name string, _ strict.Value) { bound = bound || name == "jkt" })
	if bound {
		return nil
	}
	return (&rejection.Error{Reason: rejection.Binding, Claim: "cnf", Want: "jkt, the key of a token of type DPoP"}).Saw(set.Confirmation)
}

// isClientFault reports whether an error code of a 400 is about this service, and not
// about the token (RFC 6749 §5.2).
func isClientFault(code string) bool {
	return code == "invalid_client" || code == "unauthorized_client"
}

// isTokenFault reports whether an error code of a 400 is about the token: it is of a
// kind that the endpoint does not answer for (RFC 7009 §2.2.1), or none at all (RFC
// 6750 §3.1).
func isTokenFault(code string) bool {
	return code == "unsupported_token_type" || code == "invalid_token"
}

// errorCode is the error of a 400 with a JSON object (RFC 6749 §5.2), or "".
func errorCode(body string) string {
	var code string
	err := strict.Members(body, func(name string, v strict.Value) {
		if name == "error" {
			code, _ = v.Text()
		}
	})
	if err != nil {
		return ""
	}
	return code
}
