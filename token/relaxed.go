package token

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/postern-go/postern/internal/claims"
	"github.com/postern-go/postern/internal/printable"
)

// Relaxations lists the settings of auth that accept more than RFC 9068 and the
// defaults of Config do, one printable line each, for a service to print when it
// starts and for a test to compare. Each line of Issuers begins with the issuer,
// and each of a Resolver with the Template; what Resolve returns is not known.
// The list is empty for a strict Verifier, and for an Authenticator of another
// kind, nil included, about which nothing is known. It does not block.
func Relaxations(auth Authenticator) []string {
	switch a := auth.(type) {
	case *Verifier:
		if a != nil {
			return slices.Clone(a.about.relaxed)
		}
	case *Issuers:
		auths := a.load().auths
		var all []string
		for _, issuer := range slices.Sorted(maps.Keys(auths)) {
			all = append(all, under(issuer, Relaxations(auths[issuer]))...)
		}
		return all
	case *Resolver:
		return a.relaxations()
	case *Router:
		return a.relaxations()
	case Describer:
		return slices.Clone(a.Describe().Posture.Relaxations)
	}
	return nil
}

// under puts a name before each line.
func under(name string, lines []string) (list []string) {
	for _, line := range lines {
		list = append(list, printable.Line(name+": "+line))
	}
	return list
}

// relaxations are those of the Templates, and which issuers are not listed.
func (r *Resolver) relaxations() (list []string) {
	if r == nil {
		return nil
	}
	for i, t := range r.config.Templates {
		list = append(list, under(t.Issuer, append(relaxationsOf(t), r.templates[i].sample.about.relaxed...))...)
	}
	if r.config.Resolve != nil {
		list = append(list, resolves)
	}
	return list
}

const resolves = "ResolverConfig.Resolve accepts issuers with settings that are not known here"

// relaxationsOf says which issuers of a Template are not listed.
func relaxationsOf(t Template) []string {
	switch {
	case t.AnyValue:
		return []string{"Template.AnyValue accepts every issuer of this form"}
	case t.Allow != nil:
		return []string{"Template.Allow accepts the issuers that a function approves of"}
	}
	return nil
}

// relaxations are those of one Verifier.
func (c Config) relaxations() (list []string) {
	add := func(is bool, format string, args ...any) {
		if is {
			list = append(list, printable.Line(fmt.Sprintf(format, args...)))
		}
	}
	add(c.leeway() > defaultLeeway, "Leeway is %v", c.leeway())
	add(c.maxTokenSize() > defaultTokenSize, "MaxTokenSize is %d", c.maxTokenSize())
	p := c.Profile
	add(slices.ContainsFunc(p.Types, isNotAccessTokenType), "Profile.Types accepts %+q", p.Types)
	add(p.AllowMissingType, "Profile.AllowMissingType accepts tokens without typ")
	add(p.scopeClaim() != "scope" || p.ScopeList, "Profile.ScopeClaim reads scopes from %+q", p.scopeClaim())
	add(p.Scopes != nil, "Profile.Scopes reads scopes from %s", inWords(p.Scopes))
	add(p.clientIDClaim() != "client_id", "Profile.ClientIDClaim reads the client id from %+q", p.clientIDClaim())
	add(p.AudienceClaim != "", "Profile.AudienceClaim lets %+q stand for aud", p.AudienceClaim)
	missing := slices.DeleteFunc(Profile{ClientIDClaim: p.ClientIDClaim}.required(), func(name string) bool { return slices.Contains(p.required(), name) })
	add(len(missing) > 0, "Profile.Required does not require %+q", missing)
	return list
}

// inWords names the places of sources.
func inWords(list []Source) string {
	places := make([]string, len(list))
	for i, s := range sources(list, ShapeWords) {
		places[i] = fmt.Sprintf("%+q (%v)", claims.Display(s.Path), Shape(s.Shape))
	}
	return strings.Join(places, " and ")
}
