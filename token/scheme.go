package token

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/postern-go/postern/internal/printable"
)

// Scheme is an authentication scheme in which an Authenticator takes tokens,
// and what challenges say about it (RFC 9110 §11).
type Scheme struct {
	// Name is the name of the scheme, such as "Bearer" or "DPoP".
	Name string
	// Params are parameters of the challenge besides those that every scheme
	// has, in order, such as algs (RFC 9449 §5.1). They follow max_age.
	Params []Param
	// ParsesToken says that the Authenticator parses tokens strictly and lets
	// none in that is not a token68 (RFC 9110 §11.2), as a Verifier does. A guard
	// then looks at the form of a token after a refusal only, to tell what the
	// caller did wrong. Zero makes it look before it asks the Authenticator.
	ParsesToken bool
	// Unadvertised leaves the scheme out of challenges. Its tokens are read all
	// the same, so that a refusal can say why: a service that takes DPoP alone
	// tells a caller under Bearer that the binding is missing.
	Unadvertised bool
	// TakesBound says that tokens with a proof of possession come under this
	// scheme. If it is true of any scheme, challenges of calls that take no other
	// tokens, as with scope.Bound, leave out the schemes of which it is false.
	TakesBound bool
}

// Param is a parameter of a challenge. Its Value is printable ASCII without
// quotes and backslashes.
type Param struct{ Name, Value string }

// Schemer is an Authenticator that says which schemes it takes, in the order in
// which challenges name them. An Authenticator without this method takes
// Bearer. Guards ask once, when they are made, so the answer must not change.
type Schemer interface {
	Authenticator
	Schemes() []Scheme
}

// bearer is the scheme of those Authenticators that name none (RFC 6750).
const bearer = "Bearer"

// SchemesOf lists the schemes that auth takes: those of a Schemer, and Bearer
// for any other Authenticator and for a Schemer that names none. The error
// matches ErrConfig and names the scheme that cannot stand in a challenge. It
// does not block.
func SchemesOf(auth Authenticator) ([]Scheme, error) {
	schemes := schemesOf(auth)
	if !slices.ContainsFunc(schemes, func(s Scheme) bool { return !s.Unadvertised }) {
		return nil, fmt.Errorf("token: %w: no scheme is advertised, so that a refusal would have no challenge", ErrConfig)
	}
	for i, scheme := range schemes {
		if err := scheme.validate(); err != nil {
			return nil, err
		}
		if indexOf(schemes[:i], scheme.Name) >= 0 {
			return nil, fmt.Errorf("token: %w: scheme %+q is there twice", ErrConfig, scheme.Name)
		}
	}
	return schemes, nil
}

func schemesOf(auth Authenticator) []Scheme {
	if s, ok := auth.(Schemer); ok {
		if schemes := s.Schemes(); len(schemes) > 0 {
			return schemes
		}
	}
	return []Scheme{{Name: bearer}}
}

// Schemes is Bearer, and those of the SchemeCheckers among Config.Confirmations.
// Bearer is not advertised if no token can be good under it: one of them is
// Required, or all Confirmations have schemes of their own and RequireBound is set.
func (v *Verifier) Schemes() []Scheme { return v.schemes() }

func (v *possession) schemes() []Scheme {
	all := []Scheme{{Name: bearer, ParsesToken: true}}
	for _, c := range v.confirmations {
		owner, ok := c.(SchemeChecker)
		if !ok {
			all[0].TakesBound = true
			continue
		}
		scheme := owner.Scheme()
		scheme.ParsesToken, scheme.TakesBound = true, true
		all = append(all, scheme)
	}
	all[0].Unadvertised = v.required() != nil || v.requireBound && !all[0].TakesBound
	return all
}

// Schemes is what the issuers given to ByIssuer take together, in the order of
// their identifiers. The values of a parameter are lists of words, and those of
// all issuers become one. Replace does not change it.
func (b *Issuers) Schemes() []Scheme {
	if b == nil {
		return nil
	}
	return slices.Clone(b.schemes)
}

func (b *issuerSet) schemes() (all []Scheme) {
	for _, issuer := range slices.Sorted(maps.Keys(b.auths)) {
		all = together(all, schemesOf(b.auths[issuer]))
	}
	return all
}

// together is all with more schemes, those of one name as one.
func together(all, more []Scheme) []Scheme {
	for _, scheme := range more {
		if i := indexOf(all, scheme.Name); i >= 0 {
			all[i] = all[i].and(scheme)
			continue
		}
		all = append(all, scheme)
	}
	return all
}

// admitSchemes refuses schemes that a guard does not know of: it would turn
// their tokens away, or leave the form of a token to an Authenticator that does
// not look at it.
func admitSchemes(asked, now []Scheme) error {
	for _, scheme := range now {
		i := indexOf(asked, scheme.Name)
		if i < 0 || asked[i].ParsesToken && !scheme.ParsesToken {
			return &oneLine{fmt.Errorf("token: %w: Replace brings the scheme %+q with ParsesToken %t, which the first issuers do not have; guards ask for schemes once",
				ErrConfig, scheme.Name, scheme.ParsesToken)}
		}
	}
	return nil
}

func indexOf(schemes []Scheme, name string) int {
	return slices.IndexFunc(schemes, func(s Scheme) bool { return strings.EqualFold(s.Name, name) })
}

// and is s and other, of the same name, as one.
func (s Scheme) and(other Scheme) Scheme {
	s.ParsesToken = s.ParsesToken && other.ParsesToken
	s.Unadvertised = s.Unadvertised && other.Unadvertised
	s.TakesBound = s.TakesBound || other.TakesBound
	s.Params = slices.Clone(s.Params)
	for _, p := range other.Params {
		i := slices.IndexFunc(s.Params, func(own Param) bool { return own.Name == p.Name })
		if i < 0 {
			s.Params = append(s.Params, p)
			continue
		}
		words := strings.Fields(s.Params[i].Value)
		for word := range strings.FieldsSeq(p.Value) {
			if !slices.Contains(words, word) {
				words = append(words, word)
			}
		}
		s.Params[i].Value = strings.Join(words, " ")
	}
	return s
}

// ofEvery are the parameters of every challenge, which the guards write.
var ofEvery = []string{"realm", "error", "error_description", "error_uri", "scope", "acr_values", "max_age", "resource_metadata"}

func (s Scheme) validate() error {
	if !isHTTPToken(s.Name) {
		return fmt.Errorf("token: %w: scheme is %+q, want a name as defined by RFC 9110", ErrConfig, s.Name)
	}
	for i, p := range s.Params {
		taken := slices.Contains(ofEvery, strings.ToLower(p.Name)) ||
			slices.ContainsFunc(s.Params[:i], func(other Param) bool { return strings.EqualFold(other.Name, p.Name) })
		if taken || !isHTTPToken(p.Name) || !printable.Is(p.Value) || strings.ContainsAny(p.Value, `"\`) {
			return fmt.Errorf("token: %w: scheme %s has the parameter %+q with %+q, which cannot stand in a challenge", ErrConfig, s.Name, p.Name, p.Value)
		}
	}
	return nil
}

// isHTTPToken reports whether s is a token of RFC 9110 §5.6.2.
func isHTTPToken(s string) bool {
	const in = "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool { return !strings.ContainsRune(in, r) })
}
