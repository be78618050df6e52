package refusals_test

import (
	"encoding/json"
	"slices"
	"strings"
)

func (g naive) claimsGood(header, claims map[string]any) bool {
	if !g.has(checkReplicated) {
		for name, value := range header {
			if _, ok := claims[name]; !ok {
				claims[name] = value
			}
		}
	}
	return (!g.has(checkIssuer) || g.get(claims, "iss") == g.issuer.Identifier()) &&
		(!g.has(checkAudience) || g.forMe(claims)) &&
		(!g.has(checkTime) || g.inTime(claims)) &&
		(!g.has(checkClaims) || g.complete(claims)) &&
		(!g.has(checkScope) || g.granted(claims)) &&
		(!g.has(checkACR) || g.get(claims, "acr") == "loa2") &&
		(!g.has(checkAge) || g.justNow(claims)) &&
		(!g.has(checkRole) || g.hasRoles(claims)) &&
		(!g.has(checkRules) || g.meant(claims)) &&
		g.detailed(claims) && g.actedFor(claims) &&
		g.aboutUser(claims)
}

// rules are what all tokens of the service have.
var rules = map[string]string{"token_use": "access", "ver": "2.0", "tid": "t1", "env": "prod"}

func (g naive) meant(claims map[string]any) bool {
	for name, want := range rules {
		value := claims[name]
		if list, ok := value.([]any); ok && !g.has(checkRuleType) {
			value = list[0]
		}
		if value != want {
			return false
		}
	}
	return true
}

// hasRoles goes by an array of strings in realm_access, like Keycloak's.
func (g naive) hasRoles(claims map[string]any) bool {
	access, _ := claims["realm_access"].(map[string]any)
	list, _ := access["roles"].([]any)
	texts := !slices.ContainsFunc(list, func(v any) bool { _, text := v.(string); return !text })
	return texts && !slices.ContainsFunc(roles, func(r string) bool { return !slices.Contains(list, any(r)) })
}

// aboutUser goes by idtyp, which is "user" or "app", and by azpacr, which only
// clients have.
func (g naive) aboutUser(claims map[string]any) bool {
	kind := claims["idtyp"]
	if list, ok := kind.([]any); ok && !g.has(checkMarkType) {
		kind = list[0]
	}
	return (!g.has(checkClientID) || claims["sub"] != claims["client_id"]) &&
		(!g.has(checkMark) || kind == "user") &&
		(!g.has(checkNoClient) || claims["azpacr"] != "1")
}

func (g naive) forMe(claims map[string]any) bool {
	own := g.issuer.Config().Audience[0]
	list, ok := g.get(claims, "aud").([]any)
	if !ok {
		return g.get(claims, "aud") == own
	}
	return slices.Contains(list, any(own)) && !slices.ContainsFunc(list, func(v any) bool { _, text := v.(string); return !text })
}

func (g naive) inTime(claims map[string]any) bool {
	now := float64(g.issuer.Now().Unix())
	exp, ok := seconds(g.get(claims, "exp"))
	if !ok || now >= exp || exp > 253402300799 {
		return false
	}
	for _, name := range []string{"nbf", "iat"} {
		if value := claims[name]; value != nil {
			if start, ok := seconds(value); !ok || start > now+30 {
				return false
			}
		}
	}
	return true
}

// justNow goes by a login of at most five minutes ago.
func (g naive) justNow(claims map[string]any) bool {
	now := float64(g.issuer.Now().Unix())
	login, ok := seconds(claims["auth_time"])
	return ok && login >= now-330 && login <= now+30
}

func seconds(value any) (float64, bool) {
	number, ok := value.(json.Number)
	if !ok {
		return 0, false
	}
	f, err := number.Float64()
	return f, err == nil
}

func (g naive) complete(claims map[string]any) bool {
	for _, name := range []string{"sub", "client_id", "jti"} {
		if text, _ := g.get(claims, name).(string); text == "" {
			return false
		}
	}
	_, isList := claims["scope"].([]any)
	return claims["iat"] != nil && !isList
}

func (g naive) granted(claims map[string]any) bool {
	text, _ := g.get(claims, "scope").(string)
	if list, ok := claims["scope"].([]any); ok { // checkClaims stands before this
		return len(list) == len(g.scopes)
	}
	return !slices.ContainsFunc(g.scopes, func(s string) bool { return !slices.ContainsFunc(strings.Split(text, " "), g.standsFor(s)) })
}

// standsFor goes by implies, which has one level.
func (g naive) standsFor(scope string) func(string) bool {
	return func(granted string) bool {
		return granted == scope || slices.Contains(implies[granted], scope) || !g.has(checkLarger) && slices.Contains(implies[scope], granted)
	}
}
