package jwks

// Discovers returns RemoteConfig.Issuer if a metadata document says where its
// keys are, be it at Issuer or at RemoteConfig.DiscoverAt. That document decides
// which keys are good for the tokens of this issuer, so a Verifier of another one
// must not use r. It is "" if the keys come from the URLs of the configuration,
// or r is nil. It never blocks and may be called concurrently.
func (r *Remote) Discovers() string {
	if r == nil || len(r.config.URLs) > 0 {
		return ""
	}
	return r.config.Issuer
}
