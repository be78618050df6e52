package dpop_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/postern-go/postern/token/dpop"
)

var challenges = map[string]bool{
	`DPoP error="use_dpop_nonce"`: true,
	`dpop Error=use_dpop_nonce`:   true,
	`DPoP realm="api", error="use_dpop_nonce", error_description="A DPoP nonce is required", algs="ES256 PS256"`: true,
	`DPoP error = "use_dpop_nonce"`:                                      true,
	`Bearer realm="a, \"DPoP", DPoP algs="ES256",error="use_dpop_nonce"`: true,
	`Negotiate, DPoP error="use_dpop_nonce"`:                             true,
	`Negotiate YII+/a==, DPoP error="use_dpop_nonce"`:                    true,
	`,, DPoP ,realm=x, ,error="use_dpop\_nonce"`:                         true,
	"DPoP\terror=\"use_dpop_nonce\"":                                     true,

	``:                                false,
	`DPoP`:                            false,
	`DPoP error="invalid_dpop_proof"`: false,
	`DPoP error="USE_DPOP_NONCE"`:     false,
	`DPoP error="use_dpop_nonces"`:    false,
	`DPoP error="use_dpop_nonce`:      false,
	`DPoP error_description="use_dpop_nonce"`:                   false,
	`DPoP realm="error=use_dpop_nonce"`:                         false,
	`DPoP realm="a\", error=use_dpop_nonce"`:                    false,
	`Bearer error="use_dpop_nonce"`:                             false,
	`Bearer realm="DPoP", error="use_dpop_nonce"`:               false,
	`DPoP algs="ES256", Bearer error="use_dpop_nonce"`:          false,
	`DPoP error="invalid_token", error="use_dpop_nonce"`:        false,
	`DPoPerror="use_dpop_nonce"`:                                false,
	`error="use_dpop_nonce", DPoP`:                              false,
	`"DPoP error=use_dpop_nonce"`:                               false,
	`DPoP @, error="use_dpop_nonce"`:                            false,
	`XDPoP error="use_dpop_nonce"`:                              false,
	`DPoP error="invalid_token", Basic, error="use_dpop_nonce"`: false,
}

func TestDemandsOfNonces(t *testing.T) {
	t.Parallel()
	for value, want := range challenges {
		assert.Equal(t, want, dpop.RefusedForNonce(value), value)
		for status, may := range map[int]bool{200: false, 400: false, 401: true, 403: false, 503: false} {
			resp := &http.Response{StatusCode: status, Header: http.Header{"Www-Authenticate": {`Bearer realm="api"`, value}}}
			assert.Equal(t, want && may, dpop.DemandsNonce(resp), "%d %s", status, value)
		}
	}
	many := http.Header{}
	for range 16 {
		many.Add("WWW-Authenticate", "Basic")
	}
	many.Add("WWW-Authenticate", `DPoP error="use_dpop_nonce"`)
	assert.False(t, dpop.DemandsNonce(&http.Response{StatusCode: 401, Header: many}))
}

// FuzzDemand wants every demand to be one that can be seen in the field, and text in
// quotes neither to be a demand nor to hide one.
func FuzzDemand(f *testing.F) {
	for value := range challenges {
		f.Add(value)
	}
	escape := strings.NewReplacer(`\`, `\\`, `"`, `\"`)
	f.Fuzz(func(t *testing.T, value string) {
		plain := strings.ToLower(strings.ReplaceAll(value, `\`, ""))
		if i := strings.Index(plain, "dpop"); dpop.RefusedForNonce(value) && (i < 0 || !strings.Contains(plain[i:], "use_dpop_nonce")) {
			t.Errorf("%q has no demand", value)
		}
		quoted := `Bearer realm="` + escape.Replace(value) + `"`
		if dpop.RefusedForNonce(quoted) {
			t.Errorf("%q has no demand", quoted)
		}
		if quoted += `, DPoP error="use_dpop_nonce"`; !dpop.RefusedForNonce(quoted) {
			t.Errorf("%q hides a demand", quoted)
		}
	})
}
