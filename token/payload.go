package token

import (
	"cmp"
	"slices"
	"strings"

	"github.com/postern-go/postern/internal/rejection"
	"github.com/postern-go/postern/internal/strict"
)

// claims are the claims that decide something, as received.
type claims struct {
	iss, sub, aud, exp, nbf, iat, jti strict.Value
	clientID, scope, cnf              strict.Value
	explicit                          bool   // the header's typ alone says that it is an access token
	idToken                           string // a claim that only ID tokens have, or ""
	others                            uint64 // bit i: required.others[i] of the verifier is there
	payload                           string // all of them, for telling what is there instead
	marked                            [maxMarkedClaims]strict.Value
}

// claims reads the payload. Its values are still to be checked.
func (v *Verifier) claims(payload string) (claims, error) {
	c := claims{payload: payload}
	err := strict.Members(payload, func(name string, value strict.Value) {
		switch name {
		case "iss":
			c.iss = value
		case "sub":
			c.sub = value
		case "aud":
			c.aud = value
		case "exp":
			c.exp = value
		case "nbf":
			c.nbf = value
		case "iat":
			c.iat = value
		case "jti":
			c.jti = value
		case "cnf":
			c.cnf = value
		case "nonce", "at_hash", "c_hash":
			c.idToken = name
		}
		switch name {
		case v.clientIDClaim:
			c.clientID = value
		case v.scopeClaim:
			c.scope = value
		}
		c.noteRequired(v.required.others, name, value)
		v.marks.note(&c, name, value)
	})
	if err != nil {
		return claims{}, &rejection.Error{Reason: ErrMalformed, Want: "a strict JSON object as payload", Cause: err}
	}
	return c, nil
}

// noteRequired marks a claim that is required by name only.
func (c *claims) noteRequired(required []string, name string, value strict.Value) {
	for i, r := range required {
		if r == name && value.Kind != strict.Null {
			c.others |= 1 << i
		}
	}
}

// unverifiedIssuer reads nothing but iss, for choosing who is to verify.
func unverifiedIssuer(payload string) (string, error) {
	var iss strict.Value
	err := strict.Members(payload, func(name string, value strict.Value) {
		if name == "iss" {
			iss = value
		}
	})
	if err != nil {
		return "", &rejection.Error{Reason: ErrMalformed, Want: "a strict JSON object as payload", Cause: err}
	}
	text, ok := iss.Text()
	if !ok {
		return "", (&rejection.Error{Reason: ErrIssuer, Claim: "iss", Want: "a string"}).Saw(iss)
	}
	return text, nil
}

// splitScopes reads a scope claim of the usual shape. Only the space
// separates: any other character, a tab included, is part of a scope that
// then matches nothing (RFC 6749 §3.3).
func splitScopes(value string) []string {
	scopes := make([]string, 0, 1+strings.Count(value, " "))
	for scope := range strings.SplitSeq(value, " ") {
		if scope != "" {
			scopes = append(scopes, scope)
		}
	}
	return unique(scopes)
}

// listStrings reads an array of strings. ok is false for anything else.
func listStrings(list strict.Value) (elements []string, ok bool) {
	// An element takes a comma, and three bytes at least.
	elements, ok = make([]string, 0, min(1+strings.Count(list.Raw, ","), 1+len(list.Raw)/3)), true
	isArray := list.Elements(func(v strict.Value) bool {
		var text string
		text, ok = v.Text()
		elements = append(elements, text)
		return ok
	})
	return elements, isArray && ok
}

// unique drops repetitions, in place and without looking at every pair when
// there are many. Nothing is left behind the end of what it returns, where it
// would keep the text of the whole token in memory.
func unique(list []string) []string {
	if len(list) < 2 {
		return list
	}
	kept := list[:0]
	if len(list) <= 32 {
		for _, s := range list {
			if !slices.Contains(kept, s) {
				kept = append(kept, s)
			}
		}
		clear(list[len(kept):])
		return kept
	}
	repeated := repetitions(list)
	for i, s := range list {
		if !repeated[i] {
			kept = append(kept, s)
		}
	}
	clear(list[len(kept):])
	return kept
}

// repetitions marks what stands in the list before. It sorts, for a map of
// thousands of strings takes several times the memory of the token.
func repetitions(list []string) []bool {
	order, repeated := make([]int32, len(list)), make([]bool, len(list))
	for i := range order {
		order[i] = int32(i) // fits: a token has no more than 65536 bytes
	}
	slices.SortFunc(order, func(a, b int32) int { return cmp.Or(strings.Compare(list[a], list[b]), cmp.Compare(a, b)) })
	for i := 1; i < len(order); i++ {
		repeated[order[i]] = list[order[i]] == list[order[i-1]]
	}
	return repeated
}
