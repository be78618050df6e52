package seams_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/tokentest"
)

const (
	lacksDetail = `Bearer realm="api", error="insufficient_scope", error_description="The access token lacks a required authorization detail", resource_metadata="https://api.test/md"`
	isInvalid   = `Bearer realm="api", error="invalid_token", error_description="The access token is invalid", resource_metadata="https://api.test/md"`
)

// verdict is how a call must end, over every transport.
type verdict struct {
	status    int
	code      codes.Code
	challenge string // "": none
	reason    string // of the operator, as token.Reason names it
}

var (
	passes      = verdict{200, codes.OK, "", ""}
	noDetail    = verdict{403, codes.PermissionDenied, lacksDetail, "detail"}
	deniesActor = verdict{403, codes.PermissionDenied, "", "denied"}
	refusesAll  = verdict{401, codes.Unauthenticated, isInvalid, "claim"}
)

// claimsCase is a token with these claims, and the policy that it meets.
type claimsCase struct {
	policy scope.Policy
	claims string // members of a JSON object
	want   verdict
}

// holdClaims presents the tokens as JWTs, twice, so that the second call meets a
// token that is remembered, and as opaque ones that a database vouches for.
func holdClaims(t *testing.T, cases map[string]claimsCase) {
	t.Helper()
	issuer := tokentest.NewIssuer(t, &tokentest.Options{Identifier: "https://as.example.com", Audience: []string{"https://api.example.com"}})
	cfg := issuer.Config()
	cfg.MaxTokenSize = 1 << 16
	verifier, err := token.NewVerifier(cfg)
	require.NoError(t, err)
	for name, c := range cases {
		raw := issuer.Token(tokentest.PayloadText(func(text string) string {
			return strings.TrimSuffix(strings.TrimSuffix(text, "}")+","+c.claims, ",") + "}"
		}))
		held := machine()
		held.Issuer, held.Subject, held.ClientID, held.JSON = "https://as.example.com", "alice", "test-client", []byte("{"+c.claims+"}")
		for kind, call := range transports {
			t.Run(name+"/"+string(kind), func(t *testing.T) {
				t.Parallel()
				for _, presented := range []struct {
					auth token.Authenticator
					raw  string
				}{{verifier, raw}, {verifier, raw}, {vouching{held}, "x"}} {
					var told error
					tell := func(_ context.Context, d scope.Decision) { told = d.Err }
					got := call(t, setup{
						auth: presented.auth, policy: c.policy, trace: &scope.Trace{Refused: tell},
						resource: scope.Resource{Metadata: "https://api.test/md"},
					}, "Bearer "+presented.raw)
					c.want.hold(t, kind, got)
					assert.Equal(t, c.want.reason, token.Reason(told))
				}
			})
		}
	}
}

// vouching vouches for one set of claims, whatever it is presented with.
type vouching struct{ token.VouchedClaims }

func (v vouching) Authenticate(_ context.Context, p token.Presentation) (*token.Token, error) {
	return token.Vouched(p.Token, v.VouchedClaims)
}

func (v verdict) hold(t *testing.T, kind scope.Transport, got reply) {
	t.Helper()
	assert.Equal(t, v.code == codes.OK, got.admitted)
	if kind == scope.HTTP {
		assert.Equal(t, v.status, got.status)
	} else {
		assert.Equal(t, v.code, status.Code(got.err))
	}
	if v.challenge == "" {
		assert.Empty(t, got.challenges)
	} else {
		assert.Equal(t, []string{v.challenge}, got.challenges)
	}
}

// A rule about authorization_details wants all in one element, and asks for no
// scope if there is none.
func TestAuthorizationDetails(t *testing.T) {
	t.Parallel()
	write := scope.HasDetail(scope.Detail{Type: "address-book", Actions: []string{"write"}, Datatypes: []string{"contacts"}})
	withDetails := func(p scope.Policy, elements string, want verdict) claimsCase {
		return claimsCase{p, `"authorization_details":` + elements, want}
	}
	holdClaims(t, map[string]claimsCase{
		"C_9396-9.2-1 one element with all": withDetails(write, `[{"type":"address-book","actions":["read","write"],"datatypes":["contacts"]}]`, passes),
		"C_9396-2.2-2 C_9396-err-1 actions of one, datatypes of another": withDetails(write,
			`[{"type":"address-book","actions":["read"],"datatypes":["contacts"]},{"type":"address-book","actions":["write"],"datatypes":["photos"]}]`, noDetail),
		"C_9396-2.2-1 actions as a string":    withDetails(write, `[{"type":"address-book","actions":"write","datatypes":["contacts"]}]`, noDetail),
		"C_9396-9-1 the type in another case": withDetails(write, `[{"type":"Address-Book","actions":["write"],"datatypes":["contacts"]}]`, noDetail),
		"C_9396-9.1-1 for another service":    withDetails(write, `[{"type":"address-book","actions":["write"],"datatypes":["contacts"],"locations":["https://other"]}]`, noDetail),
		"C_9396-2-1 an object":                withDetails(write, `{"type":"address-book","actions":["write"],"datatypes":["contacts"]}`, refusesAll),
		"C_9396-2-1 an element without a type": withDetails(write,
			`[{"type":"address-book","actions":["write"],"datatypes":["contacts"]},{"actions":["write"]}]`, refusesAll),
		"C_9396-2-1 a type that is a number":      withDetails(write, `[{"type":"address-book","actions":["write"],"datatypes":["contacts"]},{"type":5}]`, refusesAll),
		"65 elements":                             withDetails(write, `[{"type":"address-book","actions":["write"],"datatypes":["contacts"]}`+strings.Repeat(`,{"type":"x"}`, 64)+`]`, refusesAll),
		"more than 16 KiB":                        withDetails(write, `[{"type":"address-book","actions":["write"],"datatypes":["contacts"],"x":"`+strings.Repeat("x", 16<<10)+`"}]`, refusesAll),
		"C_9396-2-1 malformed, and not asked for": withDetails(scope.Authenticated, `"x"`, passes),
		"no claim":                                {write, ``, noDetail},
		"or a role that it has not":               {write.Or(scope.ClientID("web")), ``, noDetail},
	})
}

// Over gRPC the details of the status say what the challenge says.
func TestC_9396_err_1_ErrorInfo(t *testing.T) {
	t.Parallel()
	held := machine()
	held.Expiry = time.Now().Add(time.Hour)
	for _, kind := range []scope.Transport{"unary", "stream"} {
		got := transports[kind](t, setup{auth: vouching{held}, policy: scope.HasDetail(scope.Detail{Type: "x"}), resource: scope.Resource{Identifier: "https://api.test"}}, "Bearer x")
		refused := status.Convert(got.err)
		assert.Equal(t, "The access token lacks a required authorization detail", refused.Message())
		require.Len(t, refused.Details(), 1)
		info := refused.Details()[0].(*errdetails.ErrorInfo)
		said, err := json.Marshal([]any{info.Reason, info.Domain, info.Metadata})
		require.NoError(t, err)
		assert.JSONEq(t, `["INSUFFICIENT_SCOPE","api.test",null]`, string(said))
	}
}
