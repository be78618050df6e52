package propose

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/postern-go/postern/token"
)

// apart says what tells ID tokens apart.
func (c *candidate) apart(ctx context.Context, lines []Line) string {
	p := profileOf(lines)
	switch {
	case p.Types == nil && !p.AllowMissingType:
		return "the type at+jwt, which only access tokens have (RFC 9068, section 2.1)"
	case len(p.Rules) > 0 && p.Rules[0].Present:
		return "the rule that " + p.Rules[0].Claim + " must be there; look at an ID token of the issuer whether it lacks it"
	case len(p.Rules) > 0:
		return fmt.Sprintf("the rule that %s must be %q", p.Rules[0].Claim, p.Rules[0].Values[0])
	}
	return "the claim " + c.clientClaim + ", which is required; look at an ID token of the issuer whether it lacks it"
}

// aboutAudience warns of an audience that tells nothing.
func (c *candidate) aboutAudience() []string {
	aud := c.claims["aud"]
	if list, ok := aud.([]any); ok && len(list) == 1 {
		aud = list[0]
	}
	if c.clientID == "" || aud != c.clientID {
		return nil
	}
	return []string{"Its aud is the client that it was issued to, as in ID tokens: it does not say which service it is for. Have the issuer write the service into aud if it can."}
}

// signs are what issuers have in the tokens of machines or of users, and the marks
// for it.
var signs = []struct {
	claim, value string // the value is "" for any
	marks        string
}{
	{"idtyp", "", "users: [{claim: idtyp, values: [user]}], clients: [{claim: idtyp, values: [app]}]"},
	{"gty", "client-credentials", "clients: [{claim: gty, values: [client-credentials]}], users: [{claim: gty, absent: true}]"},
}

// aboutSubject says whether users and machines can be told apart.
func (c *candidate) aboutSubject(ctx context.Context, p token.Profile) []string {
	t, err := c.judge(ctx, p)
	if err != nil {
		return nil
	}
	if t.SubjectKind() == token.SubjectClient {
		return []string{"This token is a client's own, since sub is the client id. If every such token of the issuer is like that, all others are users': users: [{claim: sub, client_id: true, not: true}]"}
	}
	sub, _ := c.claims["sub"].(string)
	name, _ := c.claims["preferred_username"].(string)
	switch {
	case strings.HasSuffix(sub, "@clients"):
		return []string{"This token seems to be a client's own, since sub ends in @clients. To tell: clients: [{claim: sub, suffix: \"@clients\"}], users: [{claim: sub, suffix: \"@clients\", not: true}]"}
	case strings.HasPrefix(name, "service-account-"):
		return []string{"This token seems to be a client's own. To tell: clients: [{claim: preferred_username, prefix: service-account-}], users: [{claim: preferred_username, prefix: service-account-, not: true}]"}
	}
	for _, s := range signs {
		if value, ok := c.claims[s.claim].(string); ok && (s.value == "" || s.value == value) {
			return []string{"Users and clients can be told apart by " + s.claim + ": " + s.marks}
		}
	}
	notes := []string{"Nothing in this token tells whether a user or a client acts. Compare a token of each, and name the difference under users and clients; until then scope.User refuses every token."}
	if slices.Contains(c.scopes, "openid") {
		notes = append(notes, "It has the scope openid, so that it was probably issued for a user.")
	}
	return notes
}
