package token

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/postern-go/postern/internal/strict"
)

// checkBinding wants proof of possession for every method that the token is
// bound by. A method nobody checks refuses the token: ignoring it would make a
// bound token a bearer token, which is what a thief wants (RFC 7800 §3.1).
func (v *Verifier) checkBinding(ctx context.Context, t *Token, p *Presentation) error {
	if t.cnf.Kind == strict.Absent {
		return checkUnbound(p.Scheme)
	}
	return v.checkProofs(ctx, t, p)
}

// checkProofs is checkBinding for a token that is bound.
func (v *Verifier) checkProofs(ctx context.Context, t *Token, p *Presentation) error {
	methods, err := confirmationMethods(t.cnf)
	if err != nil {
		return err
	}
	for _, method := range methods {
		proof := v.proof(method)
		if proof == nil {
			return &refusal{why: ErrProof, what: "cnf", seen: method, want: "a method that is configured", field: "Config.Proofs"}
		}
		if err := judged(proof.Check(ctx, t, *p)); err != nil {
			return err
		}
	}
	if isDPoP(p.Scheme) {
		if _, ok := t.Confirmation("jkt"); !ok {
			return checkUnbound(p.Scheme)
		}
	}
	return nil
}

// checkUnbound refuses a token without a DPoP key that came under the DPoP
// scheme: the caller believes it to be bound, and it is not (RFC 9449 §7.1).
func checkUnbound(scheme string) error {
	if isDPoP(scheme) {
		return &refusal{why: ErrProof, what: "cnf", want: "a jkt, as the scheme is DPoP"}
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
		return nil, (&refusal{why: ErrProof, what: "cnf", want: "an object with a method, or a few"}).of(cnf)
	}
	return methods, nil
}

// maxMethods bounds the memory that a cnf of thousands of members takes.
const maxMethods = 16

func (v *Verifier) proof(method string) Proof {
	for _, p := range v.proofs {
		if p.Method() == method {
			return p
		}
	}
	return nil
}

// judged makes the answer of a Proof one of the outcomes.
func judged(err error) error {
	if err == nil || errors.Is(err, ErrProof) || errors.Is(err, ErrUnavailable) {
		return err
	}
	return fmt.Errorf("%w: %w", ErrProof, err)
}

// checkScheme refuses schemes that nothing here understands. DPoP is
// understood where a Proof of its kind is configured.
func (v *Verifier) checkScheme(p *Presentation) error {
	switch {
	case p.Token == "":
		return ErrMissing
	case p.Scheme == "" || strings.EqualFold(p.Scheme, "Bearer"):
		return nil
	case isDPoP(p.Scheme) && v.proof("jkt") != nil:
		return nil
	default:
		return ErrMissing
	}
}

func isDPoP(scheme string) bool { return strings.EqualFold(scheme, "DPoP") }
