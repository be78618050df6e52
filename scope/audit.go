package scope

import (
	"errors"
	"slices"
)

// Audit compares the table with the guards of a service, both ways. Call it when
// the service starts, once all routes are registered, with the Posture of each
// guard, and do not serve if it fails. The error matches token.ErrConfig and names,
// in a line each,
//
//   - every operation that no rule of a guard refers to,
//   - every rule of a guard that refers to no operation, public ones included,
//   - every rule that refers to an operation of another table: one with a name that
//     this table does not have, or with another policy.
//
// A rule that narrows its operation by And is none of these. Posture.Except leaves
// rules out that belong to no operation. Audit does not block.
func (t *Table) Audit(guards ...Posture) error {
	var wrong []error
	served := map[string]bool{}
	for _, g := range guards {
		for _, rule := range g.Rules {
			served[rule.Operation] = true
			if why := t.misfit(rule); why != "" {
				wrong = append(wrong, tableFault(g.place(rule.Route)+why))
			}
		}
		for _, route := range g.absent {
			wrong = append(wrong, tableFault(g.place(route)+"is excepted and not there"))
		}
	}
	for _, o := range t.Operations() {
		if !served[o.Name] {
			wrong = append(wrong, wrongOperation(o.Name, "no rule of a guard refers to it"))
		}
	}
	return errors.Join(wrong...)
}

// misfit says what is wrong with a rule of a guard, or is "".
func (t *Table) misfit(rule RulePosture) string {
	if rule.Operation == "" {
		return "refers to no operation of the table"
	}
	p, ok := t.Lookup(rule.Operation)
	if !ok {
		return "refers to operation " + quoted(rule.Operation) + ", which is not in the table"
	}
	text := rule.Policy
	if rule.Narrows != "" {
		text = rule.Narrows
	}
	if want := p.String(); text != want {
		return "refers to operation " + quoted(rule.Operation) + " with " + quoted(text) + ", want " + quoted(want) + ", as in the table"
	}
	return ""
}

func (p Posture) place(route string) string {
	return "rule " + quoted(route) + " of the guard over " + quoted(string(p.Transport)) + " "
}

// Except is p without the rules of these routes, for a Table.Audit of a service
// that serves more than its operations, such as health and metadata. A route that
// p does not have is a leftover: Table.Audit names it.
func (p Posture) Except(routes ...string) Posture {
	has := func(route string) bool {
		return slices.ContainsFunc(p.Rules, func(r RulePosture) bool { return r.Route == route })
	}
	without := p
	without.Rules = slices.DeleteFunc(slices.Clone(p.Rules), func(r RulePosture) bool { return slices.Contains(routes, r.Route) })
	without.absent = slices.Concat(p.absent, slices.DeleteFunc(slices.Clone(routes), has))
	return without
}
