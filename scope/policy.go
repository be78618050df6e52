package scope

import (
	"context"
	"slices"
	"strings"

	"github.com/postern-go/postern/token"
)

// Policy lists the requirements of a call. Policies are immutable values that
// may be shared and used concurrently. The zero Policy refuses every call: a
// caller with a good token is denied, any other is asked for one.
type Policy struct {
	access access
	onCall bool    // one of the rules is about the call
	fresh  bool    // one of the rules is Fresh
	rules  []rule  // in the order in which they decide
	trial  *Policy // only reports; nil for none

	operation *operation // of the Table that it was taken from; nil for none
}

// access says whether a policy needs a token.
type access uint8

const (
	refused   access = iota
	public           // no token is looked at
	rehearsed        // a token is looked at, and nothing is refused
	optional         // a token is checked if there is one
	required
)

// The policies that ask for no scope.
var (
	// Public lets every call through and looks at no credentials, not even
	// bad ones. The handler finds no token in its context.
	Public = Policy{access: public}
	// Optional lets a call without a token through. A token that is
	// presented must be good; the handler may find it in its context.
	Optional = Policy{access: optional}
	// Authenticated asks for a good token and for nothing else.
	Authenticated = Policy{access: required}
	// User asks for a good token with a user as its subject: it denies clients
	// that act on their own behalf (RFC 9068 §5, RFC 9700 §4.15), and tokens
	// that prove neither a user nor a client, with token.ErrSubjectUnknown. The
	// proof of a user depends on the issuer, so set Profile.Users of its
	// token.Config; see also NeverMet.
	User = ofKind(token.SubjectUser, token.SubjectClient, "Config.Profile.Users")
	// Client asks for a good token of a client that acts on its own behalf. A
	// sub equal to the client id proves that, and Profile.Clients names other
	// proofs. Like User it denies what it cannot tell.
	Client = ofKind(token.SubjectClient, token.SubjectUser, "Config.Profile.Clients")
)

// All asks for a good token with every one of the scopes.
//
// It panics, with an error that matches token.ErrConfig, if it gets no scope or
// an invalid one (see Valid): it is for literals. Run other text through Parse
// first.
func All(scopes ...string) Policy { return scopeRule("all", scopes, false) }

// Any asks for a good token with at least one of the scopes. Like All, it
// panics if there are none or one is not valid.
func Any(scopes ...string) Policy { return scopeRule("any", scopes, true) }

// Claims asks for a good token with claims that f approves of. They are decoded
// into a T as by token.ClaimsOf; claims that do not fit T refuse the token with
// ErrClaim. name stands for the rule in errors and in String, there in quotes if
// it reads like another policy.
//
// f may be called concurrently and should not block. If it returns an error
// that matches one of the outcomes of package token, such as a
// token.StepUpError, that is the answer; any other error is token.ErrDenied. A
// panic of f surfaces in the goroutine of the call, like a panic of a handler,
// and lets no call through. Claims panics, with an error that matches
// token.ErrConfig, if name is empty or f is nil.
func Claims[T any](name string, f func(T) error) Policy {
	mustHave(name, f != nil)
	return custom(name, func(t *token.Token) error {
		claims, err := token.ClaimsOf[T](t)
		if err != nil {
			return err
		}
		return f(claims)
	})
}

// Func asks for a good token that f approves of. It is Claims for rules about
// what is known of every token, such as its principal or its age. The same is
// true of name, of f and of its errors. Like Claims, Func panics if name is empty
// or f is nil.
func Func(name string, f func(*token.Token) error) Policy {
	mustHave(name, f != nil)
	return custom(name, f)
}

// And asks for everything that p and q ask for. Bound is checked first, then
// step-up rules, then scopes, then claims in the order given. The stricter of both decides whether a token is
// needed; a zero Policy on either side makes the result refuse every call.
//
// An alternative made by Or that asks for scopes and logins alone counts as a scope
// here. For any other the missing scopes are named only if all else holds.
func (p Policy) And(q Policy) Policy {
	if p.IsZero() || q.IsZero() {
		return Policy{}
	}
	rules := slices.Concat(p.rules, q.rules)
	slices.SortStableFunc(rules, byStage)
	return Policy{
		access: max(p.access, q.access), rules: rules, trial: together(p.trial, q.trial), onCall: p.onCall || q.onCall,
		fresh:     p.fresh || q.fresh,
		operation: commonOperation(p, q),
	}
}

// IsAboutCall reports whether a rule of p looks at the call and not at the token
// alone, as that of Tenant does. Guards make a context for CheckCall then.
func (p Policy) IsAboutCall() bool { return p.onCall }

// IsZero reports whether p is the zero Policy, which refuses every call.
func (p Policy) IsZero() bool { return p.access == refused }

// IsPublic reports whether p looks at no credentials at all, so that there is
// nothing to authenticate.
func (p Policy) IsPublic() bool { return p.access == public }

// IsOptional reports whether p lets a call without a token through but checks
// a token that is there.
func (p Policy) IsOptional() bool { return p.access == optional }

// Scopes lists every scope the policy speaks of, once each.
func (p Policy) Scopes() []string {
	var scopes []string
	for _, r := range p.rules {
		scopes = appendNew(scopes, r.scopes()...)
	}
	return scopes
}

// Check returns nil if t is enough for the call, and otherwise an error that
// matches exactly one of the outcomes of package token: ErrMissing if a token
// is needed and t is nil or zero, a *token.ScopeError or *token.StepUpError that
// names everything the call needs, ErrDenied, or what a function of Claims or Func returned. Its text
// names the rule that refused, for operators. It does not block unless such a
// function does.
//
// A rule about the call, such as that of Tenant, is denied; see CheckCall.
func (p Policy) Check(t *token.Token) error { return p.decide(call{token: t}) }

// CheckCall is Check for a call with this context. Guards use it.
func (p Policy) CheckCall(ctx context.Context, t *token.Token) error {
	return p.decide(call{ctx, t})
}

func (p Policy) decide(c call) error {
	switch t := c.token; {
	case p.access == public, p.access == rehearsed:
		return nil
	case t.IsZero() && p.access == optional:
		return nil
	case t.IsZero():
		return token.ErrMissing
	case p.access == refused:
		return errZero
	}
	return p.judge(c)
}

// String reads like the rule: "all(orders:read)", "any(a, b) and user",
// "(all(a) or user) and client id(web)", "public". The zero Policy is "refused",
// and a rule that only reports stands in "REHEARSAL(...)".
func (p Policy) String() string {
	names := p.names()
	if p.trial != nil {
		names = append(names, "REHEARSAL("+p.trial.String()+")")
	}
	return strings.Join(names, " and ")
}

// names are those of the rules that are enforced.
func (p Policy) names() []string {
	switch {
	case p.access == refused:
		return []string{"refused"}
	case p.access == public:
		return []string{"public"}
	case p.access == rehearsed:
		return nil
	case p.access == optional:
		return []string{"optional"}
	case len(p.rules) == 0:
		return []string{"authenticated"}
	}
	names := make([]string, len(p.rules))
	for i := range p.rules {
		r := &p.rules[i]
		names[i] = r.printed()
		if r.branches != nil && (len(p.rules) > 1 || p.trial != nil) {
			names[i] = "(" + r.name + ")"
		}
	}
	return names
}
