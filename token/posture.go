package token

import (
	"maps"
	"slices"

	"github.com/postern-go/postern/jwks"
)

// Posture is what an Authenticator accepts from one issuer, for operators. It
// has names for JSON.
type Posture struct {
	// Issuer is the issuer, or the Template that describes several. It is "" for
	// an Authenticator about which nothing is known.
	Issuer string `json:"issuer"`
	// Audience and Algorithms are those of its Config.
	Audience   []string `json:"audience,omitempty"`
	Algorithms []string `json:"algorithms,omitempty"`
	// ScopeImplies is that of its Config, as given: what is implied through others
	// is not added.
	ScopeImplies map[string][]string `json:"scope_implies,omitempty"`
	// Relaxations are as of the function of that name.
	Relaxations []string `json:"relaxations,omitempty"`
	// Confirmations are the methods of proof of possession that are checked, such
	// as "x5t#S256" (RFC 7800 §3.1), in the order of Config.Confirmations.
	Confirmations []string `json:"confirmations,omitempty"`
	// Keys is the state of its keys. It is nil if the source does not tell, or if
	// the keys of each issuer of a Template are discovered.
	Keys *jwks.Status `json:"keys,omitempty"`
}

// Ready reports whether the keys can be used. It is true if that is not known.
func (p Posture) Ready() bool { return p.Keys == nil || p.Keys.State != jwks.StateEmpty }

// Postures describes the issuers of auth: one for a Verifier, one each for
// Issuers, in their order, and one for each Template of a Resolver. What a
// Resolver's Resolve returns, and an Authenticator of another kind, is one Posture
// without an Issuer. It makes no request and does not block.
func Postures(auth Authenticator) []Posture {
	switch a := auth.(type) {
	case *Verifier:
		if a != nil {
			return []Posture{a.posture()}
		}
		return nil
	case *Issuers:
		auths := a.load().auths
		var all []Posture
		for _, issuer := range slices.Sorted(maps.Keys(auths)) {
			for _, p := range Postures(auths[issuer]) {
				if p.Issuer == "" {
					p.Issuer = issuer
				}
				all = append(all, p)
			}
		}
		return all
	case *Resolver:
		return a.postures()
	case *Router:
		return a.postures()
	case Describer:
		return []Posture{a.Describe().Posture}
	default:
		return []Posture{{}}
	}
}

func (v *Verifier) posture() Posture {
	p := Posture{
		Issuer:       v.rules.Issuer,
		Audience:     slices.Clone(v.rules.Audience),
		Algorithms:   slices.Clone(v.about.algorithms),
		ScopeImplies: v.rules.Implied.Declared(),
		Relaxations:  slices.Clone(v.about.relaxed),
	}
	p.Confirmations, p.Keys = v.methods(), statusOf(v.about.keys)
	return p
}

func (v *possession) methods() (list []string) {
	for _, c := range v.confirmations {
		list = append(list, c.Method())
	}
	return list
}

func statusOf(source jwks.Source) *jwks.Status {
	if own, ok := source.(*ownKeys); ok {
		source = own.shared
	}
	tells, ok := source.(interface{ Status() jwks.Status })
	if !ok {
		return nil
	}
	status := tells.Status()
	return &status
}

func (r *Resolver) postures() (all []Posture) {
	if r == nil {
		return nil
	}
	for i, t := range r.config.Templates {
		p := r.templates[i].sample.posture()
		p.Issuer, p.Relaxations = t.Issuer, append(relaxationsOf(t), p.Relaxations...)
		if r.templates[i].discovers {
			p.Keys = nil
		}
		all = append(all, p)
	}
	if r.config.Resolve != nil {
		all = append(all, Posture{Relaxations: []string{resolves}})
	}
	return all
}
