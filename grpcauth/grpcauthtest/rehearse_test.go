package grpcauthtest_test

import (
	"testing"

	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token/tokentest"
)

// Rehearsals run over gRPC as over HTTP: server, connection and pipe all live
// in the bubble of the scene.
func TestRehearsals(t *testing.T) {
	t.Parallel()
	orders := func(t *testing.T, issuer *tokentest.Issuer) tokentest.Target {
		return guarded(t, issuer.Config(), scope.All("orders:read"))
	}
	cfg := &tokentest.RehearsalConfig{Good: []tokentest.Edit{tokentest.Scope("orders:read")}}
	tokentest.RehearseRotation(t, orders, cfg)
	tokentest.RehearseOutage(t, orders, cfg)
}
