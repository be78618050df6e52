package seams_test

import (
	"strings"
	"testing"

	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
)

// The outermost act says who acts, and nothing else does.
func TestActors(t *testing.T) {
	t.Parallel()
	gateway := scope.ActorIn(token.Actor{Issuer: "https://as.example.com", Subject: "gateway"})
	nested := func(levels int) string {
		return `"act":` + strings.Repeat(`{"sub":"gateway","act":`, levels-1) + `{"sub":"gateway"}` + strings.Repeat("}", levels-1)
	}
	holdClaims(t, map[string]claimsCase{
		"C_8693-4.1-1 the current actor":              {gateway, `"act":{"sub":"gateway","act":{"sub":"other"}}`, passes},
		"C_8693-4.1-1 an actor of the history":        {gateway, `"act":{"sub":"other","act":{"sub":"gateway"}}`, deniesActor},
		"C_8693-4.1-1 behind an actor without a name": {gateway, `"act":{"act":{"sub":"gateway"}}`, deniesActor},
		"C_8693-4.1-1 the issuer counts":              {gateway, `"act":{"iss":"https://evil","sub":"gateway"}`, deniesActor},
		"no actor":                                    {gateway, ``, deniesActor},
		"C_8693-4.4-1 may_act for an actor":           {gateway, `"may_act":{"sub":"gateway"}`, deniesActor},
		"C_8693-4.4-1 may_act beside none":            {scope.NotDelegated, `"may_act":{"sub":"gateway"}`, passes},
		"C_8693-4.4-1 may_act is not read at all":     {scope.NotDelegated, `"may_act":"x"`, passes},
		"not delegated":                               {scope.NotDelegated, ``, passes},
		"delegated":                                   {scope.NotDelegated, `"act":{"sub":"gateway"}`, deniesActor},
		"delegated without a name":                    {scope.NotDelegated, `"act":{}`, deniesActor},

		"C_8693-4.1-2 act as a string":          {scope.Authenticated, `"act":"gateway"`, refusesAll},
		"C_8693-4.1-2 act as an array":          {scope.NotDelegated, `"act":[{"sub":"gateway"}]`, refusesAll},
		"C_8693-4.1-2 act null":                 {scope.NotDelegated, `"act":null`, refusesAll},
		"C_8693-4.1-2 8 deep":                   {gateway, nested(8), passes},
		"C_8693-4.1-2 9 deep":                   {gateway, nested(9), refusesAll},
		"C_8693-4.1-2 a string in the history":  {gateway, `"act":{"sub":"gateway","act":"other"}`, refusesAll},
		"C_8693-4.1-2 a subject that is a list": {gateway, `"act":{"sub":["gateway"]}`, refusesAll},
		"C_8693-4.1-2 an issuer that is null":   {gateway, `"act":{"sub":"gateway","iss":null}`, refusesAll},
	})
}
