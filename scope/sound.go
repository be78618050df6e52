package scope

import (
	"slices"
)

// maxSoundSteps bounds the search for what does not matter. It is many times
// what 256 rules take, unless they are written to take more.
const maxSoundSteps = 1 << 20

// sound finds what does not matter in a phrase beside rules that hold.
func (r *textReader) sound(p phrase, given []rule) error {
	switch p.op {
	case "and":
		return r.soundAll(p.parts, given)
	case "or":
		return r.soundAny(p.parts, given)
	default:
		return nil
	}
}

// soundAll finds rules that add nothing to the others, and those that no token
// meets together with them.
func (r *textReader) soundAll(parts []phrase, given []rule) error {
	rules := make([]rule, len(parts))
	for i, part := range parts {
		rules[i] = part.policy().rules[0]
	}
	beside := func(i int) []rule { return slices.Concat(given, rules[:i], rules[i+1:]) }
	for i, part := range slices.Backward(parts) { // of two that are equal, the second is told
		if r.follows(&rules[i], beside(i)) {
			return r.fault(part.at, "%s adds nothing to the rules beside it", quoted(rules[i].printed()))
		}
	}
	for i, part := range parts {
		if r.contradict(slices.Concat(given, rules[:i+1])) {
			return r.fault(part.at, "%s contradicts the rules beside it: no token meets them all", quoted(rules[i].printed()))
		}
		if err := r.sound(part, beside(i)); err != nil {
			return err
		}
	}
	return r.tired(parts[0])
}

// soundAny finds alternatives that never matter, since another one holds
// whenever they do, or since they never hold.
func (r *textReader) soundAny(parts []phrase, given []rule) error {
	rules := make([][]rule, len(parts))
	for i, part := range parts {
		rules[i] = part.policy().rules
	}
	for i, part := range slices.Backward(parts) {
		holding := slices.Concat(given, rules[i])
		if r.contradict(holding) {
			return r.fault(part.at, "the alternative %s never matters: no token meets it", quoted(part.policy().String()))
		}
		for j, other := range rules {
			if i != j && r.allFollow(other, holding) {
				return r.fault(part.at, "the alternative %s never matters: %s holds whenever it does", quoted(part.policy().String()), quoted(parts[j].policy().String()))
			}
		}
		if err := r.sound(part, given); err != nil {
			return err
		}
	}
	return r.tired(parts[0])
}

// tired refuses a policy whose search was given up.
func (r *textReader) tired(p phrase) error {
	if r.steps > maxSoundSteps {
		return r.fault(p.at, "rules too many, too long or too nested to be compared")
	}
	return nil
}

// follows reports whether a rule holds whenever all the others do, as far as
// that can be known: true is certain.
func (r *textReader) follows(want *rule, from []rule) bool {
	if r.steps++; r.steps > maxSoundSteps {
		return false
	}
	for i := range from {
		if from[i].implies(want) {
			return true
		}
	}
	for _, branch := range want.branches {
		if r.allFollow(branch.rules, from) {
			return true
		}
	}
	return slices.ContainsFunc(from, func(f rule) bool { return f.branches != nil && r.followsEach(want, f.branches) })
}

// followsEach reports whether a rule holds whichever of the alternatives does.
func (r *textReader) followsEach(want *rule, alternatives []Policy) bool {
	for _, p := range alternatives {
		if !r.follows(want, p.rules) {
			return false
		}
	}
	return true
}

func (r *textReader) allFollow(want, from []rule) bool {
	for i := range want {
		if !r.follows(&want[i], from) {
			return false
		}
	}
	return true
}

// implies reports whether s holds whenever r does, of rules without branches.
func (r *rule) implies(s *rule) bool {
	switch {
	case r.branches != nil || s.branches != nil:
		return false
	case r.login != nil && s.login != nil && r.login.implies(s.login):
		return true
	case r.element != nil && s.element != nil:
		return r.detail == s.detail && s.element.grantedBy(*r.element)
	case r.actors != nil && s.actors != nil:
		return allMatch(r.actors, s.actors)
	case r.wants.of == "":
		return r.name == s.name && r.foreign == s.foreign
	case r.wants.of != s.wants.of:
		return false
	}
	return r.wants.imply(s.wants)
}

// wants is which values a rule wants of something that a token has.
type wants struct {
	of     string // such as "scopes"; "" for a rule that is about something else
	single bool   // a token has one such value
	values []string
	one    bool // one of them is enough
}

func (w wants) imply(v wants) bool {
	has := func(s string) bool { return slices.Contains(w.values, s) }
	lacks := func(s string) bool { return !has(s) }
	switch {
	case w.one && len(w.values) > 1: // v must be content with each of them
		return v.one && !slices.ContainsFunc(w.values, func(s string) bool { return !slices.Contains(v.values, s) })
	case v.one:
		return slices.ContainsFunc(v.values, has)
	default:
		return !slices.ContainsFunc(v.values, lacks)
	}
}

// contradict reports whether no token can meet all the rules, as far as that can
// be known: true is certain.
func (r *textReader) contradict(rules []rule) bool {
	p := Policy{access: required, rules: rules}
	if _, fault := p.met(nil, anyLogin); fault != nil {
		return true
	}
	return noValueLeft(rules) || r.noActorLeft(rules) || r.noACRLeft(p)
}

// noValueLeft reports whether two rules want different values where a token has one.
func noValueLeft(rules []rule) bool {
	left := map[string][]string{} // the values that are wanted by every rule about one thing
	for _, r := range rules {
		w := r.wants
		if !w.single {
			continue
		}
		values := w.values
		if before, ok := left[w.of]; ok {
			values = slices.DeleteFunc(slices.Clone(before), func(s string) bool { return !slices.Contains(w.values, s) })
		}
		if len(values) == 0 {
			return true
		}
		left[w.of] = values
	}
	return false
}

// noActorLeft reports whether two rules want different actors.
func (r *textReader) noActorLeft(rules []rule) bool {
	for i, one := range rules {
		for _, other := range rules[:i] {
			if one.actors == nil || other.actors == nil {
				continue
			}
			if r.steps += len(one.actors) * len(other.actors); r.steps > maxSoundSteps {
				return false
			}
			if !share(one.actors, other.actors) {
				return true
			}
		}
	}
	return false
}

// noACRLeft reports whether no acr is enough for all the rules.
func (r *textReader) noACRLeft(p Policy) bool {
	rules, acrs := p.size()
	if acrs == 0 {
		return false
	}
	if r.steps += acrs * (rules + acrs); r.steps > maxSoundSteps {
		return false
	}
	return p.neverMet(nil) != nil
}

// size is how many rules there are, and how many values of acr they name.
func (p Policy) size() (rules, acrs int) {
	for _, r := range p.rules {
		rules++
		if r.login != nil {
			acrs += len(r.login.acr)
		}
		for _, branch := range r.branches {
			more, named := branch.size()
			rules, acrs = rules+more, acrs+named
		}
	}
	return rules, acrs
}
