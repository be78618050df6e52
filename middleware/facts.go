package middleware

import (
	"fmt"
	"slices"
	"strings"

	"github.com/postern-go/postern/internal/resourcemeta"
	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
)

// certificateMethod is the confirmation method of tokens bound to a certificate
// (RFC 8705 §3.1).
const certificateMethod = "x5t#S256"

// facts are what a document says that can change while a service runs.
type facts struct {
	servers, scopes, details []string
	certificates             bool
}

func (f *facts) equal(g *facts) bool {
	return slices.Equal(f.servers, g.servers) && slices.Equal(f.scopes, g.scopes) && slices.Equal(f.details, g.details) && f.certificates == g.certificates
}

// facts are those of this moment. An issuer with tokens for other resources only
// is left out: a client would be refused with what it gets there.
func (d *Description) facts() *facts {
	f := &facts{servers: slices.Clone(d.settings.AuthorizationServers)}
	for _, p := range token.Postures(d.m.auth) {
		if !accepts(p, d.resource) {
			continue
		}
		f.scopes = append(f.scopes, declaredIn(p)...)
		f.certificates = f.certificates || slices.Contains(p.Confirmations, certificateMethod)
		if isServer(p.Issuer) {
			f.servers = append(f.servers, p.Issuer)
		}
	}
	f.servers = sorted(f.servers)
	policies := d.policies()
	f.details = sorted(append(detailsOf(policies), d.settings.Details...))
	f.scopes = sorted(slices.Concat(f.scopes, scopesOf(policies), d.settings.Scopes))
	if d.settings.OmitScopes {
		f.scopes = nil
	}
	return f
}

// accepts reports whether an issuer may issue tokens for the resource, as far as
// it tells.
func accepts(p token.Posture, resource string) bool {
	return len(p.Audience) == 0 || slices.Contains(p.Audience, resource)
}

func scopesOf(policies []scope.Policy) (scopes []string) {
	for _, p := range policies {
		scopes = append(scopes, p.Scopes()...)
	}
	return withoutRefresh(scopes)
}

// declaredIn are the scopes that an issuer's Config.ScopeImplies speaks of: a client
// may ask for a larger one that no rule names.
func declaredIn(p token.Posture) (scopes []string) {
	for larger, implied := range p.ScopeImplies {
		scopes = append(append(scopes, larger), implied...)
	}
	return withoutRefresh(scopes)
}

func withoutRefresh(scopes []string) []string {
	return slices.DeleteFunc(scopes, func(s string) bool { return s == refreshScope })
}

func detailsOf(policies []scope.Policy) (types []string) {
	for _, p := range policies {
		types = append(types, p.DetailTypes()...)
	}
	return types
}

func sorted(list []string) []string {
	slices.Sort(list)
	return slices.Compact(list)
}

// document is the document of these facts, unsigned.
func (d *Description) document(f *facts) resourcemeta.Document {
	doc := resourcemeta.Document{}
	for name, value := range d.members {
		doc[name] = value
	}
	doc.Set(resourcemeta.AuthorizationServers, f.servers)
	doc.Set(resourcemeta.Scopes, f.scopes)
	doc.Set(resourcemeta.Details, f.details)
	doc.Set(resourcemeta.CertificateBound, f.certificates)
	return doc
}

// setSchemes says by which schemes a token may come. Without Bearer there is no
// bearer method, which the empty list says.
func setSchemes(doc resourcemeta.Document, schemes []token.Scheme) {
	named := func(name string) int {
		return slices.IndexFunc(schemes, func(s token.Scheme) bool { return !s.Unadvertised && strings.EqualFold(s.Name, name) })
	}
	bearer, dpop := named("Bearer"), named("DPoP")
	doc[resourcemeta.BearerMethods] = []string{}
	if bearer >= 0 {
		doc.Set(resourcemeta.BearerMethods, []string{"header"})
	}
	if dpop < 0 {
		return
	}
	doc.Set(resourcemeta.DPoPRequired, !slices.ContainsFunc(schemes, func(s token.Scheme) bool {
		return !s.Unadvertised && !strings.EqualFold(s.Name, "DPoP")
	}))
	for _, p := range schemes[dpop].Params {
		if strings.EqualFold(p.Name, "algs") {
			doc.Set(resourcemeta.DPoPAlgorithms, strings.Fields(p.Value))
		}
	}
}

// checkIssuers finds what would make the document contradict the guard.
func (d *Description) checkIssuers() error {
	var unknown []string // issuers that are not known as URLs
	if err := d.m.config.Resource.Audit(d.m.auth); err != nil {
		return fmt.Errorf("middleware: %w", err)
	}
	postures := token.Postures(d.m.auth)
	for _, p := range postures {
		if !isServer(p.Issuer) {
			unknown = append(unknown, p.Issuer)
		}
	}
	listed := d.settings.AuthorizationServers
	switch {
	case len(listed) > 0 && len(unknown) == 0:
		return badMetadata("AuthorizationServers", "want none: the issuers are known")
	case len(listed) == 0 && len(unknown) == len(postures):
		return badMetadata("AuthorizationServers", "want some: no issuer is known as an https URL, so clients would not know where to get a token")
	}
	for _, server := range listed {
		if !slices.ContainsFunc(unknown, func(issuer string) bool { return mayBe(issuer, server) }) {
			return badMetadata("AuthorizationServers", shown(server)+" fits no issuer of the Authenticator")
		}
	}
	return nil
}

// mayBe reports whether the issuer, a Template or one that is not known as a URL,
// may stand for the server.
func mayBe(issuer, server string) bool {
	if !strings.Contains(issuer, "{") {
		return true
	}
	_, fits := token.Template{Issuer: issuer}.Value(server)
	return fits
}
