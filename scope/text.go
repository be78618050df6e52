package scope

import (
	"fmt"
	"strings"

	"github.com/postern-go/postern/internal/printable"
	"github.com/postern-go/postern/token"
)

// The limits of a policy's text. They are far above those of a rule that a
// reviewer can follow.
const (
	maxPolicyText    = 16 << 10 // bytes
	maxPolicyTerms   = 256
	maxPolicyNesting = 16
)

// ParsePolicy reads a policy as Policy.String prints it, for rules that come from
// a file or from the description of an API: "all(orders:read)", "any(a, b) and
// user", "(all(a) or user) and client id(web)", `all groups("a b")`, "max
// age(5m0s)", "detail payment(actions(initiate))", "public".
//
// own are the rules of the program's own that the text may name: each is one
// rule of Claims, Func, Tenant, Details or ACRBy, and is found by the text that its
// String prints, in quotes if that has them. Nothing else in the text can reach code.
//
// The text has one meaning, and every part of it counts. An error matches
// token.ErrConfig and tells the place in the text. What does not read as String
// prints it is an error, but for the order of rules that must all hold. So is
//
//   - "public", "optional" or "authenticated" beside another rule, since one of
//     the two would be ignored,
//   - a rule or a value that is there twice, or that holds whenever the others do,
//   - an alternative that can never matter, as the second of "all(a) or all(a, b)",
//   - rules that no token can meet together, as "user and client" or "acr(a)
//     and acr(b)",
//   - "refused", since a route that is not there refuses too, and "REHEARSAL(...)",
//     since a file should not switch off a rule; see Policy.Rehearsed,
//   - more than 16 KiB, 256 rules, or 16 parentheses within each other, and lists
//     of many hundreds of values that take too long to compare.
//
// It does not block, and may be called concurrently.
func ParsePolicy(text string, own ...Policy) (Policy, error) {
	if len(text) > maxPolicyText {
		return Policy{}, &textFault{0, fmt.Sprintf("%d bytes, want at most %d", len(text), maxPolicyText)}
	}
	if i := strings.IndexFunc(text, func(c rune) bool { return c < ' ' || c > '~' }); i >= 0 {
		return Policy{}, &textFault{i, fmt.Sprintf("%+q is not printable ASCII", firstRune(text[i:]))}
	}
	known, err := ownRules(own)
	if err != nil {
		return Policy{}, err
	}
	return readPolicy(text, known)
}

func readPolicy(text string, own []ownRule) (Policy, error) {
	r := &textReader{text: text, own: own}
	p, err := r.phrase(0)
	switch {
	case err != nil:
		return Policy{}, err
	case r.at < len(text):
		return Policy{}, r.fault(r.at, "unexpected %s", r.shown(r.at))
	case p.parens:
		return Policy{}, r.fault(p.at, "parentheses around the whole policy")
	}
	policy := p.policy()
	if err := r.sound(p, nil); err != nil {
		return Policy{}, err
	}
	return policy, nil
}

// textFault is a fault at a place in the text of a policy.
type textFault struct {
	at   int // in bytes from the beginning
	what string
}

// Unwrap returns token.ErrConfig.
func (*textFault) Unwrap() error { return token.ErrConfig }

func (f *textFault) Error() string {
	return printable.Line(fmt.Sprintf("scope: %v: text of a policy, column %d: %s", token.ErrConfig, f.at+1, f.what))
}

// textReader reads the text of a policy from left to right.
type textReader struct {
	text  string
	at    int
	own   []ownRule
	terms int
	steps int // taken in the search for what does not matter
}

func (r *textReader) fault(at int, format string, args ...any) error {
	return &textFault{at, fmt.Sprintf(format, args...)}
}

// shown is what stands at a place, for errors.
func (r *textReader) shown(at int) string {
	if at >= len(r.text) {
		return "end of the text"
	}
	return quoted(r.text[at:])
}

// phrase is a part of a policy: a rule, or several of which all or one must hold.
type phrase struct {
	at     int
	op     string // "and", "or", or "" for one rule
	parts  []phrase
	term   Policy // without op
	parens bool
}

// phrase reads up to the end of the text or of the parenthesis.
func (r *textReader) phrase(depth int) (phrase, error) {
	first, err := r.operand(depth)
	if err != nil {
		return first, err
	}
	p := phrase{at: first.at, parts: []phrase{first}}
	for {
		at := r.at
		op := r.operator()
		switch {
		case op == "" && p.op == "":
			return first, nil
		case op == "":
			return p, r.operandsOf(p)
		case p.op != "" && op != p.op:
			return p, r.fault(at+1, "%q beside %q, want parentheses around one of them", op, p.op)
		}
		p.op = op
		next, err := r.operand(depth)
		if err != nil {
			return p, err
		}
		p.parts = append(p.parts, next)
	}
}

// operandsOf refuses those that cannot stand beside others.
func (r *textReader) operandsOf(p phrase) error {
	for _, part := range p.parts {
		switch {
		case part.op == p.op:
			return r.fault(part.at, "parentheses that change nothing")
		case part.op == "" && len(part.term.rules) == 0:
			return r.fault(part.at, "%q beside other rules, want it alone: one of the two would be ignored", part.term)
		}
	}
	return nil
}

// operator reads one, with the spaces around it.
func (r *textReader) operator() string {
	for _, op := range []string{"and", "or"} {
		if r.skip(" " + op + " ") {
			return op
		}
	}
	return ""
}

// operand reads a rule, or a phrase in parentheses.
func (r *textReader) operand(depth int) (phrase, error) {
	at := r.at
	if !r.skip("(") {
		p, err := r.term()
		return phrase{at: at, term: p}, err
	}
	if depth == maxPolicyNesting {
		return phrase{}, r.fault(at, "more than %d parentheses within each other", maxPolicyNesting)
	}
	p, err := r.phrase(depth + 1)
	switch {
	case err != nil:
		return p, err
	case !r.skip(")"):
		return p, r.fault(r.at, "unexpected %s, want \")\"", r.shown(r.at))
	case p.op == "" || p.parens:
		return p, r.fault(at, "parentheses that change nothing")
	}
	p.at, p.parens = at, true
	return p, nil
}

func (r *textReader) skip(text string) bool {
	if !strings.HasPrefix(r.text[r.at:], text) {
		return false
	}
	r.at += len(text)
	return true
}

// bounded reports whether a rule without parentheses ends here.
func (r *textReader) bounded() bool {
	rest := r.text[r.at:]
	return rest == "" || rest[0] == ')' || strings.HasPrefix(rest, " and ") || strings.HasPrefix(rest, " or ")
}

// policy is what the phrase asks for.
func (p phrase) policy() Policy {
	if p.op == "" {
		return p.term
	}
	all := p.parts[0].policy()
	for _, part := range p.parts[1:] {
		if p.op == "and" {
			all = all.And(part.policy())
		} else {
			all = all.Or(part.policy())
		}
	}
	return all
}
