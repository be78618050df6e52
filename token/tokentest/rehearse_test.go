package tokentest_test

import (
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"

	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token/tokentest"
)

// sound is a service as it should be.
func sound(t *testing.T, issuer *tokentest.Issuer) tokentest.Target {
	return tokentest.HTTPTarget(guarded(t, issuer.Config(), scope.All("orders:read")), orders)
}

var ordersRead = &tokentest.RehearsalConfig{Good: []tokentest.Edit{tokentest.Scope("orders:read")}}

func TestRehearsalsOfASoundService(t *testing.T) {
	t.Parallel()
	tokentest.RehearseRotation(t, sound, ordersRead)
	tokentest.RehearseOutage(t, sound, ordersRead)
}

func TestRehearsalsInABubble(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for _, r := range tokentest.Rotations(t, sound, ordersRead) {
			assert.NoError(t, r.Err(), r.String())
		}
	})
}
