package scope_test

import (
	"slices"
	"time"

	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
)

// login is how the user of a token authenticated.
type login struct {
	acr string
	age time.Duration // never: no auth_time
}

// never is the age of no login, and ahead that of one in the future.
const never, ahead = 1<<63 - 1, -time.Hour

// acrs are those that tokens have. No rule names "top", which every rule with an
// order accepts.
var (
	acrs = []string{"", "lo", "mid", "hi", "top"}
	ages = []time.Duration{never, ahead, 0, 2 * time.Minute, time.Hour}
)

func (l login) claims() map[string]any {
	claims := map[string]any{}
	if l.acr != "" {
		claims["acr"] = l.acr
	}
	if l.age != never {
		claims["auth_time"] = ago(l.age)
	}
	return claims
}

// loginLeaves are the step-up rules that a byte can choose from.
func loginLeaves() []leaf {
	return []leaf{
		exactly("mid", "hi"),
		exactly("lo", "mid"),
		exactly("hi"),
		accepting("at least mid", "mid", "mid", "hi", "top"),
		accepting("not mid", "lo", "lo", "hi", "top"),
		ageLeaf(time.Minute),
		ageLeaf(5 * time.Minute),
	}
}

func exactly(acrs ...string) leaf { return acrLeaf(scope.ACR(acrs...), acrs, acrs) }

// accepting is a rule with an order of the service's own, that names one acr.
func accepting(name, named string, enough ...string) leaf {
	p := scope.ACRBy(name, func(acr string) bool { return slices.Contains(enough, acr) }, named)
	return acrLeaf(p, []string{named}, enough)
}

func acrLeaf(p scope.Policy, named, enough []string) leaf {
	holds := func(f facts) bool { return f.kind != token.SubjectClient && slices.Contains(enough, f.login.acr) }
	return leaf{policy: p, about: ofKind | ofACR, holds: holds, early: true, acrs: named}
}

func ageLeaf(most time.Duration) leaf {
	holds := func(f facts) bool { return f.kind != token.SubjectClient && f.login.age >= 0 && f.login.age <= most }
	return leaf{policy: scope.MaxAge(most), about: ofKind | ofAge, holds: holds, early: true}
}

// named lists the acrs of all leaves.
func (n tree) named() []string {
	named := n.leaf.acrs
	for _, part := range n.parts {
		named = append(slices.Clip(named), part.named()...)
	}
	return named
}

// holdsAfterStepUp reports whether there are scopes, and an acr that the tree names,
// with which the tree holds once the user has authenticated.
func (n tree) holdsAfterStepUp(f facts) bool {
	f.recent, f.login.age = true, 0
	named := n.named()
	if named == nil {
		named = []string{f.login.acr}
	}
	for _, f.login.acr = range named {
		if n.holdsWithScopes(f) {
			return true
		}
	}
	return false
}

// lacksPlainRecent reports whether the application's rule that asks for a step-up,
// as one of those of which all are needed, does not hold.
func (n tree) lacksPlainRecent(f facts) bool {
	if n.op == 0 {
		return n.leaf.policy.String() == "recent" && !f.recent
	}
	return n.op == '&' && slices.ContainsFunc(n.parts, func(part tree) bool { return part.lacksPlainRecent(f) })
}

// after are the tokens of users who have done no more than a challenge asks for.
func (f facts) after(asked *token.StepUpError) (stepped []facts) {
	f.recent, f.login.age = true, never
	if asked.MaxAge != 0 {
		f.login.age = asked.MaxAge
	}
	if asked.Need != nil {
		f.scopes = setOf(asked.Need)
	}
	named := asked.ACRValues
	if named == nil {
		named = acrs
	}
	for _, f.login.acr = range named {
		stepped = append(stepped, f)
	}
	return stepped
}
