package photosvc

import (
	"encoding/json"
	"errors"
	"mime"
	"net/http"
	"strings"
	"time"

	"github.com/postern-go/postern/middleware"
	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
)

// maxBody bounds the body of a request: a title is all it holds.
const maxBody = 4 << 10

// Route registers the photo service on mux. A Mux takes no route without a
// policy, so this is the whole list of what may be called by whom. ops has the
// operations that are named in this package.
func Route(mux *middleware.Mux, store *Store, ops *scope.Table) {
	h := httpFace{store}
	mux.HandleFunc("GET /photos", ofCaller(ops, ListPhotos), h.list)
	mux.HandleFunc("POST /photos", ofCaller(ops, AddPhoto), h.add)
	mux.HandleFunc("GET /whoami", ofCaller(ops, WhoAmI), h.whoAmI)
	mux.HandleFunc("GET /healthz", scope.Public, h.health)
}

// RouteStatistics registers GET /statistics, which counts everybody's photos.
// It needs photos:count, and is for services of the house: no owner may be
// behind the call.
func RouteStatistics(mux *middleware.Mux, store *Store) {
	mux.HandleFunc("GET /statistics", scope.All(ScopeCount).And(scope.Client), httpFace{store}.statistics)
}

// PhotoJSON is a photo on the wire.
type PhotoJSON struct {
	ID    string    `json:"id"`
	Title string    `json:"title"`
	Added time.Time `json:"added"`
	Image []byte    `json:"image"` // SVG, in base64
}

// PhotosJSON is the answer of GET /photos.
type PhotosJSON struct {
	Photos []PhotoJSON `json:"photos"`
}

// StatisticsJSON is the answer of GET /statistics.
type StatisticsJSON struct {
	Photos int `json:"photos"`
}

// WhoAmIJSON is the answer of GET /whoami.
type WhoAmIJSON struct {
	Subject  string `json:"sub"`
	Kind     string `json:"subject_kind"` // "user", "client" or "unknown"
	ClientID string `json:"client_id"`
	Scope    string `json:"scope"`
	Issuer   string `json:"iss"`
}

type httpFace struct{ store *Store }

func (h httpFace) list(w http.ResponseWriter, r *http.Request) {
	answer := PhotosJSON{Photos: []PhotoJSON{}}
	for _, p := range h.store.List(caller(r).Principal()) {
		answer.Photos = append(answer.Photos, PhotoJSON(p))
	}
	writeJSON(w, http.StatusOK, answer)
}

func (h httpFace) add(w http.ResponseWriter, r *http.Request) {
	title, err := readTitle(w, r)
	if err != nil {
		http.Error(w, `want a JSON object with a "title"`, http.StatusBadRequest)
		return
	}
	p, err := h.store.Add(caller(r).Principal(), title)
	switch {
	case errors.Is(err, ErrTitle):
		http.Error(w, "a title has 1 to 80 printable characters", http.StatusBadRequest)
	case errors.Is(err, ErrFull):
		http.Error(w, "no more room", http.StatusInsufficientStorage)
	default:
		writeJSON(w, http.StatusCreated, PhotoJSON(p))
	}
}

func readTitle(w http.ResponseWriter, r *http.Request) (string, error) {
	mediaType, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || mediaType != "application/json" {
		return "", errors.New("photosvc: not JSON")
	}
	var body struct {
		Title string `json:"title"`
	}
	err = json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody)).Decode(&body)
	return body.Title, err
}

func (h httpFace) statistics(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, http.StatusOK, StatisticsJSON{h.store.Count()})
}

func (h httpFace) whoAmI(w http.ResponseWriter, r *http.Request) {
	t := caller(r)
	writeJSON(w, http.StatusOK, WhoAmIJSON{
		Subject: t.Subject(), Kind: t.SubjectKind().String(), ClientID: t.ClientID(), Scope: strings.Join(t.Scopes(), " "), Issuer: t.Issuer(),
	})
}

func (h httpFace) health(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, http.StatusOK, map[string]string{"status": "ok"})
}

// caller is the verified token of a request. The routes that use it demand
// one, so that it is always there.
func caller(r *http.Request) *token.Token {
	t, _ := token.FromContext(r.Context())
	return t
}

// writeJSON answers with something that belongs to one caller.
func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // the caller has gone; nobody is left to tell
}
