package refusals

import (
	"cmp"
	"slices"

	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/tokentest"
	"github.com/postern-go/postern/token/tokentest/internal/mint"
)

// subjectAttacks are good tokens that are not about a user, for calls that only
// a user may make.
func subjectAttacks() []Attack {
	attacks := group{
		name: "subject", want: refuseDenied, reason: "denied subject_unknown",
		why: "a machine that passes for a user acts without the consent of any user (RFC 9068 §5, RFC 9700 §4.15)",
	}.attacks(
		try{row: "9068-5-1", name: "client that acts for itself", applies: (*attacker).hasClientID, edit: tokentest.ClientCredentials()},
		try{row: "9068-5-1", name: "mark of clients beside that of users", applies: marksClients, make: func(a *attacker) tokentest.Credentials {
			return a.bearer(tokentest.Marked(a.profile().Clients[0]))
		}},
		try{row: "9068-5-1", name: "mark of clients alone", applies: func(a *attacker) bool { return marksClients(a) && a.canUnmark() }, make: func(a *attacker) tokentest.Credentials {
			return a.bearer(a.unmarkUsers(), tokentest.Marked(a.profile().Clients[0]))
		}},
		try{row: "9068-5-1", name: "no mark of users or clients", applies: (*attacker).canUnmark, reason: "subject_unknown", why: "a token that proves no user must not pass for a user's", make: func(a *attacker) tokentest.Credentials {
			return a.bearer(a.unmarkUsers())
		}},
		try{row: "9068-5-1", name: "mark of users in an array", applies: (*attacker).wrapsMark, reason: "subject_unknown", why: "a value of another type than agreed on is no evidence", make: func(a *attacker) tokentest.Credentials {
			return a.bearer(a.unmarkUsers(), tokentest.Marked(a.profile().Users[0]), arrayAt(placeOf(a.profile().Users[0])))
		}},
	)
	for n := range attacks {
		also := attacks[n].applies
		attacks[n].applies = func(a *attacker) bool { return a.cfg.User && (also == nil || also(a)) }
	}
	return attacks
}

// profile is that of the service, with the marks of its issuer if it has none.
// Answers about opaque tokens have less than JWTs (RFC 7662 §2.2).
func (a *attacker) profile() token.Profile {
	p := a.cfg.Profile
	if p.Users == nil && p.Clients == nil {
		marks := a.issuer.Config().Profile
		p.Users, p.Clients = marks.Users, marks.Clients
	}
	if a.cfg.Opaque && p.Required == nil {
		p.Required = []string{"sub", cmp.Or(p.ClientIDClaim, "client_id")}
	}
	return p
}

// scopesOf is where the scopes are, the first if they are in several places.
func scopesOf(p token.Profile) []string {
	if len(p.Scopes) > 0 {
		return placeOf(token.Mark{Claim: p.Scopes[0].Claim, Path: p.Scopes[0].Path})
	}
	return []string{cmp.Or(p.ScopeClaim, "scope")}
}

// reads tells whether the service takes scopes of a shape.
func (a *attacker) reads(s token.Shape) bool {
	shape, list := token.ShapeWords, []token.Shape{token.ShapeList, token.ShapeWordsOrList, token.ShapeTextOrList}
	if a.cfg.Profile.ScopeList {
		shape = token.ShapeList
	}
	if len(a.cfg.Profile.Scopes) > 0 {
		shape = a.cfg.Profile.Scopes[0].Shape
	}
	if s == token.ShapeList {
		return slices.Contains(list, shape)
	}
	return shape != token.ShapeList && shape != token.ShapeKeys
}

func marksClients(a *attacker) bool { return len(a.profile().Clients) > 0 }

func (a *attacker) canUnmark() bool {
	for _, m := range a.profile().Users {
		_, ok := unmarked(m, a.profile())
		if marksScopes := slices.Equal(placeOf(m), scopesOf(a.profile())); !ok || marksScopes && len(a.cfg.Scopes) > 0 {
			return false // without the mark the token would lack its scopes as well
		}
	}
	return true
}

func (a *attacker) unmarkUsers() tokentest.Edit {
	var edits []tokentest.Edit
	for _, m := range a.profile().Users {
		e, _ := unmarked(m, a.profile())
		edits = append(edits, e)
	}
	return tokentest.Edits(edits...)
}

// hasClientID tells whether tokens of this service have a client id, which
// some issuers leave out.
func (a *attacker) hasClientID() (has bool) {
	_ = a.token(tokentest.EditDraft(func(d *mint.Draft) { has = d.Claims.Get(d.ClientIDClaim) != nil }))
	return has
}

// wrapsMark tells whether the first mark of users is a single value in a claim
// that may as well be an array.
func (a *attacker) wrapsMark() bool {
	users := a.profile().Users
	if len(users) == 0 || users[0].Claim == "sub" {
		return false
	}
	_, single := valueInArray(users[0])
	return single && a.canUnmark()
}

// unmarked takes a mark from a token and leaves no other. ok is false if the
// profile accepts no such token.
func unmarked(m token.Mark, p token.Profile) (e tokentest.Edit, ok bool) {
	without := tokentest.Marked(token.Mark{Claim: m.Claim, Path: m.Path, Absent: true})
	switch {
	case ruled(m, p):
		return e, false
	case m.Absent, !m.Not && !m.Present && !m.ClientID:
		return tokentest.EditDraft(func(d *mint.Draft) { d.Claims.SetAt(placeOf(m), "unmarked") }), true
	default: // any value of the claim would tell something
		return without, len(m.Path) > 1 || !slices.Contains(requiredBy(p), placeOf(m)[0])
	}
}

// requiredBy lists the claims that a service with this profile wants.
func requiredBy(p token.Profile) []string {
	if p.Required != nil {
		return p.Required
	}
	return []string{"sub", cmp.Or(p.ClientIDClaim, "client_id"), "iat", "jti"}
}
