package introspect

import (
	"context"
	"time"

	"github.com/postern-go/postern/token"
)

// Explain makes every check that Authenticate makes, in the same order, and goes on after
// the first claim that fails, to show an operator all faults of a token at once. It asks
// the issuer, and remembers nothing. It is for tools; see Explain of token.Verifier.
func (a *Authenticator) Explain(ctx context.Context, p token.Presentation) []token.Finding {
	var e explanation
	if a != nil {
		e.run(ctx, a, &p)
	}
	return e.findings
}

type explanation struct {
	findings []token.Finding
	failed   bool
}

// note adds the result of a check and reports whether it passed.
func (e *explanation) note(check string, err error) bool {
	e.findings = append(e.findings, token.Finding{Check: check, Err: err})
	e.failed = e.failed || err != nil
	return err == nil
}

func (e *explanation) run(ctx context.Context, a *Authenticator, p *token.Presentation) {
	if !e.note("credentials", a.checks.Scheme(p)) || !e.note("size", a.checks.Size(p.Token)) || !e.note("form", checkForm(p.Token)) {
		return
	}
	r := a.ask(ctx, p.Token)
	if r.err != nil {
		e.note("answer", unavailable(r.err, time.Second))
		return
	}
	e.note("answer", nil)
	if !r.active {
		_, err := a.verdict(&r)
		e.note("active", err)
		return
	}
	e.note("active", nil)
	set, _ := a.judge(r.claims, func(check string, err error) bool {
		e.note(check, err)
		return true
	})
	if e.failed || set == nil {
		e.findings = append(e.findings, token.Finding{Check: "binding", Skipped: true})
		return
	}
	e.note("binding", a.checks.Binding(ctx, token.FromSet(p.Token, set), p))
}
