// Package rejection holds the outcomes of a call, the reasons for which a token
// is rejected, and the error that says what a check saw and what it wanted. The
// packages that check parts of a token share it; package token publishes it.
package rejection

// The outcomes.
var (
	Missing     = outcome("missing", "no access token presented")
	Request     = outcome("request", "malformed credentials")
	Invalid     = outcome("invalid", "access token refused")
	Scope       = outcome("scope", "insufficient scope")
	StepUp      = outcome("step_up", "insufficient user authentication")
	Denied      = outcome("denied", "access denied")
	Unavailable = outcome("unavailable", "access token cannot be judged now")
)

// The reasons. Most are those of Invalid.
var (
	Malformed              = Invalid.because("malformed", "malformed")
	TooLarge               = Malformed.because("too_large", "too large")
	Algorithm              = Invalid.because("algorithm", "signature algorithm not allowed")
	Critical               = Invalid.because("critical", "critical header parameter not understood")
	Type                   = Invalid.because("type", "wrong type of token")
	UnknownKey             = Invalid.because("unknown_key", "no key of the issuer fits")
	Signature              = Invalid.because("signature", "bad signature")
	Issuer                 = Invalid.because("issuer", "wrong issuer")
	Audience               = Invalid.because("audience", "wrong audience")
	Expired                = Invalid.because("expired", "expired")
	NotYetValid            = Invalid.because("not_yet_valid", "not yet valid")
	Claim                  = Invalid.because("claim", "claim missing or wrong")
	Inactive               = Invalid.because("inactive", "not active")
	Binding                = Invalid.because("binding", "proof of possession missing or wrong")
	Proof                  = Invalid.because("proof", "proof of possession rejected")
	ProofMissing           = Proof.because("proof_missing", "proof of possession missing")
	ProofStale             = Proof.because("proof_stale", "proof of possession too old, or from the future")
	Replay                 = Proof.because("replay", "proof of possession used before")
	Nonce                  = Invalid.because("nonce", "nonce missing, wrong or too old")
	Detail                 = Scope.because("detail", "authorization detail missing")
	SubjectUnknown         = Denied.because("subject_unknown", "the kind of subject is unknown")
	KeysUnavailable        = Unavailable.because("keys_unavailable", "issuer's keys unavailable")
	ReplayStoreUnavailable = Unavailable.because("replay_store_unavailable", "replay store unavailable")

	IntrospectionUnavailable = Unavailable.because("introspection_unavailable", "introspection endpoint unavailable")
)

// All returns every outcome and reason, each once, in the order in which they
// are declared.
func All() []*Sentinel {
	return []*Sentinel{
		Missing, Request, Invalid, Scope, StepUp, Denied, Unavailable,
		Malformed, TooLarge, Algorithm, Critical, Type, UnknownKey, Signature, Issuer, Audience, Expired, NotYetValid, Claim, Inactive, Binding,
		Proof, ProofMissing, ProofStale, Replay, Nonce, Detail, SubjectUnknown, KeysUnavailable, ReplayStoreUnavailable,
		IntrospectionUnavailable,
	}
}

// Sentinel is a node in the tree of outcomes and reasons. It matches its
// ancestors.
type Sentinel struct {
	parent     error // nil for an outcome
	name, text string
}

func outcome(name, text string) *Sentinel { return &Sentinel{name: name, text: text} }

func (s *Sentinel) because(name, text string) *Sentinel { return &Sentinel{s, name, text} }

// Name is one word for metric labels and logs.
func (s *Sentinel) Name() string { return s.name }

func (s *Sentinel) Error() string { return "token: " + s.text }

// Unwrap returns the parent, or nil for an outcome.
func (s *Sentinel) Unwrap() error { return s.parent }
