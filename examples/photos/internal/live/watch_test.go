package live_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"

	pb "github.com/postern-go/postern/examples/internal/albumspb"
	"github.com/postern-go/postern/examples/internal/serve"
	"github.com/postern-go/postern/examples/photos/internal/albums"
	"github.com/postern-go/postern/examples/photos/internal/live"
	"github.com/postern-go/postern/middleware"
	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/tokentest"
)

// watched is a service over each transport, with the decisions that were noted.
type watched struct {
	t      *testing.T
	issuer *tokentest.Issuer
	http   http.Handler
	albums pb.AlbumServiceClient
	noted  chan live.Decision
}

func newWatched(t *testing.T) *watched {
	t.Helper()
	w := &watched{t: t, issuer: tokentest.NewIssuer(t, nil), noted: make(chan live.Decision, 10)}
	verifier, err := token.NewVerifier(w.issuer.Config())
	require.NoError(t, err)
	watch := live.NewWatch("service", verifier, func(d live.Decision) { w.noted <- d })
	mux := middleware.New(watch, &middleware.Config{Trace: watch.Trace()}).NewMux()
	mux.HandleFunc("GET /", scope.All("photos:read"), func(http.ResponseWriter, *http.Request) {})
	w.http = watch.Handler(mux)
	srv, err := albums.NewServer(watch, new(albums.Store), watch.Trace(), watch.ServerOption())
	require.NoError(t, err)
	ln, err := serve.Loopback()
	require.NoError(t, err)
	go func() { _ = srv.Serve(ln) }() // ends with Stop
	t.Cleanup(srv.Stop)
	conn, err := grpc.NewClient(ln.Addr().String(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	w.albums = pb.NewAlbumServiceClient(conn)
	return w
}

// call presents a token over one of the transports and returns what was decided.
func (w *watched) call(transport, raw string) live.Decision {
	w.t.Helper()
	if transport == "http" {
		r := httptest.NewRequestWithContext(w.t.Context(), http.MethodGet, "/", nil)
		if raw != "" {
			r.Header.Set("Authorization", "Bearer "+raw)
		}
		w.http.ServeHTTP(httptest.NewRecorder(), r)
	} else {
		ctx := context.Background()
		if raw != "" {
			ctx = metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+raw)
		}
		_, _ = w.albums.ListAlbums(ctx, &pb.ListAlbumsRequest{})
	}
	require.Len(w.t, w.noted, 1, "each call is one decision")
	return <-w.noted
}

// Each check and what came of it is told over both transports alike, and no part
// of a token is.
func TestWatch(t *testing.T) {
	t.Parallel()
	w := newWatched(t)
	good := []tokentest.Edit{tokentest.Subject("olivia"), tokentest.ClientID("printing"), tokentest.Scope("photos:read")}
	with := func(more ...tokentest.Edit) string { return w.issuer.Token(append(good, more...)...) }
	for name, c := range map[string]struct {
		raw, reason, caller string
		failed              []string
		notMade             bool // the policy
	}{
		"good":      {raw: with(), caller: "printing for olivia"},
		"machine":   {raw: with(tokentest.Subject("job"), tokentest.ClientID("job")), caller: "job for itself"},
		"no token":  {reason: "missing", failed: []string{"credentials"}, notMade: true},
		"malformed": {raw: with() + "x", reason: "malformed", failed: []string{"compact form"}, notMade: true},
		"audience":  {raw: with(tokentest.Audience("https://other.example")), reason: "audience", failed: []string{"aud"}, notMade: true},
		"scope":     {raw: with(tokentest.Scope("x")), reason: "scope", caller: "printing for olivia", failed: []string{"policy all(photos:read)"}},
	} {
		for _, transport := range []string{"http", "grpc"} {
			d := w.call(transport, c.raw)
			assert.Equal(t, c.reason, d.Reason, name)
			assert.Equal(t, c.reason == "", d.Allowed(), name)
			assert.Equal(t, c.caller, d.Caller, name)
			assert.Equal(t, c.failed, names(d, live.Failed), "%s over %s", name, transport)
			last := d.Checks[len(d.Checks)-1]
			assert.Equal(t, "policy all(photos:read)", last.Name)
			assert.Equal(t, c.notMade, last.State == live.NotMade, name)
			assert.Equal(t, c.reason != "", d.Why != "", name)
			for part := range strings.SplitSeq(c.raw, ".") {
				assert.True(t, part == "" || !strings.Contains(fmt.Sprintf("%+v", d), part), "%s shows a token", name)
			}
		}
	}
}

// A fault hides no other one.
func TestWatchTellsAllFaults(t *testing.T) {
	t.Parallel()
	w := newWatched(t)
	d := w.call("http", w.issuer.Token(tokentest.Audience("https://other.example"), tokentest.Claim("exp", 1)))
	assert.Equal(t, []string{"exp", "aud"}, names(d, live.Failed))
	assert.Contains(t, names(d, live.Passed), "signature")
}

// Texts that a token brings along are short, and do not move a cursor.
func TestWatchKeepsLinesShort(t *testing.T) {
	t.Parallel()
	w := newWatched(t)
	d := w.call("http", w.issuer.Token(tokentest.Scope("photos:read"), tokentest.ClientID("x\x1b[2J\n"), tokentest.Subject(strings.Repeat("ü", 2000))))
	assert.True(t, d.Allowed(), d.Why)
	assert.True(t, strings.HasPrefix(d.Caller, "x?[2J? for üüü"), d.Caller)
	assert.Less(t, utf8.RuneCountInString(d.Caller), 700)
}

func names(d live.Decision, state live.State) (list []string) {
	for _, c := range d.Checks {
		if c.State == state {
			list = append(list, c.Name)
		}
	}
	return list
}
