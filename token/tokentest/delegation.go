package tokentest

import (
	"slices"

	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/tokentest/internal/mint"
)

// Actors sets act: who acts for the subject (RFC 8693 §4.1). The first actor is
// the current one, and those after it are its history, each nested in the one
// before. Members that are "" are left out. Without any it leaves the claim out.
func Actors(actors ...token.Actor) Edit {
	var act any
	for _, a := range slices.Backward(actors) {
		level := map[string]any{}
		for name, value := range map[string]string{"iss": a.Issuer, "sub": a.Subject, "client_id": a.ClientID} {
			if value != "" {
				level[name] = value
			}
		}
		if act != nil {
			level["act"] = act
		}
		act = level
	}
	if act == nil {
		return WithoutClaim("act")
	}
	return Claim("act", act)
}

// Details sets authorization_details (RFC 9396 §2) to an array of what
// encoding/json makes of each element. An element needs a member type.
func Details(elements ...any) Edit {
	return Edit{func(d *mint.Draft) { d.Claims.Set("authorization_details", append([]any{}, elements...)) }}
}
