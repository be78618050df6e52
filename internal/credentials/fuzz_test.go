package credentials_test

import (
	"errors"
	"regexp"
	"testing"

	"github.com/postern-go/postern/internal/credentials"
	"github.com/postern-go/postern/token"
)

// The grammar once more, as RFC 9110 §11.6.2 and RFC 6750 §2.1 write it.
var (
	blank   = regexp.MustCompile(`^[ \t]*$`)
	bearer  = regexp.MustCompile("^[ \t]*(?i:bearer)($|[^-!#$%&'*+.^_`|~0-9A-Za-z])")
	exactly = regexp.MustCompile(`^[ \t]*(?i:bearer) +([-A-Za-z0-9._~+/]+=*)[ \t]*$`)
)

// naive reads one field as the grammar says, slowly.
func naive(field string) (raw string, err error) {
	switch m := exactly.FindStringSubmatch(field); {
	case blank.MatchString(field):
		return "", token.ErrMissing
	case m != nil:
		return m[1], nil
	case bearer.MatchString(field):
		return "", credentials.ErrMalformed
	default:
		return "", token.ErrMissing
	}
}

func FuzzAuthorization(f *testing.F) {
	for _, seed := range []string{
		"", " ", "Bearer", "Bearer ", "Bearer " + good, "bEARER   " + good + "=", "Bearer\t" + good,
		"Bearer a b", "Bearer a,b", `Bearer "a"`, "Bearer a=b", "Bearer ==", "Basic dTpw", "Bearerish x",
		"DPoP " + good, "Bearer\x00" + good, "Bearer " + good + "\r\nX: y", "\u017f Bearer a", "Bea\u017fer a",
		"Bearer: a", "Bearer/abc", "Bearer,Bearer a", "Bearer " + good + " \t",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, field string) {
		_, raw, err := credentials.Parse([]string{field}, "Bearer")
		wantRaw, wantErr := naive(field)
		if raw != wantRaw || !sameError(err, wantErr) {
			t.Errorf("%q: got %q, %v; the grammar says %q, %v", field, raw, err, wantRaw, wantErr)
		}
		if _, _, err := credentials.Parse([]string{field, field}, "Bearer"); !errors.Is(err, credentials.ErrMultiple) {
			t.Errorf("%q twice: %v", field, err)
		}
	})
}

func sameError(got, want error) bool {
	if want == nil {
		return got == nil
	}
	return errors.Is(got, want)
}
