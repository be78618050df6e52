package scope

import (
	"cmp"
	"context"

	"github.com/postern-go/postern/token"
)

// Rehearsed is a policy that refuses no call, and reports those that p would
// refuse: their Decision has the error in Rehearsed. It is for a new rule in a
// service that runs, until the log shows that no good caller meets it. Do not
// leave it in place: it lets every caller in.
//
//	scope.All("orders:read").And(scope.User.Rehearsed()) // enforces the scope alone
//
// By itself, p.Rehearsed() lets calls without a token and with a bad one through
// as well. A handler finds the token if it is good, as behind Optional, and the
// guard neither hides credentials nor ends the call with its token, since another
// guard may still need them.
//
// The zero Policy and Public stay as they are. The result cannot be an alternative
// of Or.
func (p Policy) Rehearsed() Policy {
	if p.access <= public {
		return p
	}
	return Policy{access: rehearsed, trial: &p, onCall: p.onCall}
}

// IsRehearsed reports whether p refuses no call, since all of it is a rehearsal.
func (p Policy) IsRehearsed() bool { return p.access == rehearsed }

// WouldRefuse is the error with which the rehearsed part of p would refuse a call
// that Check lets through, or nil. It is as of CheckCall. Guards use it.
func (p Policy) WouldRefuse(ctx context.Context, t *token.Token) error {
	if p.trial == nil {
		return nil
	}
	if err := p.trial.CheckCall(ctx, t); err != nil {
		return err
	}
	return p.trial.WouldRefuse(ctx, t)
}

// together is the rehearsed part of two policies of which both must hold.
func together(p, q *Policy) *Policy {
	if p == nil || q == nil {
		return cmp.Or(p, q)
	}
	both := p.And(*q)
	return &both
}
