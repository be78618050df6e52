package photoserver

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"
	reflectionpb "google.golang.org/grpc/reflection/grpc_reflection_v1"
	"google.golang.org/grpc/status"

	pb "github.com/postern-go/postern/examples/internal/photospb"
	"github.com/postern-go/postern/token/tokentest"
)

// running is the command as it is started from a shell, over the network.
type running struct {
	t      *testing.T
	url    string
	conn   *grpc.ClientConn
	photos pb.PhotoServiceClient
}

func start(t *testing.T, args ...string) *running {
	t.Helper()
	o, err := photoservice.Parse(append([]string{"-listen", "127.0.0.1:0", "-grpc-listen", "127.0.0.1:0"}, args...), io.Discard)
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	r, w := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		err := Run(ctx, o, w, io.Discard)
		_ = w.CloseWithError(io.EOF)
		ended <- err
	}()
	t.Cleanup(func() {
		cancel()
		assert.NoError(t, <-ended, "an orderly end")
	})
	lines := bufio.NewScanner(r)
	s := &running{t: t, url: said(t, lines, "HTTP on ")}
	s.conn, err = grpc.NewClient(said(t, lines, "gRPC on "), grpc.WithTransportCredentials(insecure.NewCredentials()))
	require.NoError(t, err)
	t.Cleanup(func() { _ = s.conn.Close() })
	s.photos = pb.NewPhotoServiceClient(s.conn)
	return s
}

func said(t *testing.T, lines *bufio.Scanner, what string) string {
	t.Helper()
	for lines.Scan() {
		if where, ok := strings.CutPrefix(lines.Text(), what); ok {
			return where
		}
	}
	t.Fatalf("the service did not say %q", what)
	return ""
}

func (s *running) call(route, bearer, body string) (int, http.Header, map[string]any) {
	s.t.Helper()
	method, path, _ := strings.Cut(route, " ")
	req, err := http.NewRequestWithContext(s.t.Context(), method, s.url+path, strings.NewReader(body))
	require.NoError(s.t, err)
	req.Header.Set("Content-Type", "application/json")
	if bearer != "" {
		req.Header.Set("Authorization", "Bearer "+bearer)
	}
	resp, err := http.DefaultClient.Do(req)
	require.NoError(s.t, err)
	defer resp.Body.Close()
	var answer map[string]any
	_ = json.NewDecoder(resp.Body).Decode(&answer) // refusals have no body
	return resp.StatusCode, resp.Header, answer
}

// What an issuer is let off is said before a call comes in, for each issuer.
func TestRelaxationsAreSaid(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		more []string
		want bool
	}{"strict": {}, "legacy": {[]string{"-legacy"}, true}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			args := append([]string{"-listen", "127.0.0.1:0", "-grpc-listen=", "-issuer", "https://login.example.com", "-audience", audience}, c.more...)
			o, err := photoservice.Parse(args, io.Discard)
			require.NoError(t, err)
			ended, end := context.WithCancel(t.Context())
			end()
			var told strings.Builder
			require.NoError(t, Run(ended, o, &told, io.Discard))
			assert.Equal(t, c.want, strings.Contains(told.String(), "\nrelaxed: "), told.String())
		})
	}
}

func bearing(t *testing.T, bearer string) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	t.Cleanup(cancel)
	if bearer == "" {
		return ctx
	}
	return metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+bearer)
}

func loopback(t *testing.T) *tokentest.Issuer {
	t.Helper()
	return tokentest.NewLoopbackIssuer(t, &tokentest.Options{Audience: []string{audience}})
}

// What each route needs, and each method.
func TestPolicies(t *testing.T) {
	t.Parallel()
	issuer := loopback(t)
	s := start(t, "-issuer", issuer.Identifier(), "-audience", audience)
	read, write := issuer.Token(tokentest.Scope("photos:read")), issuer.Token(tokentest.Scope("photos:write"))
	bare, other := issuer.Token(), issuer.Token(tokentest.Scope("photos:read"), tokentest.Audience("https://other.example"))
	title := `{"title": "Harbour at dawn"}`
	for name, c := range map[string]struct {
		route, bearer, body string
		http                int
		grpc                codes.Code
		rpc                 func(context.Context) error
	}{
		"list":                  {"GET /photos", read, "", 200, codes.OK, s.list},
		"list without token":    {"GET /photos", "", "", 401, codes.Unauthenticated, s.list},
		"list without scope":    {"GET /photos", write, "", 403, codes.PermissionDenied, s.list},
		"list for another":      {"GET /photos", other, "", 401, codes.Unauthenticated, s.list},
		"add":                   {"POST /photos", write, title, 201, codes.OK, s.add},
		"add without token":     {"POST /photos", "", title, 401, codes.Unauthenticated, s.add},
		"add without scope":     {"POST /photos", read, title, 403, codes.PermissionDenied, s.add},
		"whoami":                {"GET /whoami", bare, "", 200, codes.OK, s.whoAmI},
		"whoami without token":  {"GET /whoami", "", "", 401, codes.Unauthenticated, s.whoAmI},
		"health":                {"GET /healthz", "", "", 200, codes.OK, s.health},
		"health with bad token": {"GET /healthz", "garbage", "", 200, codes.OK, s.health},
		"watch without token":   {"GET /photos", "", "", 401, codes.Unauthenticated, s.watch},
		"watch without scope":   {"GET /photos", write, "", 403, codes.PermissionDenied, s.watch},
		"reflection":            {"GET /healthz", "", "", 200, codes.OK, s.reflection},
		"unlisted":              {"GET /secrets", "", "", 401, codes.Unauthenticated, s.unlisted},
		"unlisted with token":   {"GET /secrets", read, "", 403, codes.PermissionDenied, s.unlisted},
	} {
		t.Run(name, func(t *testing.T) {
			got, _, _ := s.call(c.route, c.bearer, c.body)
			assert.Equal(t, c.http, got)
			assert.Equal(t, c.grpc, status.Code(c.rpc(bearing(t, c.bearer))))
		})
	}
}

