package claims_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/postern-go/postern/internal/claims"
)

// A Set that is remembered has its one audience in itself: it must not keep the
// Set that it was copied from in memory for as long.
func TestRememberedAudience(t *testing.T) {
	t.Parallel()
	fresh := &claims.Set{Audience: []string{"api"}}
	var kept claims.Set
	kept.Remember(fresh)
	assert.True(t, kept.Remembered)
	assert.False(t, fresh.Remembered)
	kept.Strings(func(s *string) { *s += " moved" })
	assert.Equal(t, []string{"api moved"}, kept.Audience)
	assert.Equal(t, []string{"api"}, fresh.Audience)
}
