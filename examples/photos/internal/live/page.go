package live

import (
	"embed"
	"net"
	"net/http"
	"slices"
	"strconv"

	"github.com/postern-go/postern/examples/photos/internal/webpage"
)

//go:embed pages
var pageFiles embed.FS

var pages = webpage.MustParse(pageFiles)

// boardPage is the data of the page: the decisions, newest first.
type boardPage struct {
	Decisions []Decision
	Last      uint64
	Most      int
}

// Handler serves the page, and the stream of events that keeps it up to date. It
// answers under the names of this machine only: the page of a stranger, whose
// name has come to mean a loopback address, reads nothing.
func (b *Board) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", b.servePage)
	mux.HandleFunc("GET /events", b.serveEvents)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !ofThisMachine(r.Host) {
			http.Error(w, "this page is for this machine only", http.StatusMisdirectedRequest)
			return
		}
		mux.ServeHTTP(w, r)
	})
}

func ofThisMachine(hostport string) bool {
	host, _, err := net.SplitHostPort(hostport)
	return err == nil && slices.Contains([]string{"127.0.0.1", "localhost", "::1"}, host)
}

func (b *Board) servePage(w http.ResponseWriter, _ *http.Request) {
	list, _ := b.since(0)
	data := boardPage{Most: mostKept}
	if len(list) > 0 {
		data.Last = list[len(list)-1].Number
	}
	slices.Reverse(list)
	data.Decisions = list
	pages.Write(w, http.StatusOK, webpage.Page{Name: "board.html", Data: data})
}

// lastSeen is the number of the newest decision that a page has. A browser that
// connects again says it in a field of its own.
func lastSeen(r *http.Request) uint64 {
	for _, text := range []string{r.Header.Get("Last-Event-ID"), r.URL.Query().Get("after")} {
		if n, err := strconv.ParseUint(text, 10, 64); err == nil {
			return n
		}
	}
	return 0
}
