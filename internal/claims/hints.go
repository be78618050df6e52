package claims

import (
	"slices"
	"strconv"
	"strings"

	"github.com/postern-go/postern/internal/printable"
	"github.com/postern-go/postern/internal/strict"
)

// The claims in which issuers are known to put client ids and rights.
var (
	ClientIDNames = []string{"client_id", "azp", "appid", "cid"}
	ScopeNames    = []string{"scope", "scp", "scopes", "roles", "permissions"}
)

// noClientID and noAudience are the hints for a token that lacks one, given its
// payload: issuers use other names. The token is searched when the error is
// read, so that good tokens and floods of bad ones cost nothing.
type noClientID string

func (payload noClientID) String() string {
	if found := present(string(payload), ClientIDNames); len(found) > 0 {
		return "; it has " + quoted(found) + " (see Config.Profile.ClientIDClaim)"
	}
	return ""
}

type noAudience string

func (payload noAudience) String() string {
	if found := present(string(payload), ClientIDNames); len(found) > 0 {
		return "; it has " + quoted(found) + ", which names its client and not its audience (see Config.Profile.AudienceClaim)"
	}
	return ""
}

// present lists those of the names that an object has, in order.
func present(object string, names []string) []string {
	var has [8]bool
	err := strict.Members(object, func(name string, v strict.Value) {
		if i := slices.Index(names, name); i >= 0 && v.Kind != strict.Null {
			has[i] = true
		}
	})
	var found []string
	for i, name := range names {
		if err == nil && has[i] {
			found = append(found, name)
		}
	}
	return found
}

func quoted(names []string) string { return `"` + strings.Join(names, `" and "`) + `"` }

// WhereScopes says, for a claim set without scopes, where they may be in its
// text.
func (s *Set) WhereScopes(payload string) string {
	if s.Rules == nil || len(s.Rules.Scopes) == 0 {
		return "the token has no scope"
	}
	var claims []string
	for _, from := range s.Rules.Scopes {
		claims = append(claims, printable.Value(strconv.QuoteToASCII(Display(from.Path))))
		if len(present(payload, from.Path[:1])) > 0 {
			return "the scope claim " + claims[len(claims)-1] + " of the token is empty"
		}
	}
	words := "the token has no scope claim " + strings.Join(claims, " or ")
	if found := present(payload, ScopeNames); len(found) > 0 {
		words += ", but it has " + quoted(found) + " (see " + settingFor(found[0]) + ")"
	}
	return words
}

// settingFor is the setting that reads a claim of ScopeNames. Roles and
// permissions are not scopes.
func settingFor(claim string) string {
	if claim == "roles" || claim == "permissions" {
		return "Config.Profile.Sets"
	}
	return "Config.Profile.ScopeClaim"
}
