package token

import (
	"context"
	"fmt"

	"github.com/postern-go/postern/internal/claims"
	"github.com/postern-go/postern/internal/jws"
	"github.com/postern-go/postern/internal/printable"
)

// Finding is the result of one check of a token.
type Finding struct {
	// Check names the check: "signature", "exp", "aud".
	Check string
	// Err is nil if the check passed, and otherwise what Authenticate would
	// have returned if it had been the first to fail.
	Err error
	// Skipped says that the check could not be made, because of an earlier
	// one that failed. Err is nil then, and says nothing.
	Skipped bool
}

// Explain makes every check that Authenticate makes, in the same order, and
// goes on after the first that fails, to show an operator all faults of a token
// at once. It is for tools; a service has no use for it, and must not admit a
// caller because of it: unless every Finding passed, the later ones are about
// claims that an attacker may have written. No ConfirmationChecker is asked
// then: the Finding named "binding" is skipped.
//
// It blocks and fails like Authenticate, and remembers nothing.
func (v *Verifier) Explain(ctx context.Context, p Presentation) []Finding {
	e := explanation{Verifier: v}
	e.run(ctx, p)
	return e.findings
}

type explanation struct {
	*Verifier
	findings []Finding
	failed   bool // one of the checks did, or could not be made
}

// note adds the result of a check and reports whether it passed.
func (e *explanation) note(check string, err error) bool {
	e.findings = append(e.findings, Finding{Check: check, Err: err})
	e.failed = e.failed || err != nil
	return err == nil
}

// goOn is note for checks that do not end the rest when they fail.
func (e *explanation) goOn(check string, err error) bool {
	e.note(check, err)
	return true
}

func (e *explanation) skip(check string) {
	e.findings = append(e.findings, Finding{Check: check, Skipped: true})
	e.failed = true
}

func (e *explanation) run(ctx context.Context, p Presentation) {
	if !e.note("credentials", e.checkScheme(&p)) || !e.note("size", e.checkSize(p.Token)) {
		return
	}
	var buf jws.Scratch
	compact, signed, err := jws.Split(p.Token, &buf)
	if !e.note("compact form", err) {
		return
	}
	h, headerErr := jws.ReadHeader(compact.Header)
	readable := e.note("header is strict JSON", headerErr)
	c, err := e.rules.Read(compact.Payload)
	readable = e.note("payload is strict JSON", err) && readable
	if !readable {
		return
	}
	e.header(ctx, &signed, &h, &c)
	e.payload(ctx, p, &c)
}

// header makes the checks up to the signature. Without an algorithm or a kid,
// it cannot tell which key to try.
func (e *explanation) header(ctx context.Context, signed *jws.Signed, h *jws.Header, c *claims.Payload) {
	params, _ := e.signatures.CheckHeader(h, e.goOn)
	if params.Type == accessTokenType {
		c.Explicit()
	}
	if ours := e.note("issuer of the keys", e.rules.CheckIssuer(c)); !ours || !params.Findable() {
		e.skip("signature")
		return
	}
	_, err := e.signatures.Verify(ctx, signed, &params)
	e.note("signature", err)
}

func (e *explanation) payload(ctx context.Context, p Presentation, c *claims.Payload) {
	says, _ := e.rules.Check(c, e.time(), e.goOn)
	// A ConfirmationChecker must be able to rely on its Token: one that remembers which
	// proofs it has seen would remember what a forger chose.
	if e.failed {
		e.skip("binding")
		return
	}
	e.note("binding", e.checkBinding(ctx, newToken(p.Token, says), &p))
}

// String is the verdict in one line, fit for a terminal or a log.
func (f Finding) String() string {
	switch {
	case f.Skipped:
		return f.Check + ": not checked"
	case f.Err == nil:
		return f.Check + ": ok"
	default:
		return printable.Line(fmt.Sprintf("%s: %s: %v", f.Check, Reason(f.Err), f.Err))
	}
}
