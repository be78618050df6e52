package main

// cures says for each reason what helps. It is what docs/reasons.md says; a test
// compares the two.
var cures = map[string]string{
	"missing": "the client has to send Authorization: Bearer and the token. If it already does, look at the machines between: proxies " +
		"drop the field, and browsers leave it out of preflights.",
	"request": "a fault in the client's code or in a proxy that adds a field of its own. A new token does not help.",
	"invalid": "let it return one of the reasons below.",
	"malformed": "see whether the client sends an ID token of five parts, an opaque token, or a string cut off in a database column. If " +
		"the issuer itself writes duplicate members or padding, it has to be fixed.",
	"too_large": "have the issuer put fewer groups or roles into the token. Config.MaxTokenSize goes up to 64 KiB.",
	"algorithm": "if the issuer really signs with it, add it to Config.Algorithms, in front of the others if its keys have no alg. HMAC " +
		"and none cannot be added. A rise without a change at the issuer is an attacker trying things out.",
	"critical": "have the issuer leave them out; no access token needs them.",
	"type": "first see whether the client sends its ID token. If the issuer does not write at+jwt, most can be told to; if not, use " +
		"token.LegacyProfile and add a claim of its access tokens to Profile.Required.",
	"unknown_key": "the error says so if the key is published and not used, and why: weak, for encryption, malformed. The status of the key " +
		"source lists all such keys. For some seconds after an unannounced rotation it is normal. Tokens of a staging issuer end " +
		"here as well.",
	"signature": "compare issuer and environment first. A key that was replaced under its kid is looked for at most once a minute, so " +
		"that its tokens may be refused for as long. Otherwise the token is forged.",
	"issuer": "copy the issuer from its metadata. Never make the comparison lenient.",
	"audience": "the client has to ask for a token for this service (RFC 8707 resource, or what its issuer calls audience). List further " +
		"identifiers of this service in Config.Audience; never those of others. If the issuer leaves aud out, see " +
		"Profile.AudienceClaim.",
	"expired":       "the client has to get a new one, before the old one ends. Many at once, or only on one machine: look at its clock.",
	"not_yet_valid": "set the clocks of this machine and of the issuer. Config.Leeway is for the remaining difference.",
	"claim": "the error names the claim. Fit Config.Profile to the issuer, one setting at a time; if the policy's type is to blame, " +
		"fix the type. A broken rule often means an ID token, or a token for another tenant or service: look at the client " +
		"before you widen the rule.",
	"inactive": "the client has to get a new one. If every token is refused so, look whether the endpoint is that of their issuer, and whether " +
		"this client may introspect them.",
	"binding": "configure the proof that the issuer uses. A bound token that is used without its key may have been stolen.",
	"proof": "the error says which part is wrong. If it is the URL, a proxy has changed scheme, host or path: set Resource.BaseURLs to " +
		"the addresses that clients use.",
	"proof_missing": "the client has to send a DPoP field with each call. If it does, look for a proxy that drops the field.",
	"proof_stale": "the client has to make a proof for each call, and its clock has to be right. Nonces make the service independent of the " +
		"clocks of its clients.",
	"replay": "the client has to make a new proof for each attempt, repeated ones included. A proxy that repeats calls causes this too. " +
		"Otherwise it was stolen, and the thief got nothing.",
	"nonce": "none if the client repeats its call with that nonce; it then succeeds. If it never does, replicas may have different keys " +
		"for nonces, or browsers may not read the field: expose it by Access-Control-Expose-Headers.",
	"scope": "the client has to ask for the scope, and the user or an administrator to grant it. If tokens have it in another claim, " +
		"set Profile.ScopeClaim and Profile.ScopeList, or Profile.Scopes for several claims or other shapes.",
	"detail": "the client has to ask for such an element with authorization_details, and the user to grant it. The error lists what " +
		"the token has of the type. Elements with locations count only if one of them is in Config.Audience.",
	"step_up": "the client has to send the user to the issuer again with these parameters (RFC 9470).",
	"denied": "the error names the rule, what was seen and what was wanted. Roles and groups are granted at the issuer. If the values " +
		"of a set are not known, set Profile.Sets to the claims and shapes that they have. If the call should be allowed, " +
		"register the route or method with a policy; Interceptor.Audit finds methods without one at start.",
	"subject_unknown": "set Profile.Users, and Profile.Clients where clients have another sub, to how the issuer marks them: a claim such as " +
		"idtyp or gty, the beginning or end of sub. Policy.NeverMet finds rules that no token can meet at start.",
	"unavailable": "the cause stands in the error. If it is a fault of your own code, let it return one of the outcomes.",
	"keys_unavailable": "the error names the document, the value received, the value wanted and the field that changes it; so does the status of " +
		"the key source: name resolution, TLS, a proxy, the issuer itself. Call Verifier.Ready at start, so that a service that " +
		"cannot work takes no calls.",
	"introspection_unavailable": "the error names the endpoint, the value received, the value wanted and the setting. If it says that the credentials " +
		"are refused, mend Config.Credentials of package introspect: no token can be judged until then.",
	"replay_store_unavailable": "the error names the store and what it said. A proof that may have been used before is never let through, so the calls go on " +
		"when the store does.",
}
