package photoserver

import (
	"context"
	"flag"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/examples/internal/bound"
	"github.com/postern-go/postern/token/dpop"
	"github.com/postern-go/postern/token/tokentest"
)

// The store of a program goes to its checker, is asked about each proof, and is closed
// at the end.
func TestStore(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		args   []string
		opened int
	}{
		"without proofs": {nil, 0},
		"with proofs":    {[]string{"-dpop", "require", "-base-url", base}, 1},
	} {
		opened, closed, own := 0, 0, ""
		store := new(countingStore)
		p := Program{Name: "x", Flags: func(set *flag.FlagSet) { set.StringVar(&own, "own", "", "") }, Store: func() (dpop.ReplayStore, func(), error) {
			opened++
			return store, func() { closed++ }, nil
		}}
		issuer := tokentest.NewIssuer(t, &tokentest.Options{Audience: []string{audience}})
		o, err := p.Parse(append([]string{"-listen", "127.0.0.1:0", "-grpc-listen=", "-own", "flag", "-issuer", issuer.Identifier(), "-audience", audience}, c.args...), io.Discard)
		require.NoError(t, err, name)
		assert.Equal(t, "flag", own)
		ended, end := context.WithCancel(t.Context())
		end()
		require.NoError(t, Run(ended, o, io.Discard, io.Discard), name)
		assert.Equal(t, c.opened, opened, name)
		assert.Equal(t, c.opened, closed, name)
		if c.opened == 0 {
			continue
		}
		opens, _, err := o.openStore()
		require.NoError(t, err)
		key := issuer.ForeignKey("ES256", "")
		raw := issuer.Token(tokentest.BoundTo(key), tokentest.Scope("photos:read"))
		call := tokentest.HTTPTarget(serviceOf(t, issuer, o, opens).http, func() *http.Request { return httptest.NewRequest(http.MethodGet, "/photos", nil) })
		answer := call(t.Context(), tokentest.Credentials{
			Authorization: []string{"DPoP " + raw},
			Fields:        http.Header{"Dpop": {issuer.Proof(key, http.MethodGet, base+"/photos", raw)}},
		})
		assert.True(t, answer.Admitted)
		assert.Equal(t, 1, store.calls)
	}
}

// A program does not start without its store, nor with flags that it refuses.
func TestProgramRefuses(t *testing.T) {
	t.Parallel()
	args := []string{"-issuer", "https://a", "-audience", "x", "-dpop", "accept"}
	p := Program{Name: "x", Store: func() (dpop.ReplayStore, func(), error) { return nil, nil, context.Canceled }}
	o, err := p.Parse(args, io.Discard)
	require.NoError(t, err)
	require.ErrorIs(t, Run(t.Context(), o, io.Discard, io.Discard), context.Canceled)
	p.Check = func(b *bound.Flags) error {
		assert.True(t, b.TakesProofs())
		return context.Canceled
	}
	_, err = p.Parse(args, io.Discard)
	assert.ErrorIs(t, err, context.Canceled)
}

type countingStore struct{ calls int }

func (s *countingStore) Use(context.Context, [32]byte, time.Duration) (bool, error) {
	s.calls++
	return true, nil
}
