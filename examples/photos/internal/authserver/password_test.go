package authserver_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/examples/photos/internal/authserver"
)

// Without its rounds a password hash is worth little.
func TestPasswordsAreSlow(t *testing.T) {
	t.Parallel()
	began := time.Now()
	a, err := authserver.HashPassword("password", 0)
	require.NoError(t, err)
	assert.Greater(t, time.Since(began), 10*time.Millisecond)
	b, err := authserver.HashPassword("password", 1)
	require.NoError(t, err)
	c, err := authserver.HashPassword("password", 1)
	require.NoError(t, err)
	assert.NotEqual(t, b, c, "the same password, with salt")
	assert.NotEqual(t, a, b)
}
