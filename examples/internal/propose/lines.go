package propose

import (
	"fmt"
	"slices"
	"strings"

	"github.com/postern-go/postern/token"
)

// accessOnly are claims that access tokens have and ID tokens lack, as far as the
// documents of issuers say, those first that tokens for users and for machines
// have both.
var accessOnly = append([]string{"client_id", "cid", "azpacr", "appidacr"}, mapped...)

// mapped are those of them that an administrator may have mapped into ID tokens
// too, so that they tell something only beside a client id.
var mapped = []string{"scope", "scp", "permissions", "gty", "idtyp"}

// lines are the settings that the token needs to be accepted.
func (c *candidate) lines() (lines []Line, err error) {
	lines = append(lines, c.typeLine()...)
	lines = append(lines, c.clientLine()...)
	lines = append(lines, c.scopeLines()...)
	audience, err := c.audienceLine()
	if err != nil {
		return nil, err
	}
	lines = append(lines, audience...)
	return append(lines, c.requiredLine()...), nil
}

func (c *candidate) typeLine() []Line {
	value, ok := c.header["typ"]
	if !ok {
		return []Line{{"allow_missing_type", "accepts tokens without a type beside at+jwt; the ID tokens of such an issuer may have none either",
			func(p *token.Profile) { p.AllowMissingType = true }}}
	}
	if c.isTypedAccess() {
		return nil
	}
	typ, _ := value.(string)
	return []Line{{"types", fmt.Sprintf("accepts the type %.40q, which says less than at+jwt: other tokens of the issuer may have it too", typ),
		func(p *token.Profile) { p.Types = []string{typ} }}}
}

func (c *candidate) clientLine() []Line {
	if c.clientClaim == "" || c.clientClaim == "client_id" {
		return nil
	}
	return []Line{{"client_id_claim", "reads the client id from " + c.clientClaim + ", since there is no client_id",
		func(p *token.Profile) { p.ClientIDClaim = c.clientClaim }}}
}

func (c *candidate) scopeLines() (lines []Line) {
	if c.scopeClaim == "scp" {
		lines = append(lines, Line{"scope_claim", "reads the scopes from scp, since there is no scope", func(p *token.Profile) { p.ScopeClaim = "scp" }})
	}
	if _, ok := c.claims[c.scopeClaim].([]any); ok {
		lines = append(lines, Line{"scope_list", "reads the scopes from an array; a token with a string is refused then", func(p *token.Profile) { p.ScopeList = true }})
	}
	return lines
}

// audienceLine names a claim for aud only where a token has none. What has another
// audience is for another service, which no profile should change.
func (c *candidate) audienceLine() ([]Line, error) {
	if value, ok := c.claims["aud"]; ok && value != nil {
		if c.isAudience(value) {
			return nil, nil
		}
		return nil, fmt.Errorf("%w: the token is for another service: its aud is %.80q, want one of %q. Get a token for this service, or correct -audience if that is wrong",
			ErrHole, fmt.Sprint(value), c.config.Audience)
	}
	for _, name := range []string{"resource", "client_id", "cid", "appid", "azp"} {
		if c.isAudience(c.claims[name]) {
			return []Line{{"audience_claim", name + " stands for aud, which is not there: every token issued to that client is accepted, those for other services too",
				func(p *token.Profile) { p.AudienceClaim = name }}}, nil
		}
	}
	return nil, fmt.Errorf("%w: the token has no aud, and no other claim has one of %q. Have the issuer add the audience", ErrHole, c.config.Audience)
}

func (c *candidate) isAudience(value any) bool {
	switch value := value.(type) {
	case string:
		return slices.Contains(c.config.Audience, value)
	case []any:
		return slices.ContainsFunc(texts(value), func(aud string) bool { return slices.Contains(c.config.Audience, aud) })
	}
	return false
}

// requiredLine leaves out of the required claims those that the token lacks.
func (c *candidate) requiredLine() []Line {
	there, missing := []string{}, []string{}
	for _, name := range []string{"sub", c.clientClaim, "iat", "jti"} {
		switch {
		case name == "":
			missing = append(missing, "the client id")
		case c.claims[name] == nil || c.claims[name] == "":
			missing = append(missing, name)
		default:
			there = append(there, name)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	return []Line{{"required", "does not require " + strings.Join(missing, " and "), func(p *token.Profile) { p.Required = slices.Clone(there) }}}
}

// discriminators are the rules that may tell ID tokens apart, one at a time. The
// first is no rule at all.
func (c *candidate) discriminators() [][]Line {
	list := [][]Line{nil}
	rule := func(m token.Mark, why string) {
		list = append(list, []Line{{"rules", why, func(p *token.Profile) { p.Rules = []token.Mark{m} }}})
	}
	for _, kind := range kinds {
		if c.claims[kind.claim] == kind.access {
			rule(token.Mark{Claim: kind.claim, Values: []string{kind.access}}, "demands "+kind.claim+" "+kind.access+", which the ID tokens of the issuer do not have")
		}
	}
	for _, name := range c.apartBy() {
		if c.claims[name] != nil {
			rule(token.Mark{Claim: name, Present: true}, "demands "+name+", which ID tokens lack; access tokens without it are refused")
		}
	}
	return list
}
