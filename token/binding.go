package token

import (
	"context"
	"errors"
	"strings"

	"github.com/postern-go/postern/internal/rejection"
	"github.com/postern-go/postern/internal/strict"
)

// checkBinding wants proof of possession for every method that the token is
// bound by. A method that is not checked rejects the token: ignoring it would
// make a bound token a bearer token, as a thief wants (RFC 7800 §3.1).
func (v *Verifier) checkBinding(ctx context.Context, t *Token, p *Presentation) error {
	if t.set.Confirmation.Kind == strict.Absent {
		return nil
	}
	methods, err := confirmationMethods(t.set.Confirmation)
	if err != nil {
		return err
	}
	for _, method := range methods {
		checker := v.checker(method)
		if checker == nil {
			return &rejection.Error{Reason: ErrBinding, Claim: "cnf", Got: method, Want: "a method that is configured", Setting: "Config.Confirmations"}
		}
		if err := judged(checker.Check(ctx, t, *p)); err != nil {
			return err
		}
	}
	return nil
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

func (v *Verifier) checker(method string) ConfirmationChecker {
	for _, c := range v.confirmations {
		if c.Method() == method {
			return c
		}
	}
	return nil
}

// judged reduces the error of a ConfirmationChecker to one of the two outcomes
// that it may have. Any other match comes from code that the checker calls.
func judged(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, ErrBinding), errors.Is(err, ErrUnavailable):
		return AsOutcome(err, ErrBinding)
	default:
		return &rejection.Error{Reason: ErrBinding, Cause: err}
	}
}

// checkScheme refuses schemes that the Verifier does not support.
func (v *Verifier) checkScheme(p *Presentation) error {
	if p.Token == "" || p.Scheme != "" && !strings.EqualFold(p.Scheme, "Bearer") {
		return ErrMissing
	}
	return nil
}
