package scope

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/postern-go/postern/token"
)

// term is a rule as the text of a policy has it.
type term struct {
	name string
	form form
	// make reads what is left of the term. It may panic with an error that matches
	// token.ErrConfig, as functions for literals do: that is an error at the place
	// of the term, as is one that is no *textFault.
	make func(r *textReader, set string) (Policy, error)
}

// form is what follows the name of a term.
type form uint8

const (
	alone     form = iota // user
	values                // issuer(a, b)
	setValues             // all roles(a, b), detail payment(actions(a))
)

// terms are all rules that text can name, the program's own excepted.
var terms = []term{
	{"public", alone, fixed(Public)},
	{"optional", alone, fixed(Optional)},
	{"authenticated", alone, fixed(Authenticated)},
	{"refused", alone, refusedText},
	{"user", alone, fixed(User)},
	{"client", alone, fixed(Client)},
	{"all", values, list(All)},
	{"any", values, list(Any)},
	{"all", setValues, listOf(AllOf)},
	{"any", setValues, listOf(AnyOf)},
	{"client id", values, list(ClientID)},
	{"issuer", values, list(Issuer)},
	{"acr", values, list(ACR)},
	{"max age", values, maxAgeTerm},
	{"not delegated", alone, fixed(NotDelegated)},
	{"fresh", alone, fixed(Fresh)},
	{"bound", alone, fixed(Bound)},
	{"actor", values, actorTerm},
	{"detail", setValues, detailTerm},
}

func fixed(p Policy) func(*textReader, string) (Policy, error) {
	return func(*textReader, string) (Policy, error) { return p, nil }
}

func list(of func(...string) Policy) func(*textReader, string) (Policy, error) {
	return listOf(func(_ string, values ...string) Policy { return of(values...) })
}

func listOf(of func(string, ...string) Policy) func(*textReader, string) (Policy, error) {
	return func(r *textReader, set string) (Policy, error) {
		values, err := r.values()
		if err != nil {
			return Policy{}, err
		}
		return of(set, values...), nil
	}
}

func refusedText(*textReader, string) (Policy, error) {
	return Policy{}, fmt.Errorf("%w: a policy that refuses every call; leave the rule out", token.ErrConfig)
}

// isTerm reports whether a name by itself reads as a rule of this package.
func isTerm(name string) bool {
	for _, t := range terms {
		if t.form == alone && t.name == name {
			return true
		}
	}
	return name == "tenant"
}

// term reads one rule.
func (r *textReader) term() (Policy, error) {
	at := r.at
	if r.terms++; r.terms > maxPolicyTerms {
		return Policy{}, r.fault(at, "more than %d rules", maxPolicyTerms)
	}
	if p, ok := r.ownTerm(); ok {
		return p, nil
	}
	for _, t := range terms {
		set, ok, err := r.begins(t)
		if err != nil {
			return Policy{}, err
		}
		if !ok {
			r.at = at
			continue
		}
		p, err := r.made(t, set)
		var placed *textFault
		if err != nil && !errors.As(err, &placed) {
			err = r.fault(at, "%s", bareText(err))
		}
		return p, err
	}
	return Policy{}, r.unknown()
}

// begins reads a term up to its values, if it is this one.
func (r *textReader) begins(t term) (set string, ok bool, err error) {
	switch {
	case !r.skip(t.name):
		return "", false, nil
	case t.form == alone:
		return "", r.bounded(), nil
	case t.form == values:
		return "", r.skip("("), nil
	case !r.skip(" ") || r.bounded():
		return "", false, nil
	}
	set, err = r.word()
	return set, err == nil && r.skip("("), err
}

// made is the policy of a term. The functions for literals panic over what is
// wrong with a value.
func (r *textReader) made(t term, set string) (p Policy, err error) {
	defer func() {
		fault := recover()
		if fault == nil {
			return
		}
		e, ok := fault.(error)
		if !ok || !errors.Is(e, token.ErrConfig) {
			panic(fault)
		}
		p, err = Policy{}, e
	}()
	return t.make(r, set)
}

// bareText is an error without the prefixes that its place in the text repeats.
func bareText(err error) string {
	text := strings.TrimPrefix(err.Error(), "scope: ")
	return strings.TrimPrefix(text, token.ErrConfig.Error()+": ")
}

