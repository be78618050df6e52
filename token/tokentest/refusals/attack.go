package refusals

import (
	"cmp"
	"slices"
	"strings"

	"github.com/postern-go/postern/token/tokentest"
)

// Attack is one way of getting in without a good access token. All of it is
// good except for one thing, so that a single check stands between the attacker
// and the handler, unless nothing good is left, as in a token without claims.
type Attack struct {
	// Group names the target of the attack: "audience", "signature".
	Group string
	// Name describes the attack. No two attacks have the same.
	Name string
	// Row is the row of the module's conformance checklist that demands the
	// refusal, or "".
	Row string
	// Why says what an attacker gains, with its RFC section or CVE.
	Why string
	// Want is the one right answer.
	Want Refusal
	// Reasons are the values that token.Reason may return for the refusal, for
	// tests that see the error. Callers are not told.
	Reasons []string

	applies func(*attacker) bool // nil: always
	make    func(*attacker) tokentest.Credentials
	after   func(*attacker) (good, attack tokentest.Credentials) // instead of make: good is let in first
	trap    string                                               // name of the document that must not be fetched, or ""
	during  func(*attacker)                                      // what happens to the issuer before the call, until ComeUp; nil: nothing
	replica bool                                                 // the attack goes to DPoP.Replica
}

// Attacks lists the attacks that Test knows, in the order in which it
// presents them. The list grows with new versions.
func Attacks() []Attack {
	return slices.Concat(
		missingAttacks(),
		credentialsAttacks(),
		onlyIf(jwtAttacks(), takesJWTs),
		issuerAttacks(),
		audienceAttacks(),
		timeAttacks(),
		claimAttacks(),
		ruleAttacks(),
		bindingAttacks(),
		dpopAttacks(),
		certificateAttacks(),
		unboundAttacks(),
		scopeAttacks(),
		impliedAttacks(),
		stepUpAttacks(),
		setAttacks(),
		subjectAttacks(),
		detailAttacks(),
		actAttacks(),
		actorAttacks(),
		onlyIf(opaqueAttacks(), takesOpaque),
		onlyIf(signedAttacks(), func(a *attacker) bool { return a.cfg.Opaque && a.cfg.Signed }),
	)
}

// jwtAttacks are about the form of JWTs.
func jwtAttacks() []Attack {
	return slices.Concat(
		compactAttacks(),
		headerAttacks(),
		algorithmAttacks(),
		confusionAttacks(),
		criticalAttacks(),
		embeddedKeyAttacks(),
		keyIDAttacks(),
		typeAttacks(),
		signatureAttacks(),
		cacheAttacks(),
		payloadAttacks(),
	)
}

// opaqueAttacks are about questions to the issuer.
func opaqueAttacks() []Attack {
	return slices.Concat(inactiveAttacks(), answerAttacks(), endpointAttacks())
}

// group has the fields that the attacks of a list have in common.
type group struct {
	name   string
	why    string
	want   Refusal
	reason string
}

// try is an attack as the lists spell it: a good token with an edit. What it
// leaves out is as in its group.
type try struct {
	row     string
	name    string
	edit    tokentest.Edit
	make    func(*attacker) tokentest.Credentials // instead of edit
	after   func(*attacker) (good, attack tokentest.Credentials)
	why     string
	want    Refusal
	reason  string // several are separated by spaces
	applies func(*attacker) bool
	trap    string
	during  func(*attacker)
	replica bool
}

func (g group) attacks(tries ...try) []Attack {
	attacks := make([]Attack, len(tries))
	for n, t := range tries {
		attacks[n] = g.attack(t)
	}
	return attacks
}

func (g group) attack(t try) Attack {
	a := Attack{
		Group: g.name, Name: t.name, Row: t.row, Why: cmp.Or(t.why, g.why), Want: cmp.Or(t.want, g.want),
		Reasons: strings.Fields(cmp.Or(t.reason, g.reason)),
		applies: t.applies, make: t.make, after: t.after, trap: t.trap, during: t.during, replica: t.replica,
	}
	if a.make == nil && a.after == nil {
		a.make = func(a *attacker) tokentest.Credentials { return a.bearer(t.edit) }
	}
	return a
}
