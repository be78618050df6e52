package scope

// NeededScopes lists the scopes that a client should ask for to make a call,
// once each: those that Check names to a caller whose token has none. Of
// alternatives made by Or they are those of the first that asks for scopes. Of
// Any they are all. It runs no function of Claims or Func, and does not block.
// Guards put them into challenges; see Resource.ChallengeScopes.
func (p Policy) NeededScopes() []string {
	var need []string
	for i := range p.rules {
		need = appendNew(need, p.rules[i].neededScopes()...)
	}
	return need
}

func (r *rule) neededScopes() []string {
	for _, p := range r.branches {
		if need := p.NeededScopes(); len(need) > 0 {
			return need
		}
	}
	return r.need
}
