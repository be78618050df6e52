package seams_test

import (
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/middleware"
	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/dpop"
	"github.com/postern-go/postern/token/mtls"
	"github.com/postern-go/postern/token/tokentest"
)

// A call for bound tokens challenges with the schemes in which they come, whatever
// is wrong with it, and the other calls of the service go on as before.
func TestBoundOverTransports(t *testing.T) {
	t.Parallel()
	only := func(status int, reason, code, text string) dpopAnswer {
		return dpopAnswer{status, []string{failed("DPoP", code, text)}, reason}
	}
	const binding = "Invalid key binding"
	unbound := only(401, "INVALID_TOKEN", "invalid_token", binding)
	alternatives := scope.Bound.And(scope.Client).Or(scope.Bound.And(scope.ClientID("printer")))
	for name, row := range map[string]struct {
		policy        scope.Policy
		authorization func(*shop) []string
		proofs        func(*shop) []string
		want          dpopAnswer
	}{
		"C_9449-7.1-5 no credentials":         {scope.Bound, func(*shop) []string { return nil }, nil, dpopAnswer{401, []string{plainDPoP}, "CREDENTIALS_MISSING"}},
		"C_8705-3-5 a bearer token":           {scope.Bound, free, nil, unbound},
		"C_8705-3-5 a scope is short as well": {scope.All("x").And(scope.Bound), free, nil, unbound},
		"C_8705-3-5 so is the login":          {scope.ACR("x").And(scope.Bound), free, nil, unbound},
		"C_8705-3-5 with a stray proof":       {scope.Bound, free, proofs("garbage"), unbound},
		"C_8705-3-5 each alternative":         {alternatives, free, nil, unbound},
		"C_9449-7.1-3 under DPoP":             {scope.Bound, func(s *shop) []string { return []string{"DPoP " + s.Token()} }, nil, unbound},
		"C_9449-7.2-1 bound, under Bearer":    {scope.Bound, says("Bearer ", ""), nil, unbound},
		"a malformed token":                   {scope.Bound, says("Bearer ", "x"), nil, only(401, "INVALID_TOKEN", "invalid_token", "The access token is malformed")},
		"no proof":                            {scope.Bound, nil, proofs(), only(401, "INVALID_DPOP_PROOF", "invalid_dpop_proof", "DPoP proof required")},
		"two schemes": {scope.Bound, func(s *shop) []string { return []string{"Bearer " + s.bound, "DPoP " + s.bound} }, nil,
			only(400, "INVALID_REQUEST", "invalid_request", "More than one access token was presented")},
		"bound":             {scope.Bound, nil, nil, admitted},
		"no policy of such": {scope.Authenticated, free, nil, admitted},
		"one of two ways":   {scope.Bound.Or(scope.ClientID("printer")), free, nil, dpopAnswer{403, nil, "ACCESS_DENIED"}},
		"a rehearsal":       {scope.Authenticated.And(scope.Bound.Rehearsed()), free, nil, admitted},
	} {
		for kind, call := range transports {
			t.Run(name+"/"+string(kind), func(t *testing.T) {
				t.Parallel()
				s := newShop(t, dpop.Config{})
				s.policy = row.policy
				authorization, sent := []string{"DPoP " + s.bound}, []string{s.proof()}
				if row.authorization != nil {
					authorization = row.authorization(s)
				}
				if row.proofs != nil {
					sent = row.proofs(s)
				}
				got := call(t, s.with(sent...), authorization...)
				if row.want.status == http.StatusForbidden && kind != scope.HTTP {
					assert.Equal(t, row.want.reason, reasonOf(t, got.err))
					return
				}
				row.want.check(t, kind, got)
			})
		}
	}
}

func free(s *shop) []string { return []string{"Bearer " + s.Token()} }

// Challenges of a bound call that name scopes name no other scheme all the same.
func TestBoundNamesScopes(t *testing.T) {
	t.Parallel()
	for kind, call := range transports {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			s := newShop(t, dpop.Config{})
			s.policy = scope.Bound.And(scope.All("orders"))
			for asks, want := range map[bool]string{false: plainDPoP, true: `DPoP realm="api", scope="orders"` + algs + rm} {
				s.resource.ChallengeScopes = asks
				dpopAnswer{401, []string{want}, "CREDENTIALS_MISSING"}.check(t, kind, call(t, s.setup))
			}
			got := call(t, s.with(s.proof()), "DPoP "+s.bound)
			assert.Equal(t, []string{`DPoP realm="api", error="insufficient_scope", error_description="The access token lacks a required scope", scope="orders"` + algs + rm}, got.challenges)
		})
	}
}

