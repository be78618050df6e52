package token

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/postern-go/postern/internal/rejection"
	"github.com/postern-go/postern/internal/strict"
)

// possession is how callers have to prove that a token is theirs.
type possession struct {
	confirmations []ConfirmationChecker
	requireBound  bool
}

// checkBinding wants proof of possession for every method that the token is
// bound by, under the scheme of that method. A method that is not checked rejects
// the token: ignoring it would make a bound token a bearer token, as a thief wants
// (RFC 7800 §3.1).
func (v *possession) checkBinding(ctx context.Context, t *Token, p *Presentation) error {
	owner := v.owner(p.Scheme)
	if t.set.Confirmation.Kind == strict.Absent {
		return v.checkUnbound(owner)
	}
	methods, err := confirmationMethods(t.set.Confirmation)
	if err != nil {
		return err
	}
	if owner == nil {
		owner = v.required() // which then is not among the methods, or refuses the scheme
	}
	if owner != nil && !slices.Contains(methods, owner.Method()) {
		return notBoundBy(owner)
	}
	for _, method := range methods {
		checker := v.checker(method)
		if checker == nil {
			return &rejection.Error{Reason: ErrBinding, Claim: "cnf", Got: method, Want: "a method that is configured", Setting: "Config.Confirmations"}
		}
		if needs, ok := checker.(SchemeChecker); ok {
			if !isScheme(p.Scheme, needs) {
				return &rejection.Error{Reason: ErrBinding, Claim: "scheme", Got: schemeOr(p.Scheme, bearer), Want: needs.Scheme().Name + ", as the token is bound by " + method}
			}
			continue // it comes last
		}
		if err := judged(checker.Check(ctx, t, *p)); err != nil {
			return err
		}
	}
	if owner == nil {
		return nil
	}
	return judged(owner.Check(ctx, t, *p))
}

// checkUnbound is checkBinding for a token without cnf. owner is that of the scheme
// it is presented under.
func (v *possession) checkUnbound(owner SchemeChecker) error {
	if len(v.confirmations) == 0 {
		return nil
	}
	if owner == nil {
		owner = v.required()
	}
	switch {
	case owner != nil:
		return notBoundBy(owner)
	case v.requireBound:
		return &rejection.Error{Reason: ErrBinding, Claim: "cnf", Want: "a bound token", Setting: "Config.RequireBound"}
	default:
		return nil
	}
}

func notBoundBy(owner SchemeChecker) error {
	return &rejection.Error{Reason: ErrBinding, Claim: "cnf", Want: "a token bound by " + owner.Method() + ", as the scheme " + owner.Scheme().Name + " demands"}
}

// owner is the checker whose scheme this is, or nil for Bearer.
func (v *possession) owner(scheme string) SchemeChecker {
	for _, c := range v.confirmations {
		if s, ok := c.(SchemeChecker); ok && isScheme(scheme, s) {
			return s
		}
	}
	return nil
}

// required is the checker without which no token is taken, or nil.
func (v *possession) required() SchemeChecker {
	for _, c := range v.confirmations {
		if s, ok := c.(SchemeChecker); ok && s.Required() {
			return s
		}
	}
	return nil
}

func isScheme(name string, s SchemeChecker) bool { return strings.EqualFold(name, s.Scheme().Name) }

func schemeOr(name, other string) string {
	if name == "" {
		return other
	}
	return name
}

// confirmationMethods lists the members of a cnf claim, at least one.
func confirmationMethods(cnf strict.Value) ([]string, error) {
	var methods []string
	if cnf.Kind == strict.Object {
		_ = strict.Members(cnf.Raw, func(name string, _ strict.Value) {
			if len(methods) <= maxMethods {
				methods = append(methods, name)
			}
		})
	}
	if len(methods) == 0 || len(methods) > maxMethods {
		return nil, (&rejection.Error{Reason: ErrBinding, Claim: "cnf", Want: "an object with a method, or a few"}).Saw(cnf)
	}
	return methods, nil
}

// maxMethods bounds the memory that a cnf of thousands of members takes.
const maxMethods = 16

func (v *possession) checker(method string) ConfirmationChecker {
	for _, c := range v.confirmations {
		if c.Method() == method {
			return c
		}
	}
	return nil
}

// judged reduces the error of a ConfirmationChecker to one of the outcomes
// that it may have. Any other match comes from code that the checker calls.
func judged(err error) error {
	if err == nil {
		return nil
	}
	for _, may := range []error{ErrUnavailable, ErrBinding, ErrProof, ErrNonce, ErrRequest} {
		if errors.Is(err, may) {
			return AsOutcome(err, ErrBinding)
		}
	}
	return &rejection.Error{Reason: ErrBinding, Cause: err}
}

// checkScheme refuses schemes that are not supported.
func (v *possession) checkScheme(p *Presentation) error {
	known := p.Scheme == "" || strings.EqualFold(p.Scheme, bearer) || v.owner(p.Scheme) != nil
	if p.Token == "" || !known {
		return ErrMissing
	}
	return nil
}
