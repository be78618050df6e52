//go:build interop

package photoserver

import "testing"

// TestInteropMock has the tokens of two issuers that do not issue what RFC 9068
// says, as oauth2-mock-server signs them.
func TestInteropMock(t *testing.T) {
	t.Parallel()
	issuers := startMock(t,
		hosted{"/" + entraTenant + "/v2.0", map[string]*string{"own": nil}},
		hosted{"/" + entraForeign + "/v2.0", map[string]*string{"foreign": nil}},
		hosted{"/eu-central-1_EXAMPLE", map[string]*string{"pool": nil}},
		hosted{"/eu-central-1_ANOTHER", map[string]*string{"another": nil}},
		hosted{"/common/v2.0", map[string]*string{entraAnyKey: at("/{tenantid}/v2.0"), entraOneKey: at("/" + entraConsumers + "/v2.0")}},
	)
	t.Run("Entra", func(t *testing.T) {
		t.Parallel()
		checkEntra(t, issuers[0], issuers[1])
	})
	t.Run("Entra tenants", func(t *testing.T) {
		t.Parallel()
		checkSharedKeys(t, issuers[4], issuers[0])
		checkOwnKeys(t, issuers[0], issuers[1])
	})
	t.Run("Cognito", func(t *testing.T) {
		t.Parallel()
		checkCognito(t, issuers[2], issuers[3])
	})
}
