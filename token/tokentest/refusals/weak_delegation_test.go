package refusals_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/tokentest"
	"github.com/postern-go/postern/token/tokentest/refusals"
)

// detailed goes by what the clerk's call needs in authorization_details.
func (g naive) detailed(claims map[string]any) bool {
	list, isList := claims["authorization_details"].([]any)
	if single, ok := claims["authorization_details"].(map[string]any); ok && !g.has(checkDetails) {
		list, isList = []any{single}, true
	}
	var here []map[string]any
	for _, e := range list {
		element, _ := e.(map[string]any)
		typ, hasType := element["type"].(string)
		if !hasType && g.has(checkDetails) {
			return false
		}
		if _, located := element["locations"]; typ == detail["type"] && !located {
			here = append(here, element)
		}
	}
	if !isList || len(list) > 64 {
		return !g.has(checkDetails) && len(here) > 0 || !isList && !g.has(checkDetail)
	}
	if !g.has(checkOneDetail) {
		return g.enough(here...)
	}
	return !g.has(checkDetail) || slices.ContainsFunc(here, func(d map[string]any) bool { return g.enough(d) })
}

// enough looks for what is needed in all of some elements.
func (g naive) enough(elements ...map[string]any) bool {
	for _, name := range []string{"actions", "privileges"} {
		var has []any
		for _, e := range elements {
			list, isList := e[name].([]any)
			if text, isText := e[name].(string); isText && !g.has(checkLists) {
				list, isList = words(text), true
			}
			if _, there := e[name]; there && !isList {
				return false
			}
			has = append(has, list...)
		}
		for _, need := range detail[name].([]string) {
			if !slices.Contains(has, any(need)) {
				return false
			}
		}
	}
	return true
}

func words(text string) (list []any) {
	for word := range strings.FieldsSeq(text) {
		list = append(list, word)
	}
	return list
}

// actedFor goes by the actor gateway of the same issuer.
func (g naive) actedFor(claims map[string]any) bool {
	depth, found, good := 0, false, true
	for next := claims["act"]; next != nil; depth++ {
		act, isObject := next.(map[string]any)
		iss, named := act["iss"]
		isGateway := act["sub"] == "gateway" && (!named || iss == g.issuer.Identifier())
		found = found || isGateway && (depth == 0 || !g.has(checkHistory))
		good = good && isObject
		next = act["act"]
	}
	return (found || !g.has(checkActor)) && (good && depth <= 8 || !g.has(checkActs))
}

// A call that asks for no actor refuses those that cannot be read, and one for
// the subject's own tokens refuses all.
func TestAct(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		policy scope.Policy
		cfg    *refusals.Config
	}{
		"any":           {scope.Authenticated, nil},
		"not delegated": {scope.NotDelegated, &refusals.Config{NotDelegated: true}},
		"a client": {
			scope.ActorIn(token.Actor{Issuer: "https://b.test", ClientID: "web"}),
			&refusals.Config{Actor: token.Actor{Issuer: "https://b.test", ClientID: "web"}},
		},
		"a client with a name": {
			scope.ActorIn(token.Actor{Issuer: "https://b.test", ClientID: "web", Subject: "gateway"}),
			&refusals.Config{Actor: token.Actor{Issuer: "https://b.test", ClientID: "web", Subject: "gateway"}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			issuer := tokentest.NewIssuer(t, nil)
			results := refusals.Run(t.Context(), issuer, tokentest.HTTPTarget(guarded(t, issuer.Config(), row.policy), nil), row.cfg)
			for _, r := range results {
				assert.NoError(t, r.Err, r.Attack.Name)
			}
			for _, attack := range []string{"act is a string", "act is null"} {
				assert.Empty(t, resultOf(t, results, attack).Skipped)
			}
			delegated := resultOf(t, results, "actor where only the subject's own tokens are let in")
			assert.Equal(t, row.cfg == nil || !row.cfg.NotDelegated, delegated.Skipped != "")
		})
	}
	t.Run("a service that looks at no actor", func(t *testing.T) {
		t.Parallel()
		issuer := tokentest.NewIssuer(t, nil)
		open := tokentest.HTTPTarget(guarded(t, issuer.Config(), scope.Authenticated), nil)
		results := refusals.Run(t.Context(), issuer, open, &refusals.Config{NotDelegated: true})
		assert.ErrorIs(t, resultOf(t, results, "actor where only the subject's own tokens are let in").Err, refusals.ErrAdmitted)
	})
}
