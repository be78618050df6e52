package refusals

import (
	"slices"
	"time"

	"github.com/postern-go/postern/token/tokentest"
	"github.com/postern-go/postern/token/tokentest/internal/mint"
)

// stepUpAttacks are good tokens whose user has not authenticated as the call wants,
// for calls with step-up rules.
func stepUpAttacks() []Attack {
	g := group{
		name: "step-up", want: refuseStepUp, reason: "step_up",
		why: "someone who finds an open session, or a password alone, does what the owner was to confirm (RFC 9470 §1)",
	}
	acr := g.attacks(
		try{row: "9470-6-2", name: "acr missing", edit: tokentest.WithoutClaim("acr")},
		try{row: "9470-6-1", name: "another acr", edit: tokentest.ACR("something:else")},
		try{row: "9470-6-1", name: "acr in the other case", applies: acrHasCase, edit: reACR(func(acr string) any { return swapCase(acr) })},
		try{row: "9470-6-1", name: "acr as the beginning of a longer one", edit: reACR(func(acr string) any { return acr + "x" })},
		try{row: "9470-6-2", name: "acr in an array", edit: reACR(func(acr string) any { return []string{acr} })},
		try{row: "9470-6-1", name: "acr among others in one text", edit: reACR(func(acr string) any { return "x " + acr })},
		try{row: "9470-6-2", name: "acr in the claim amr", edit: tokentest.Edits(tokentest.EditDraft(acrAsAMR), tokentest.WithoutClaim("acr")), why: "amr lists methods, and an issuer may let clients choose the names of some"},
		try{row: "9470-6-2", name: "acr in the claim ACR", edit: tokentest.Edits(tokentest.EditDraft(acrShouted), tokentest.WithoutClaim("acr")), why: "a decoder that does not care about case makes this the acr (RFC 8259 §8.3)"},
	)
	age := g.attacks(
		try{row: "9470-6-2", name: "auth_time missing", edit: tokentest.WithoutClaim("auth_time")},
		try{row: "9470-6-2", name: "login a little too long ago", make: func(a *attacker) tokentest.Credentials {
			return a.bearer(tokentest.AuthenticatedAgo(a.cfg.MaxAge + 2*time.Minute))
		}},
		try{row: "9470-6-2", name: "login of last year in a token just issued", edit: tokentest.AuthenticatedAgo(365 * 24 * time.Hour), why: "iat tells when the client used its refresh token, and not when the user was there (RFC 9470 §6)"},
		try{row: "9470-6-2", name: "login in the future", edit: tokentest.AuthenticatedAgo(-time.Hour), why: "such a login would stay recent until then"},
		try{row: "9470-6-2", name: "auth_time in milliseconds", edit: reTime(func(now int64) any { return now * 1000 }), why: "such a login would stay recent for ever"},
		try{row: "9470-6-2", name: "auth_time is a string", edit: reTime(func(int64) any { return "9999999999" })},
		try{row: "9470-6-2", name: "auth_time is null", edit: tokentest.Claim("auth_time", nil)},
	)
	machine := g.attacks(try{
		row: "9470-6-3", name: "client that acts for itself, with a login", applies: (*attacker).hasClientID, edit: tokentest.ClientCredentials(),
		want: refuseDenied, reason: "denied subject_unknown", why: "no user was there, whatever the claims say; a challenge would have the machine ask again and again",
	})
	return slices.Concat(
		onlyIf(acr, func(a *attacker) bool { return len(a.cfg.ACR) > 0 }),
		onlyIf(age, func(a *attacker) bool { return a.cfg.MaxAge > 0 }),
		onlyIf(machine, func(a *attacker) bool { return len(a.cfg.ACR) > 0 || a.cfg.MaxAge > 0 }),
	)
}

// onlyIf narrows down where attacks apply.
func onlyIf(attacks []Attack, applies func(*attacker) bool) []Attack {
	for n := range attacks {
		also := attacks[n].applies
		attacks[n].applies = func(a *attacker) bool { return applies(a) && (also == nil || also(a)) }
	}
	return attacks
}

// goodLogin is how the user of a good token has authenticated.
func (a *attacker) goodLogin() tokentest.Edit {
	var edits []tokentest.Edit
	if len(a.cfg.ACR) > 0 {
		edits = append(edits, tokentest.ACR(a.cfg.ACR[0]))
	}
	if a.cfg.MaxAge > 0 {
		edits = append(edits, tokentest.AuthenticatedAgo(0))
	}
	return tokentest.Edits(edits...)
}

func acrHasCase(a *attacker) bool {
	return !slices.Contains(a.cfg.ACR, swapCase(a.cfg.ACR[0]))
}

// reACR changes the acr.
func reACR(f func(string) any) tokentest.Edit {
	return tokentest.EditDraft(func(d *mint.Draft) {
		acr, _ := d.Claims.Get("acr").(string)
		d.Claims.Set("acr", f(acr))
	})
}

// reTime sets auth_time by the time of now.
func reTime(f func(now int64) any) tokentest.Edit {
	return tokentest.EditDraft(func(d *mint.Draft) { d.Claims.Set("auth_time", f(d.Now.Unix())) })
}

func acrAsAMR(d *mint.Draft) { d.Claims.Set("amr", []any{d.Claims.Get("acr")}) }

func acrShouted(d *mint.Draft) { d.Claims.Set("ACR", d.Claims.Get("acr")) }
