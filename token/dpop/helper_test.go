package dpop_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/url"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/dpop"
	"github.com/postern-go/postern/token/tokentest"
)

const (
	target = "https://api.example.com/orders"
	epoch  = 1_800_000_000
)

// clock is set by hand.
type clock struct{ nanoseconds atomic.Int64 }

func newClock() *clock {
	c := &clock{}
	c.nanoseconds.Store(epoch * int64(time.Second))
	return c
}

func (c *clock) now() time.Time { return time.Unix(0, c.nanoseconds.Load()) }

func (c *clock) advance(d time.Duration) { c.nanoseconds.Add(int64(d)) }

// world is a service with one client.
type world struct {
	*tokentest.Issuer
	t        *testing.T
	clock    *clock
	checker  *dpop.Checker
	verifier *token.Verifier
	key      crypto.Signer
	prover   *dpop.Prover
	bound    string // a token
}

func newWorld(t *testing.T, cfg dpop.Config) *world {
	t.Helper()
	w := &world{t: t, clock: newClock()}
	w.Issuer = tokentest.NewIssuer(t, &tokentest.Options{Time: w.clock.now, Lifetime: 24 * time.Hour})
	w.key, w.prover = newProver(t)
	w.bound = w.Token(bind(w.prover))
	w.use(cfg)
	return w
}

// use puts a Checker with these settings into the service.
func (w *world) use(cfg dpop.Config) {
	w.t.Helper()
	cfg.Time = w.clock.now
	var err error
	w.checker, err = dpop.New(cfg)
	require.NoError(w.t, err)
	settings := w.Config()
	settings.Confirmations = []token.ConfirmationChecker{w.checker}
	w.verifier, err = token.NewVerifier(settings)
	require.NoError(w.t, err)
}

func newProver(t testing.TB) (crypto.Signer, *dpop.Prover) {
	t.Helper()
	key, err := dpop.NewKey()
	require.NoError(t, err)
	prover, err := dpop.NewProver(key)
	require.NoError(t, err)
	return key, prover
}

func bind(p *dpop.Prover) tokentest.Edit {
	return tokentest.Claim("cnf", map[string]string{"jkt": p.Thumbprint()})
}

// proof is a good one but for what edit changes.
func (w *world) proof(edit ...func(*dpop.Claims)) string {
	w.t.Helper()
	c := dpop.Claims{Method: "GET", URL: target, Token: w.bound, IssuedAt: w.clock.now()}
	for _, f := range edit {
		f(&c)
	}
	text, err := w.prover.Proof(c)
	require.NoError(w.t, err)
	return text
}

// call is a call to the service, and the fields of its answer.
type call struct {
	request token.Request
	sent    map[string]string
}

func (c *call) Request() token.Request { return c.request }

func (c *call) Respond(f token.Field) bool {
	c.sent[f.Name()] = f.Value()
	return true
}

func newCall(t testing.TB, to string, proofs ...string) *call {
	t.Helper()
	u, err := url.Parse(to)
	require.NoError(t, err)
	return &call{token.Request{Method: "GET", URL: u, DPoP: proofs}, map[string]string{}}
}

// present makes a call with the bound token, and returns the nonce of the answer.
func (w *world) present(proofs ...string) (nonce string, err error) {
	return w.presentAt(target, proofs...)
}

func (w *world) presentAt(to string, proofs ...string) (nonce string, err error) {
	w.t.Helper()
	c := newCall(w.t, to, proofs...)
	_, err = w.verifier.Authenticate(w.t.Context(), token.Presentation{Scheme: "DPoP", Token: w.bound, Call: c})
	return c.sent["DPoP-Nonce"], err
}

type object map[string]any

// forged is a proof with this header and these claims, signed with ES256. A nil
// value takes a member away.
func (w *world) forged(header, claims object) string {
	w.t.Helper()
	text := w.proof()
	h, c := decoded(w.t, text)
	edit(h, header)
	edit(c, claims)
	return signed(w.t, w.key, h, c)
}

func edit(of, with object) {
	maps.Copy(of, with)
	maps.DeleteFunc(of, func(_ string, v any) bool { return v == nil })
}

func decoded(t testing.TB, text string) (header, claims object) {
	t.Helper()
	parts := splitDots(text)
	for i, into := range []*object{&header, &claims} {
		raw, err := base64.RawURLEncoding.DecodeString(parts[i])
		require.NoError(t, err)
		require.NoError(t, json.Unmarshal(raw, into))
	}
	return header, claims
}

func signed(t testing.TB, key crypto.Signer, header, claims any) string {
	t.Helper()
	h, err := json.Marshal(header)
	require.NoError(t, err)
	c, err := json.Marshal(claims)
	require.NoError(t, err)
	return signedText(t, key, string(h), string(c))
}

func signedText(t testing.TB, key crypto.Signer, header, claims string) string {
	t.Helper()
	encode := base64.RawURLEncoding.EncodeToString
	input := encode([]byte(header)) + "." + encode([]byte(claims))
	digest := sha256.Sum256([]byte(input))
	r, s, err := ecdsa.Sign(rand.Reader, key.(*ecdsa.PrivateKey), digest[:])
	require.NoError(t, err)
	var both [64]byte
	r.FillBytes(both[:32])
	s.FillBytes(both[32:])
	return input + "." + encode(both[:])
}