// values reads a list up to its parenthesis.
func (r *textReader) values() ([]string, error) {
	var list []string
	for {
		at := r.at
		v, err := r.word()
		switch {
		case err != nil:
			return nil, err
		case slices.Contains(list, v):
			return nil, r.fault(at, "%s is there twice", quoted(v))
		}
		list = append(list, v)
		switch {
		case r.skip(")"):
			return list, nil
		case !r.skip(", "):
			return nil, r.fault(r.at, "unexpected %s, want \", \" or \")\" after a value", r.shown(r.at))
		}
	}
}

// word reads one value, written as function word writes it.
func (r *textReader) word() (string, error) {
	at, rest := r.at, r.text[r.at:]
	if !strings.HasPrefix(rest, `"`) {
		end := strings.IndexAny(rest, ` (),"\`)
		if end < 0 {
			end = len(rest)
		}
		if end == 0 {
			return "", r.fault(at, "unexpected %s, want a value", r.shown(at))
		}
		r.at += end
		return rest[:end], nil
	}
	written, err := strconv.QuotedPrefix(rest)
	if err != nil {
		return "", r.fault(at, "%s has no closing quote, or an unknown escape", quoted(rest))
	}
	v, err := strconv.Unquote(written)
	switch {
	case err != nil:
		return "", r.fault(at, "%s is no quoted value", quoted(written))
	case word(v) != written:
		return "", r.fault(at, "%s, want it written %s", quoted(written), quoted(word(v)))
	}
	r.at += len(written)
	return v, nil
}

// unknown says that no rule begins here.
func (r *textReader) unknown() error {
	at, rest := r.at, r.text[r.at:]
	switch {
	case strings.HasPrefix(rest, "REHEARSAL("):
		return r.fault(at, "a rehearsal lets every caller in, so that only the program can make one; see Policy.Rehearsed")
	case rest == "" || strings.HasPrefix(rest, ")") || strings.HasPrefix(rest, " "):
		return r.fault(at, "unexpected %s, want a rule", r.shown(at))
	}
	name := rest
	for r.at < len(r.text) && !r.bounded() {
		r.at++
		name = r.text[at:r.at]
	}
	return r.fault(at, "unknown rule %s, want one of %s, or a rule of the program's own that was given to ParsePolicy%s", quoted(name), termNames(), r.ownNames())
}

// termNames lists what text can name.
func termNames() string {
	var names []string
	for _, t := range terms {
		names = append(names, t.name+map[form]string{values: "(...)", setValues: " SET(...)"}[t.form])
	}
	return strings.Join(names, ", ")
}

// ownRule is a rule of the program's own, by the text that stands for it.
type ownRule struct {
	text   string
	policy Policy
}

// ownRules are found by their texts. Where one begins like another, their ends tell
// them apart; see bounded.
func ownRules(own []Policy) ([]ownRule, error) {
	list := make([]ownRule, len(own))
	for i, p := range own {
		if len(p.rules) != 1 || p.rules[0].branches != nil || p.trial != nil {
			return nil, fmt.Errorf("scope: %w: %s was given to ParsePolicy as a rule of the program's own, want one rule of Claims, Func, Tenant, Details or ACRBy", token.ErrConfig, quoted(p.String()))
		}
		text := p.String()
		if _, err := readPolicy(text, nil); err == nil {
			return nil, fmt.Errorf("scope: %w: %s was given to ParsePolicy as a rule of the program's own, and has a meaning without that", token.ErrConfig, quoted(text))
		}
		if slices.ContainsFunc(list, func(other ownRule) bool { return other.text == text }) {
			return nil, fmt.Errorf("scope: %w: two rules given to ParsePolicy have the name %s", token.ErrConfig, quoted(text))
		}
		list[i] = ownRule{text, p}
	}
	return list, nil
}

// ownTerm reads a rule of the program's own.
func (r *textReader) ownTerm() (Policy, bool) {
	at := r.at
	for _, own := range r.own {
		if r.skip(own.text) && r.bounded() {
			return own.policy, true
		}
		r.at = at
	}
	return Policy{}, false
}

func (r *textReader) ownNames() string {
	if len(r.own) == 0 {
		return ""
	}
	names := make([]string, len(r.own))
	for i, own := range r.own {
		names[i] = own.text
	}
	slices.Sort(names)
	return ": " + strings.Join(names, ", ")
}

func firstRune(text string) string {
	_, size := utf8.DecodeRuneInString(text)
	return text[:size]
}
