package jwks

// Discovers returns the issuer that says in its metadata document where the
// keys are, and therefore decides which keys are good. It is "" if the keys
// come from the URLs of the configuration, or r is nil. A Verifier of another
// issuer must not use r. It never blocks and may be called concurrently.
func (r *Remote) Discovers() string {
	if r == nil || len(r.config.URLs) > 0 {
		return ""
	}
	return r.config.Issuer
}
