package token

import (
	"fmt"
	"slices"

	"github.com/postern-go/postern/internal/claims"
	"github.com/postern-go/postern/internal/jws"
	"github.com/postern-go/postern/jwks"
)

// parts are what is made of a Config that is valid.
type parts struct {
	keys    jwks.Source
	implied *claims.Implied
}

func (c Config) checked() (parts, error) {
	made, err := c.parts()
	if err != nil {
		return parts{}, &oneLine{fmt.Errorf("token: %w", err)}
	}
	return made, nil
}

func (c Config) parts() (made parts, err error) {
	if err := c.validate(); err != nil {
		return made, err
	}
	if made.implied, err = implied(c.ScopeImplies); err != nil {
		return made, err
	}
	made.keys, err = c.source()
	return made, err
}

// signed says which signed objects are accepted.
func (c Config) signed(keys jwks.Source) jws.Settings {
	return jws.Settings{
		Keys:             keys,
		Algorithms:       c.algorithms(),
		Types:            c.Profile.types(),
		AllowMissingType: c.Profile.AllowMissingType,
		RequireKeyID:     c.RequireKeyID,
		Names:            jws.Names{Algorithms: "Config.Algorithms", Types: "Config.Profile.Types", RequireKeyID: "Config.RequireKeyID"},
	}
}

func (c Config) possession() possession {
	return possession{slices.Clone(c.Confirmations), c.RequireBound}
}

// settings say which claims are accepted.
func (c Config) settings(implied *claims.Implied) claims.Settings {
	scopes, setting := c.Profile.scopes()
	return claims.Settings{
		Issuer:        c.Issuer,
		Audience:      slices.Clone(c.Audience),
		AudienceClaim: c.Profile.AudienceClaim,
		Scopes:        scopes,
		ScopeSetting:  setting,
		Implied:       implied,
		Sets:          c.Profile.sets(),
		ClientIDClaim: c.Profile.clientIDClaim(),
		Required:      slices.Clone(c.Profile.required()),
		ClientIDs:     slices.Clone(c.Profile.ClientIDs),
		Rules:         marks(c.Profile.Rules),
		Users:         marks(c.Profile.Users),
		Clients:       marks(c.Profile.Clients),
		Leeway:        c.leeway(),
		MaxLifetime:   c.MaxLifetime,
		Time:          c.time(),
	}
}