// Tokens that are bound to certificates come under Bearer, so challenges keep it.
// Where every token must be bound and none of them comes so, no challenge has it.
func TestSchemesOfBoundTokens(t *testing.T) {
	t.Parallel()
	const invalid = "invalid_token"
	certificates, err := mtls.New(mtls.Config{})
	require.NoError(t, err)
	proofs, err := dpop.New(dpop.Config{})
	require.NoError(t, err)
	badBearer, badDPoP := failed("Bearer", invalid, "Invalid key binding"), failed("DPoP", invalid, "Invalid key binding")
	for name, row := range map[string]struct {
		checkers []token.ConfirmationChecker
		all      bool // Config.RequireBound
		policy   scope.Policy
		missing  []string
		unbound  []string
	}{
		"C_9449-7.1-5 DPoP":                     {[]token.ConfirmationChecker{proofs}, false, scope.Bound, []string{plainDPoP}, []string{badDPoP}},
		"C_9449-7.1-5 DPoP, for every call":     {[]token.ConfirmationChecker{proofs}, true, scope.Authenticated, []string{plainDPoP}, []string{badDPoP}},
		"C_8705-3-5 certificates":               {[]token.ConfirmationChecker{certificates}, false, scope.Bound, []string{plainBearer}, []string{badBearer}},
		"C_8705-3-5 certificates, every call":   {[]token.ConfirmationChecker{certificates}, true, scope.Authenticated, []string{plainBearer}, []string{badBearer}},
		"C_8705-3-5 both":                       {[]token.ConfirmationChecker{certificates, proofs}, false, scope.Bound, []string{plainBearer, plainDPoP}, []string{badBearer, plainDPoP}},
		"C_8705-3-5 both, for every call":       {[]token.ConfirmationChecker{proofs, certificates}, true, scope.Authenticated, []string{plainBearer, plainDPoP}, []string{badBearer, plainDPoP}},
		"C_8705-3-5 by policy and for all":      {[]token.ConfirmationChecker{proofs}, true, scope.Bound, []string{plainDPoP}, []string{badDPoP}},
		"C_8705-3-5 nothing that binds, though": {nil, false, scope.Bound, []string{plainBearer}, []string{badBearer}},
	} {
		for kind, call := range transports {
			t.Run(name+"/"+string(kind), func(t *testing.T) {
				t.Parallel()
				issuer := tokentest.NewIssuer(t, nil)
				cfg := issuer.Config()
				cfg.Confirmations, cfg.RequireBound = row.checkers, row.all
				verifier, err := token.NewVerifier(cfg)
				require.NoError(t, err)
				several := token.ByIssuer(map[string]token.Authenticator{cfg.Issuer: verifier})
				for _, auth := range []token.Authenticator{verifier, several} {
					s := setup{resource: resource, policy: row.policy, auth: auth}
					dpopAnswer{401, row.missing, "CREDENTIALS_MISSING"}.check(t, kind, call(t, s))
					dpopAnswer{401, row.unbound, "INVALID_TOKEN"}.check(t, kind, call(t, s, "Bearer "+issuer.Token()))
				}
			})
		}
	}
}

// The audit of a Mux finds Bound where no checker of bindings is configured.
func TestAuditOfBound(t *testing.T) {
	t.Parallel()
	issuer := tokentest.NewIssuer(t, nil)
	verifier, err := token.NewVerifier(issuer.Config())
	require.NoError(t, err)
	mux := middleware.New(verifier, nil).NewMux()
	mux.Handle("GET /", scope.Bound, http.NotFoundHandler())
	require.ErrorIs(t, mux.Audit(), token.ErrConfig)
	assert.NotEmpty(t, mux.Posture().Rules[0].NeverMet)
}

// A certificate meets the rule, and one whose holder is another does not.
func TestBoundToCertificate(t *testing.T) {
	t.Parallel()
	binding, err := mtls.New(mtls.Config{})
	require.NoError(t, err)
	issuer := tokentest.NewIssuer(t, nil)
	cfg := issuer.Config()
	cfg.Confirmations = []token.ConfirmationChecker{binding}
	verifier, err := token.NewVerifier(cfg)
	require.NoError(t, err)
	mine, other := tokentest.NewCertificate(t, nil), tokentest.NewCertificate(t, nil)
	handler := middleware.New(verifier, nil).Require(scope.Bound)(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	for name, row := range map[string]struct {
		text      string
		presented *tokentest.Certificate
		want      int
	}{
		"C_8705-3-5 bound":   {issuer.Token(tokentest.BoundToCertificate(mine)), mine, 200},
		"C_8705-3-1 another": {issuer.Token(tokentest.BoundToCertificate(mine)), other, 401},
		"C_8705-3-5 unbound": {issuer.Token(), mine, 401},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
			r.TLS = &tls.ConnectionState{PeerCertificates: []*x509.Certificate{row.presented.X509()}}
			r.Header.Set("Authorization", "Bearer "+row.text)
			w := httptest.NewRecorder()
			handler.ServeHTTP(w, r)
			assert.Equal(t, row.want, w.Code)
		})
	}
}

// Of several issuers, one that binds tokens to certificates is enough for Bearer.
func TestSchemesOfSeveralIssuers(t *testing.T) {
	t.Parallel()
	certificates, err := mtls.New(mtls.Config{})
	require.NoError(t, err)
	proofs, err := dpop.New(dpop.Config{})
	require.NoError(t, err)
	for name, row := range map[string]struct {
		a, b []token.ConfirmationChecker
		want []string
	}{
		"certificates first": {[]token.ConfirmationChecker{certificates}, []token.ConfirmationChecker{proofs}, []string{plainBearer, plainDPoP}},
		"certificates last":  {[]token.ConfirmationChecker{proofs}, []token.ConfirmationChecker{certificates}, []string{plainBearer, plainDPoP}},
		"proofs and none":    {nil, []token.ConfirmationChecker{proofs}, []string{plainDPoP}},
	} {
		for kind, call := range transports {
			t.Run(name+"/"+string(kind), func(t *testing.T) {
				t.Parallel()
				all := map[string]token.Authenticator{}
				for issuer, checkers := range map[string][]token.ConfirmationChecker{"https://a.example.com": row.a, "https://b.example.com": row.b} {
					cfg := tokentest.NewIssuer(t, nil).Config()
					cfg.Issuer, cfg.Confirmations = issuer, checkers
					verifier, err := token.NewVerifier(cfg)
					require.NoError(t, err)
					all[issuer] = verifier
				}
				s := setup{resource: resource, policy: scope.Bound, auth: token.ByIssuer(all)}
				dpopAnswer{401, row.want, "CREDENTIALS_MISSING"}.check(t, kind, call(t, s))
			})
		}
	}
}
