package photoserver

import (
	"context"
	"flag"
	"io"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/token/dpop"
)

type countingStore struct{ calls int }

func (s *countingStore) Use(context.Context, [32]byte, time.Duration) (bool, error) {
	s.calls++
	return true, nil
}

// TestStore holds that the store of a program goes to its checker, and is closed at
// the end.
func TestStore(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		args   []string
		opened int
	}{"without proofs": {nil, 0}, "with proofs": {[]string{"-dpop", "require", "-dpop-nonce", "-base-url", "https://photos.example"}, 1}} {
		opened, closed, flagged := 0, 0, ""
		p := Program{Name: "x", Flags: func(set *flag.FlagSet) { set.StringVar(&flagged, "own", "", "") }, Store: func() (dpop.ReplayStore, func(), error) {
			opened++
			return &countingStore{}, func() { closed++ }, nil
		}}
		o, err := p.Parse(append([]string{"-listen", "127.0.0.1:0", "-grpc-listen=", "-own", "flag", "-issuer", "https://a", "-audience", "x"}, c.args...), io.Discard)
		require.NoError(t, err, name)
		assert.Equal(t, "flag", flagged)
		ended, end := context.WithCancel(t.Context())
		end()
		require.NoError(t, Run(ended, o, io.Discard, io.Discard), name)
		assert.Equal(t, c.opened, opened, name)
		assert.Equal(t, c.opened, closed, name)
		if c.opened > 0 {
			require.Len(t, o.settings.Issuers[0].Config.Confirmations, 1)
			assert.True(t, o.settings.Issuers[0].Config.Confirmations[0].(*dpop.Checker).Required())
			assert.Equal(t, []string{"https://photos.example"}, o.resource.BaseURLs)
		}
	}
	p := Program{Name: "x", Store: func() (dpop.ReplayStore, func(), error) { return nil, nil, context.Canceled }}
	o, err := p.Parse([]string{"-issuer", "https://a", "-audience", "x", "-dpop", "accept"}, io.Discard)
	require.NoError(t, err)
	assert.ErrorIs(t, Run(t.Context(), o, io.Discard, io.Discard), context.Canceled)
}
