package scope

import (
	"fmt"
	"slices"
	"strings"

	"github.com/postern-go/postern/token"
)

// Or asks for what p asks for or for what q asks for: one of them is enough,
// and the first that holds decides. A zero Policy on either side makes the
// result refuse every call: a forgotten rule opens no second way in.
//
// A call that no alternative lets through gets one answer, and it is true:
//
//   - token.ErrScope if an alternative lacks nothing but scopes. It names those
//     of the first such alternative, with all that the rest of the policy needs.
//   - Otherwise token.ErrStepUp if an alternative lacks nothing else but a better
//     authentication. It names scopes too where those are short as well.
//   - Otherwise what the first alternative says that denies the call, or that the
//     token lacks an authorization detail for. The token is called invalid only
//     if every alternative says so.
//
// If an alternative fails only because something is out of reach, the answer is
// token.ErrUnavailable: the token may be good enough. The text of the error
// names every alternative. Functions of Claims and Func may run more than once
// in a call that is refused.
//
// Or panics, with an error that matches token.ErrConfig, if p or q asks for
// nothing of a token, as Public, Optional and Authenticated do: the other side
// would never matter. It panics over a rehearsal too.
func (p Policy) Or(q Policy) Policy {
	for _, side := range []Policy{p, q} {
		if side.trial != nil {
			panic(fmt.Errorf("scope: %w: policy %q is a rehearsal, which cannot be an alternative", token.ErrConfig, side))
		}
		if !side.IsZero() && len(side.rules) == 0 {
			panic(fmt.Errorf("scope: %w: policy %q asks for nothing of a token, so its alternative would never matter", token.ErrConfig, side))
		}
	}
	if p.IsZero() || q.IsZero() {
		return Policy{}
	}
	either := rule{branches: slices.Concat(p.alternatives(), q.alternatives())}
	names := make([]string, len(either.branches))
	for i, branch := range either.branches {
		names[i] = branch.String()
		if len(branch.rules) > 1 {
			names[i] = "(" + names[i] + ")"
		}
		either.stage = max(either.stage, slices.MaxFunc(branch.rules, byStage).stage)
	}
	either.name = strings.Join(names, " or ")
	return Policy{access: required, rules: []rule{either}, onCall: p.onCall || q.onCall, fresh: p.fresh || q.fresh}
}

// alternatives are the policies one of which is enough.
func (p Policy) alternatives() []Policy {
	if len(p.rules) == 1 && p.rules[0].branches != nil {
		return p.rules[0].branches
	}
	return []Policy{p}
}
