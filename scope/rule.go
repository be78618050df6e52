package scope

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strconv"

	"github.com/postern-go/postern/internal/printable"
	"github.com/postern-go/postern/token"
)

// call is what rules are held against.
type call struct {
	ctx   context.Context // nil if only the token is known
	token *token.Token    // verified
}

// rule is one demand on a call: check, or one of the policies in branches.
type rule struct {
	stage stage
	name  string
	check func(call) error // an error is errScope, a *refusal, or of the user's own if foreign is set and login is not
	need  []string         // of a scope rule: the scopes it speaks of
	one   bool             // of a scope rule: one of need is enough

	login *login // of a step-up rule

	foreign  bool     // name is the user's own, and so is the code behind check
	branches []Policy // instead of check

	kind    token.SubjectKind // of a rule about subjects: which it wants
	setting string            // of such a rule: where marks of that kind are set

	set   string // of a rule about a set of rights: its name
	wants wants  // of a rule about values; the zero value for any other

	detail  string  // of a rule about authorization_details: their type
	element *Detail // of such a rule: what one element must have; nil if code decides

	acts   kinds         // of a rule about actors: the kinds of token that meet it
	actors []token.Actor // of ActorIn
}

// stage orders the rules of a policy: a token that is not bound is invalid for the
// call, and a caller who lacks a login or a scope is told so before the
// application's own rules run.
type stage uint8

const (
	stageBinding stage = iota
	stageStepUp
	stageScope
	stageApplication
)

func byStage(a, b rule) int { return int(a.stage) - int(b.stage) }

var (
	errScope = fmt.Errorf("scope: %w", token.ErrScope)
	errZero  = fmt.Errorf("%w: no policy allows the call", token.ErrDenied)
	errNone  = fmt.Errorf("scope: %w: no scope given; use Authenticated to ask for none", token.ErrConfig)
)

func scopeRule(kind string, scopes []string, one bool) Policy {
	if len(scopes) == 0 {
		panic(errNone)
	}
	for _, s := range scopes {
		if !Valid(s) {
			panic(fmt.Errorf("scope: %w: %w: %q", token.ErrConfig, ErrSyntax, s))
		}
	}
	need := appendNew(nil, scopes...)
	check := func(c call) error { return missingUnless(hasAll(c.token, need)) }
	if one {
		check = func(c call) error { return missingUnless(slices.ContainsFunc(need, c.token.HasScope)) }
	}
	name := kind + "(" + words(need) + ")"
	return Policy{access: required, rules: []rule{{
		stage: stageScope, name: name, check: check, need: need, one: one, wants: wants{of: "scopes", values: need, one: one},
	}}}
}

// application is the policy of one rule that is not about scopes.
func application(name string, check func(*token.Token) error) Policy {
	return onCall(name, func(c call) error { return check(c.token) })
}

func onCall(name string, check func(call) error) Policy {
	return Policy{access: required, rules: []rule{{stage: stageApplication, name: name, check: check}}}
}

// custom is the policy of a rule that is the user's own code.
func custom(name string, check func(*token.Token) error) Policy {
	p := application(name, check)
	p.rules[0].foreign = true
	return p
}

// printed is the rule as a policy prints it. A name of the user's own that reads
// like another rule is quoted, so that no table shows one that is not there. So is
// one with letters that look like those of ASCII.
func (r *rule) printed() string {
	if r.foreign && (readsLikeRule.MatchString(r.name) || isTerm(r.name) || !printable.Is(r.name)) {
		return strconv.QuoteToASCII(r.name)
	}
	return r.name
}

var readsLikeRule = regexp.MustCompile(`[()"]|^ | $|(^| )(and|or)( |$)`)

// mustHave panics over a rule of the user's own that has no name or no code.
func mustHave(name string, code bool) {
	if name == "" {
		panic(fmt.Errorf("scope: %w: a rule has no name", token.ErrConfig))
	}
	if !code {
		panic(fmt.Errorf("scope: %w: the function of rule %q is nil", token.ErrConfig, name))
	}
}

// holds reports whether the rule lets the call through. It explains nothing, so
// that alternatives that do not hold cost nothing where another one does.
func (r *rule) holds(c call) bool {
	if r.branches == nil {
		return r.check(c) == nil
	}
	for _, p := range r.branches {
		if p.holds(c) {
			return true
		}
	}
	return false
}

func (p Policy) holds(c call) bool {
	for i := range p.rules {
		if !p.rules[i].holds(c) {
			return false
		}
	}
	return true
}

// refusal completes an error of check: with the rule, or with the token.
func (r *rule) refusal(c call, err error) error {
	fixed, _ := err.(*refusal)
	switch {
	case r.login != nil && cureOf(err) == byStepUp:
		return &refusal{rule: r.name, why: err, seen: r.login.seen(c.token), token: c.token}
	case r.login != nil:
		return err
	case r.foreign:
		return refusedBy(r.name, err)
	case fixed != nil && fixed.seen != nil:
		return &refusal{rule: fixed.rule, why: fixed.why, seen: fixed.seen, token: c.token}
	default:
		return err
	}
}

// scopes lists every scope that the rule speaks of.
func (r *rule) scopes() []string {
	scopes := r.need
	for _, p := range r.branches {
		scopes = appendNew(scopes, p.Scopes()...)
	}
	return scopes
}

// acrs lists every acr that the rule names.
func (r *rule) acrs() []string {
	var acrs []string
	if r.login != nil {
		acrs = r.login.acr
	}
	for _, p := range r.branches {
		for i := range p.rules {
			acrs = appendNew(acrs, p.rules[i].acrs()...)
		}
	}
	return acrs
}

// wanted lists the scopes that a scope rule adds to those a call needs. Of
// alternatives it lists those that the caller was granted, which the new token
// must keep, or else those that larger ones imply, or else all. A caller with a
// larger one is not asked for the smaller one as well.
func (r *rule) wanted(c call) []string {
	if !r.one || r.check(c) != nil {
		return r.need
	}
	granted := c.token.Scopes()
	if kept := only(r.need, func(s string) bool { return slices.Contains(granted, s) }); len(kept) > 0 {
		return kept
	}
	return only(r.need, c.token.HasScope)
}

// only lists the scopes that ok is true of.
func only(scopes []string, ok func(string) bool) []string {
	return slices.DeleteFunc(slices.Clone(scopes), func(s string) bool { return !ok(s) })
}

func hasAll(t *token.Token, need []string) bool {
	for _, s := range need {
		if !t.HasScope(s) {
			return false
		}
	}
	return true
}

func missingUnless(ok bool) error {
	if ok {
		return nil
	}
	return errScope
}

func appendNew(list []string, more ...string) []string {
	for _, s := range more {
		if !slices.Contains(list, s) {
			list = append(list, s)
		}
	}
	return list
}
