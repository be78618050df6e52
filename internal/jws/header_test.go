package jws_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/internal/jws"
	"github.com/postern-go/postern/internal/rejection"
)

// An algorithm that is not known verifies nothing, though it be configured, and
// stands in the way of no other.
func TestAlgorithmsThatAreNotKnown(t *testing.T) {
	t.Parallel()
	v := jws.New(jws.Settings{Algorithms: []string{"HS256", "none", "", "ES256"}, AllowMissingType: true})
	for alg, want := range map[string]error{
		"ES256": nil, "HS256": rejection.Algorithm, "none": rejection.Algorithm, "": rejection.Algorithm, "RS256": rejection.Algorithm,
	} {
		h, err := jws.ReadHeader(`{"alg":"` + alg + `"}`)
		require.NoError(t, err)
		var fault error
		params, all := v.CheckHeader(&h, func(_ string, err error) bool { fault = err; return err == nil })
		require.ErrorIs(t, fault, want, alg)
		assert.Equal(t, want == nil, all && params.Findable(), alg)
	}
}
