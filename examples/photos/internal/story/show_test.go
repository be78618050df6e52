package story_test

import (
	"context"
	"io"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	reflectionpb "google.golang.org/grpc/reflection/grpc_reflection_v1"
	"google.golang.org/grpc/status"

	pb "github.com/postern-go/postern/examples/internal/albumspb"
	"github.com/postern-go/postern/examples/photos/internal/live"
	"github.com/postern-go/postern/examples/photos/internal/story"
)

// screen is what has been printed, and tells when there is more.
type screen struct {
	mu   sync.Mutex
	text strings.Builder
	more chan struct{}
}

func (s *screen) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case s.more <- struct{}{}:
	default:
	}
	return s.text.Write(p)
}

func (s *screen) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

// find waits for a match on the screen and returns its groups.
func (s *screen) find(t *testing.T, pattern string) []string {
	t.Helper()
	late := time.After(time.Minute)
	for {
		if found := regexp.MustCompile("(?m)" + pattern).FindStringSubmatch(s.String()); found != nil {
			return found[1:]
		}
		select {
		case <-s.more:
		case <-late:
			t.Fatalf("no %q in:\n%s", pattern, s)
		}
	}
}

// show shows a town until the test ends.
func show(t *testing.T, wanted func(live.Decision) bool) *screen {
	t.Helper()
	s := &screen{more: make(chan struct{}, 1)}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- story.Show(ctx, s, wanted) }()
	t.Cleanup(func() {
		stop()
		assert.NoError(t, <-ended)
	})
	return s
}

func get(t *testing.T, url, bearer string) int {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	require.NoError(t, err)
	if bearer != "" {
		req.Header.Set("Authorization", "Bearer "+bearer)
	}
	client := &http.Client{Timeout: time.Minute, Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Do(req)
	require.NoError(t, err)
	defer resp.Body.Close()
	_, err = io.Copy(io.Discard, resp.Body)
	require.NoError(t, err)
	return resp.StatusCode
}

// The lines for a shell work as they are printed, and so do decisions.
func TestShow(t *testing.T) {
	t.Parallel()
	s := show(t, func(live.Decision) bool { return true })
	bearer := s.find(t, `^TOKEN=(\S+)$`)[0]
	curl := s.find(t, `^curl -i -H "Authorization: Bearer \$TOKEN" \\\n  (\S+/statistics)$`)[0]
	rpc := s.find(t, `^grpcurl -plaintext -H "authorization: Bearer \$TOKEN" \\\n  (\S+) (\S+)$`)
	assert.Equal(t, http.StatusOK, get(t, curl, bearer))
	s.find(t, `^\d\d:\d\d:\d\d ok  photo service  GET /statistics  statistics for itself$`)
	assert.Equal(t, http.StatusUnauthorized, get(t, curl, ""))
	s.find(t, `^\d\d:\d\d:\d\d NO  photo service  GET /statistics  no access token presented: `)
	conn, err := grpc.NewClient(rpc[0], grpc.WithTransportCredentials(insecure.NewCredentials()))
	require.NoError(t, err)
	defer conn.Close()
	ctx := metadata.AppendToOutgoingContext(t.Context(), "authorization", "Bearer "+bearer)
	count := new(pb.CountAlbumsResponse)
	require.NoError(t, conn.Invoke(ctx, "/"+rpc[1], &pb.CountAlbumsRequest{}, count))
	assert.EqualValues(t, 3, count.GetAlbums())
	s.find(t, `^\d\d:\d\d:\d\d ok  album service  CountAlbums      statistics for itself$`)
	err = conn.Invoke(ctx, "/"+strings.Repeat("x", 300)+"/"+strings.Repeat("y", 300), &pb.CountAlbumsRequest{}, count)
	assert.Equal(t, codes.PermissionDenied, status.Code(err))
	s.find(t, `^\d\d:\d\d:\d\d NO  album service  y+…  `)
	assert.Contains(t, services(t, conn), "albums.v1.AlbumService", "grpcurl asks for descriptions")
	assert.Equal(t, http.StatusOK, get(t, s.find(t, `decisions, live +(\S+)$`)[0], ""))
	assert.Equal(t, 1, strings.Count(s.String(), "eyJ")-strings.Count(bearer, ".eyJ"), "the token is printed once")
	for line := range strings.Lines(s.String()) {
		if !strings.HasPrefix(line, "TOKEN=") {
			assert.LessOrEqual(t, utf8.RuneCountInString(strings.TrimRight(line, "\n")), 80, line)
		}
	}
}

// services are those that the reflection of a server names, to anyone.
func services(t *testing.T, conn *grpc.ClientConn) string {
	t.Helper()
	stream, err := reflectionpb.NewServerReflectionClient(conn).ServerReflectionInfo(t.Context())
	require.NoError(t, err)
	require.NoError(t, stream.Send(&reflectionpb.ServerReflectionRequest{MessageRequest: &reflectionpb.ServerReflectionRequest_ListServices{}}))
	answer, err := stream.Recv()
	require.NoError(t, err)
	require.NoError(t, stream.CloseSend())
	return answer.String()
}

// Decisions that are not wanted are not printed.
func TestShowChosen(t *testing.T) {
	t.Parallel()
	s := show(t, func(d live.Decision) bool { return !d.Allowed() })
	bearer := s.find(t, `^TOKEN=(\S+)$`)[0]
	curl := s.find(t, `^  (\S+/statistics)$`)[0]
	assert.Equal(t, http.StatusOK, get(t, curl, bearer))
	assert.Equal(t, http.StatusUnauthorized, get(t, curl, ""))
	s.find(t, ` NO  photo service `)
	assert.NotContains(t, s.String(), " ok  photo service ")
}
