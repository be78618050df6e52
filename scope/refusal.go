package scope

import (
	"strconv"
	"strings"

	"github.com/postern-go/postern/internal/printable"
	"github.com/postern-go/postern/token"
)

// refusal says which rule of a policy refused a token. The sentence is put
// together only if it is read, so that a flood of refusals formats nothing.
type refusal struct {
	rule   string
	why    error  // matches one of the outcomes of package token
	detail string // the value received and the one wanted, or ""

	// seen makes the detail of a token. A rule has one refusal with a seen and
	// no token; see rule.refusal.
	seen  func(*token.Token) string
	token *token.Token
}

// Unwrap returns the outcome.
func (r *refusal) Unwrap() error { return r.why }

func (r *refusal) Error() string {
	return printable.Line("scope: rule " + quoted(r.rule) + ": " + r.reason())
}

// reason is the text without the rule.
func (r *refusal) reason() string {
	detail := r.detail
	if r.seen != nil {
		detail = r.seen(r.token)
	}
	why := strings.TrimPrefix(r.why.Error(), "token: ")
	if _, asks := r.why.(*token.StepUpError); asks && r.seen != nil { // what was seen stands first, and is not cut
		short := strings.TrimPrefix(token.ErrStepUp.Error(), "token: ")
		return short + detail + "; " + strings.TrimPrefix(why, short+": ")
	}
	return why + detail
}

// refusedBy turns the error of a rule into one of the outcomes, and names the
// rule.
func refusedBy(rule string, err error) error {
	if err == nil {
		return nil
	}
	return &refusal{rule: rule, why: token.AsOutcome(err, token.ErrDenied)}
}

// unmet says that none of several alternatives holds, and why each does not.
// Like a refusal it is put together only if it is read.
type unmet struct {
	finding finding
	call    call
	why     error // what is answered; matches one of the outcomes
}

// Unwrap returns the outcome.
func (u *unmet) Unwrap() error { return u.why }

func (u *unmet) Error() string {
	const mostOfAnswer, leastOfPart, fitForReason = 200, 16, 60
	text := "scope: "
	switch u.why.(type) {
	case *token.ScopeError, *token.StepUpError:
		text += clip(strings.TrimPrefix(u.why.Error(), "token: "), mostOfAnswer) + "; "
	}
	text += "no alternative holds: "
	branches := u.finding.rule.branches
	share := max((printable.MaxLine-len(text))/len(branches)-len("; "), leastOfPart)
	parts := make([]string, len(branches))
	for i, p := range branches {
		name := strconv.QuoteToASCII(p.String())
		if share < fitForReason { // rather all names than some reasons
			parts[i] = clip(name, share)
			continue
		}
		name = clip(name, share/2)
		reason := ": " + reasonOf(blame(u.finding.branches[i], u.call), len(p.rules))
		parts[i] = name + clip(reason, share-len(name))
	}
	return printable.Line(text + strings.Join(parts, "; "))
}

// reasonOf is the text of the refusal of a branch that has so many rules.
func reasonOf(err error, rules int) string {
	if one, ok := err.(*refusal); ok && rules == 1 {
		return one.reason()
	}
	return strings.TrimPrefix(strings.TrimPrefix(err.Error(), "scope: "), "token: ")
}

// quoted is a text of the program's own, bounded, so that a long one does not
// hide what was seen.
func quoted(text string) string { return printable.Value(strconv.QuoteToASCII(text)) }

// clip cuts a text after so many bytes, the mark of the cut included.
func clip(text string, most int) string {
	const cut = "..."
	if text = printable.Line(text); len(text) > most {
		return text[:max(most-len(cut), 0)] + cut
	}
	return text
}
