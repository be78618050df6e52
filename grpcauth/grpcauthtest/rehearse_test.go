package grpcauthtest_test

import (
	"testing"

	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token/tokentest"
	"github.com/postern-go/postern/token/tokentest/rehearse"
)

// Rehearsals run over gRPC as over HTTP: server, connection and pipe all live
// in the bubble of the scenario.
func TestRehearsals(t *testing.T) {
	if testing.Short() {
		t.Skip("long")
	}
	t.Parallel()
	orders := func(t *testing.T, issuer *tokentest.Issuer) tokentest.Target {
		return guarded(t, issuer.Config(), scope.All("orders:read"))
	}
	cfg := &rehearse.Config{Good: []tokentest.Edit{tokentest.Scope("orders:read")}}
	rehearse.TestRotation(t, orders, cfg)
	rehearse.TestOutage(t, orders, cfg)
}
