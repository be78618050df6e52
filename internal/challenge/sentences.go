package challenge

import (
	"errors"

	"github.com/postern-go/postern/internal/credentials"
	"github.com/postern-go/postern/token"
)

// The sentences for callers.
const (
	textMissing     = "An access token is required"
	textMalformed   = "Malformed credentials"
	textMultiple    = "More than one access token was presented"
	textInvalid     = "The access token is invalid"
	textBadToken    = "The access token is malformed"
	textExpired     = "The access token has expired"
	textNotYetValid = "The access token is not yet valid"
	textInactive    = "The access token is not active"
	textBinding     = "Invalid key binding"
	textProof       = "Invalid DPoP proof"
	textNoProof     = "DPoP proof required"
	textStaleProof  = "DPoP proof is not fresh"
	textReplay      = "DPoP proof already used"
	textNonce       = "A DPoP nonce is required"
	textScope       = "The access token lacks a required scope"
	textDetail      = "The access token lacks a required authorization detail"
	textStepUp      = "A different or more recent authentication is required"
	textDenied      = "Access denied"
	textUnavailable = "The access token cannot be checked at the moment"
)

func requestText(err error) string {
	if errors.Is(err, credentials.ErrMultiple) {
		return textMultiple
	}
	return textMalformed
}

func invalidText(err error) string {
	switch {
	case errors.Is(err, token.ErrMalformed):
		return textBadToken
	case errors.Is(err, token.ErrExpired):
		return textExpired
	case errors.Is(err, token.ErrNotYetValid):
		return textNotYetValid
	case errors.Is(err, token.ErrInactive):
		return textInactive
	case errors.Is(err, token.ErrBinding):
		return textBinding
	case errors.Is(err, token.ErrProof):
		return proofText(err)
	case errors.Is(err, token.ErrNonce):
		return textNonce
	default:
		return textInvalid
	}
}

// proofText is about a DPoP proof (RFC 9449 §7.1). No other kind of proof has a
// reason of its own.
func proofText(err error) string {
	switch {
	case errors.Is(err, token.ErrProofMissing):
		return textNoProof
	case errors.Is(err, token.ErrProofStale):
		return textStaleProof
	case errors.Is(err, token.ErrReplay):
		return textReplay
	default:
		return textProof
	}
}
