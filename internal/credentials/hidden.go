package credentials

import (
	"slices"
	"strings"
)

// Hidden reports whether the value of the header field or metadata key of this
// name, in any case, lets its holder act as the caller. Handlers do not get to
// see such values, so that one which copies what it received into a call of its
// own does not hand them on. Names that end in one of these words are hidden,
// alone or after a hyphen, since gateways copy fields under names of their own:
//
//	authorization   also proxy-authorization, grpcgateway-authorization,
//	                x-forwarded-authorization, x-serverless-authorization
//	dpop            a proof can be used once more until it is too old
//	txn-token       draft-ietf-oauth-transaction-tokens
//	id-token        x-auth-request-id-token, x-ms-token-aad-id-token
//	jwt-assertion   x-goog-iap-jwt-assertion, cf-access-jwt-assertion
//	x-amzn-oidc-data
//
// and so are those that end in access-token or accesstoken after anything, such
// as x-forwarded-access-token and x-amzn-oidc-accesstoken.
//
// Keys of an application's own, such as x-api-key, are not hidden: the handler
// is who checks them. Nor are cookies; see HiddenInMetadata and WithoutToken.
func Hidden(name string) bool {
	if name == "" {
		return false
	}
	// Most names are told apart by their last letter.
	switch name[len(name)-1] | ' ' {
	case 'n':
		return endsInWord(name, "authorization") || hasSuffix(name, "access-token") || hasSuffix(name, "accesstoken") ||
			endsInWord(name, "txn-token") || endsInWord(name, "id-token") || endsInWord(name, "jwt-assertion")
	case 'p':
		return endsInWord(name, "dpop")
	case 'a':
		return endsInWord(name, "x-amzn-oidc-data")
	default:
		return false
	}
}

// HiddenInMetadata is Hidden for gRPC metadata. Cookies are hidden whole there:
// no browser calls a gRPC service, so what a gateway passes on under "cookie"
// or "grpcgateway-cookie" was meant for the gateway.
func HiddenInMetadata(key string) bool { return Hidden(key) || endsInWord(key, "cookie") }

// shortest is the length from which a value is looked for in cookies. A shorter
// one is not a token, and would match by chance: faulty clients send "Bearer
// null".
const shortest = 16

// WithoutToken returns the values of Cookie fields without the pairs that have
// raw in their value: over HTTP a service uses cookies for other things too. It
// reports false, and returns the values as they are, if no pair matches, or raw
// is too short for a token. The values are nil if no pair is left.
func WithoutToken(cookies []string, raw string) (kept []string, found bool) {
	if len(raw) < shortest || !slices.ContainsFunc(cookies, func(field string) bool { return strings.Contains(field, raw) }) {
		return cookies, false
	}
	for _, field := range cookies {
		if field = withoutToken(field, raw); field != "" {
			kept = append(kept, field)
		}
	}
	return kept, true
}

func withoutToken(field, raw string) string {
	var kept []string
	for pair := range strings.SplitSeq(field, ";") {
		if _, value, _ := strings.Cut(pair, "="); !strings.Contains(value, raw) {
			kept = append(kept, strings.TrimSpace(pair))
		}
	}
	return strings.Join(kept, "; ")
}

// endsInWord reports whether name is word, or ends in a hyphen and word.
func endsInWord(name, word string) bool {
	rest := len(name) - len(word)
	return hasSuffix(name, word) && (rest == 0 || name[rest-1] == '-')
}

// hasSuffix is strings.HasSuffix in any case: net/http spells names in mixed
// case, and gRPC in lower case. suffix is in lower case.
func hasSuffix(name, suffix string) bool {
	return len(name) >= len(suffix) && strings.EqualFold(name[len(name)-len(suffix):], suffix)
}
