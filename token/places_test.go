package token_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/tokentest"
)

// allocations counts those of one verification of a token whose every claim is in
// one object, and where names many of the claims that are to be had elsewhere.
func allocations(t *testing.T, p token.Profile) float64 {
	t.Helper()
	issuer := tokentest.NewIssuer(t, nil)
	var many strings.Builder
	for i := range 500 {
		fmt.Fprintf(&many, `,"m%d":0`, i)
	}
	within := `{"a":{"b":{"c":{"d":{"e":{"f":{"x":0` + many.String() + `}}}}}}}`
	raw := issuer.Token(tokentest.PayloadText(func(text string) string {
		return text[:len(text)-1] + `,"big":` + within + `,"_claim_names":{"x":0` + many.String() + `}}`
	}))
	cfg := issuer.Config()
	cfg.Profile, cfg.CacheSize = p, -1
	v, err := token.NewVerifier(cfg)
	require.NoError(t, err)
	return testing.AllocsPerRun(10, func() {
		_, err = v.Authenticate(t.Context(), token.Bearer(raw))
		require.NoError(t, err)
	})
}

// However many places a profile looks at, each object is read once: a token that
// is one object would otherwise cost as much as hundreds.
func TestObjectsAreReadOnce(t *testing.T) {
	sets := func(count int, top string) token.Profile {
		p := token.Profile{Sets: map[string][]token.Source{}}
		for i := range count {
			name := fmt.Sprint(i / 8)
			p.Sets[name] = append(p.Sets[name], token.Source{Path: []string{top, "a", "b", "c", "d", "e", "f", fmt.Sprint("r", i)}})
		}
		return p
	}
	for _, top := range []string{"big", "absent"} {
		few, many := allocations(t, sets(8, top)), allocations(t, sets(128, top))
		assert.Less(t, many, few+100, top) // a set takes some memory of its own
	}
}
