package openapipostern

import (
	"errors"
	"go/token"
	"maps"
	"slices"
	"strings"

	"github.com/postern-go/postern/scope"
)

// Options say how a service reads its document. Each of them is about one name
// of the document, and a name that the document does not have is an error of
// Read. The zero Options read documents whose operations are all public.
type Options struct {
	// Schemes are the security schemes that stand for the access token that the
	// guard checks, by their names in components.securitySchemes. They must be
	// of type oauth2 or openIdConnect, or of type http with the scheme bearer or
	// dpop. dpop asks for a bound token, as scope.Bound does. An operation that
	// requires any other scheme is an error.
	Schemes []string

	// Elsewhere are security schemes that something else enforces at every
	// operation that requires them, such as an API key that a gateway checks.
	// Postern does not look at them. All alternatives of one operation must
	// require the same ones, since two guards cannot tell which alternative the
	// other has seen.
	Elsewhere []string

	// PublicHere are operations that only schemes of Elsewhere protect. Their
	// policy is scope.Public: without an entry here such an operation is an
	// error.
	PublicHere []string

	// OptionalHere are operations that can be called without a token although
	// another alternative names scopes or dpop. Their policy is scope.Optional, and the
	// handler has to look at the token itself. Without an entry
	// here such an operation is an error.
	OptionalHere []string

	// BasePath is put before each path, as in "/v1". Set it to the path of the
	// servers of the document unless a proxy takes that away: the document's
	// own list of servers is not read. Empty puts nothing there.
	BasePath string

	// Wildcards are the names in patterns of path parameters that
	// http.ServeMux cannot name, such as "photo-id": "photoID". The handler
	// gets the value by r.PathValue("photoID").
	Wildcards map[string]string

	// Rules are the rules of the service's own that x-postern-policy may name,
	// as for scope.ParsePolicy.
	Rules []scope.Policy
}

// Validate checks the options alone. The error names everything that is wrong
// and matches token.ErrConfig. Read calls it.
func (o Options) Validate() error {
	var faults []error
	fault := func(setting, value, want string) {
		faults = append(faults, wrong("", "Options.%s has %s, want %s", setting, quoted(value), want))
	}
	for _, s := range o.Schemes {
		if slices.Contains(o.Elsewhere, s) {
			fault("Elsewhere", s, "schemes that are not in Options.Schemes")
		}
	}
	for _, name := range o.PublicHere {
		if slices.Contains(o.OptionalHere, name) {
			fault("OptionalHere", name, "operations that are not in Options.PublicHere")
		}
	}
	if o.BasePath != "" && !isBasePath(o.BasePath) {
		fault("BasePath", o.BasePath, "a path such as /v1, without a parameter or a slash at its end")
	}
	for _, name := range slices.Sorted(maps.Keys(o.Wildcards)) {
		if !token.IsIdentifier(o.Wildcards[name]) {
			fault("Wildcards", o.Wildcards[name], "names that are Go identifiers")
		}
	}
	return errors.Join(faults...)
}

// isBasePath reports whether every segment is a literal of a pattern.
func isBasePath(path string) bool {
	rest, rooted := strings.CutPrefix(path, "/")
	if !rooted {
		return false
	}
	for segment := range strings.SplitSeq(rest, "/") {
		if checkLiteral(segment) != nil {
			return false
		}
	}
	return true
}
