package scope

import (
	"slices"
	"strings"
	"time"

	"github.com/postern-go/postern/token"
)

// maxAgeTerm reads the duration of MaxAge as time.Duration prints it.
func maxAgeTerm(r *textReader, _ string) (Policy, error) {
	at := r.at
	list, err := r.values()
	if err != nil {
		return Policy{}, err
	}
	d, err := time.ParseDuration(list[0])
	switch {
	case len(list) > 1:
		return Policy{}, r.fault(at, "%d values, want one duration", len(list))
	case err != nil:
		return Policy{}, r.fault(at, "%s is no duration, want one such as 5m0s", quoted(list[0]))
	case d.String() != list[0]:
		return Policy{}, r.fault(at, "%s, want it written %s", quoted(list[0]), d)
	}
	return MaxAge(d), nil
}

// partName is the name of a part of a value, such as "actions" of "actions(a, b)".
type partName struct {
	name   string
	single bool // it has one value
}

var (
	actorParts  = []partName{{"issuer", true}, {"subject", true}, {"client id", true}}
	detailParts = []partName{{"actions", false}, {"datatypes", false}, {"privileges", false}, {"identifier", true}, {"locations", false}}
)

// actorTerm reads the actors of ActorIn.
func actorTerm(r *textReader, _ string) (Policy, error) {
	var actors []token.Actor
	for {
		at := r.at
		parts, err := r.parts(actorParts, " ")
		if err != nil {
			return Policy{}, err
		}
		a := token.Actor{Issuer: first(parts["issuer"]), Subject: first(parts["subject"]), ClientID: first(parts["client id"])}
		if slices.Contains(actors, a) {
			return Policy{}, r.fault(at, "%s is there twice", quoted(printedActor(a)))
		}
		actors = append(actors, a)
		switch {
		case r.skip(")"):
			return ActorIn(actors...), nil
		case !r.skip(", "):
			return Policy{}, r.fault(r.at, "unexpected %s, want %s, and \", \" or \")\" after an actor", r.shown(r.at), inOrder(actorParts))
		}
	}
}

// detailTerm reads what HasDetail wants of an element.
func detailTerm(r *textReader, typ string) (Policy, error) {
	if strings.HasPrefix(r.text[r.at:], "func)") {
		return Policy{}, r.fault(r.at, "a rule of Details is one of the program's own, which has to be given to ParsePolicy")
	}
	parts, err := r.parts(detailParts, ", ")
	if err != nil {
		return Policy{}, err
	}
	if !r.skip(")") {
		return Policy{}, r.fault(r.at, "unexpected %s, want %s, with \", \" between them and \")\" behind", r.shown(r.at), inOrder(detailParts))
	}
	return HasDetail(Detail{
		Type: typ, Actions: parts["actions"], Datatypes: parts["datatypes"], Privileges: parts["privileges"],
		Identifier: first(parts["identifier"]), Locations: parts["locations"],
	}), nil
}

// parts reads the parts that are there, in the order of names.
func (r *textReader) parts(names []partName, between string) (map[string][]string, error) {
	found := map[string][]string{}
	for _, n := range names {
		before := r.at
		if len(found) > 0 && !r.skip(between) || !r.skip(n.name+"(") {
			r.at = before
			continue
		}
		at := r.at
		list, err := r.values()
		switch {
		case err != nil:
			return nil, err
		case slices.Contains(list, ""):
			return nil, r.fault(at, "%s has an empty value", n.name)
		case n.single && len(list) > 1:
			return nil, r.fault(at, "%d values, want one %s", len(list), n.name)
		}
		found[n.name] = list
	}
	return found, nil
}

// inOrder lists the names of parts, for errors.
func inOrder(names []partName) string {
	list := make([]string, len(names))
	for i, n := range names {
		list[i] = n.name + "(...)"
	}
	return "some of " + strings.Join(list, ", ") + " in this order"
}

func first(list []string) string {
	if len(list) == 0 {
		return ""
	}
	return list[0]
}