func (s *running) list(ctx context.Context) error {
	_, err := s.photos.ListPhotos(ctx, &pb.ListPhotosRequest{})
	return err
}

func (s *running) add(ctx context.Context) error {
	_, err := s.photos.AddPhoto(ctx, &pb.AddPhotoRequest{Title: "Harbour at dawn"})
	return err
}

func (s *running) whoAmI(ctx context.Context) error {
	_, err := s.photos.WhoAmI(ctx, &pb.WhoAmIRequest{})
	return err
}

func (s *running) health(ctx context.Context) error {
	_, err := healthpb.NewHealthClient(s.conn).Check(ctx, &healthpb.HealthCheckRequest{})
	return err
}

func (s *running) watch(ctx context.Context) error {
	stream, err := s.photos.WatchPhotos(ctx, &pb.WatchPhotosRequest{})
	if err == nil {
		_, err = stream.Recv()
	}
	return err
}

func (s *running) reflection(ctx context.Context) error {
	stream, err := reflectionpb.NewServerReflectionClient(s.conn).ServerReflectionInfo(ctx)
	if err != nil {
		return err
	}
	if err := stream.Send(&reflectionpb.ServerReflectionRequest{
		MessageRequest: &reflectionpb.ServerReflectionRequest_ListServices{},
	}); err != nil {
		return err
	}
	answer, err := stream.Recv()
	if err == nil {
		assert.Contains(s.t, answer.String(), "photos.v1.PhotoService")
	}
	return err
}

func (s *running) unlisted(ctx context.Context) error {
	return s.conn.Invoke(ctx, "/photos.v1.PhotoService/DeleteAll", &pb.ListPhotosRequest{}, &pb.ListPhotosResponse{})
}

func TestWhoAmI(t *testing.T) {
	t.Parallel()
	issuer := loopback(t)
	s := start(t, "-issuer", issuer.Identifier(), "-audience", audience)
	raw := issuer.Token(tokentest.Subject("olivia"), tokentest.ClientID("printing"), tokentest.Scope("photos:read", "x"))
	_, _, answer := s.call("GET /whoami", raw, "")
	assert.Equal(t, map[string]any{
		"sub": "olivia", "client_id": "printing", "scope": "photos:read x", "iss": issuer.Identifier(), "subject_kind": "unknown",
	}, answer)
	who, err := s.photos.WhoAmI(bearing(t, raw), &pb.WhoAmIRequest{})
	require.NoError(t, err)
	assert.Equal(t, []string{"olivia", "printing", "photos:read x", issuer.Identifier()},
		[]string{who.GetSub(), who.GetClientId(), who.GetScope(), who.GetIss()})
}

// Photos belong to the subject of the token, whichever way they came in.
func TestPhotosAreTheirOwners(t *testing.T) {
	t.Parallel()
	issuer := loopback(t)
	s := start(t, "-issuer", issuer.Identifier(), "-audience", audience)
	both := tokentest.Scope("photos:read", "photos:write")
	olivia, ben := issuer.Token(tokentest.Subject("olivia"), both), issuer.Token(tokentest.Subject("ben"), both)

	watch, err := s.photos.WatchPhotos(bearing(t, olivia), &pb.WatchPhotosRequest{})
	require.NoError(t, err)
	_, err = s.photos.AddPhoto(bearing(t, ben), &pb.AddPhotoRequest{Title: "Night train"})
	require.NoError(t, err)
	status, _, added := s.call("POST /photos", olivia, `{"title": "Harbour at dawn"}`)
	require.Equal(t, http.StatusCreated, status)
	assert.NotEmpty(t, added["image"])
	seen, err := watch.Recv()
	require.NoError(t, err)
	assert.Equal(t, "Harbour at dawn", seen.GetPhoto().GetTitle())

	list, err := s.photos.ListPhotos(bearing(t, olivia), &pb.ListPhotosRequest{})
	require.NoError(t, err)
	require.Len(t, list.GetPhotos(), 1)
	assert.Equal(t, "Harbour at dawn", list.GetPhotos()[0].GetTitle())
	_, _, answer := s.call("GET /photos", ben, "")
	require.Len(t, answer["photos"], 1)
	assert.Contains(t, answer["photos"].([]any)[0], "title")
	assert.Equal(t, "Night train", answer["photos"].([]any)[0].(map[string]any)["title"])
}

func TestAddRefusesNonsense(t *testing.T) {
	t.Parallel()
	issuer := loopback(t)
	s := start(t, "-issuer", issuer.Identifier(), "-audience", audience)
	raw := issuer.Token(tokentest.Scope("photos:write"))
	for name, body := range map[string]string{
		"empty": "", "not JSON": "title", "no title": "{}", "blank": `{"title": " "}`, "unprintable": `{"title": "a\u0000"}`,
		"too long": `{"title": "` + strings.Repeat("a", 81) + `"}`, "huge": `{"title": "` + strings.Repeat("a", 1<<20) + `"}`,
	} {
		got, _, _ := s.call("POST /photos", raw, body)
		assert.Equal(t, http.StatusBadRequest, got, name)
	}
	_, err := s.photos.AddPhoto(bearing(t, raw), &pb.AddPhotoRequest{})
	assert.Equal(t, codes.InvalidArgument, status.Code(err))
}
