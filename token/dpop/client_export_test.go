package dpop

// The readers of demands for a nonce.
var (
	DemandsNonce    = demandsNonce
	RefusedForNonce = refusedForNonce
)
