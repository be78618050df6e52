package story

import (
	"context"
	"net/http"
	"time"

	"github.com/postern-go/postern/examples/internal/photosvc"
	"github.com/postern-go/postern/token/dpop"
)

// loot is what a thief finds in a log of the archivist: a bearer token, a token that
// is bound to the archivist's key, and a proof that was used.
type loot struct{ bearer, bound, proof string }

func (s *story) thiefTakesTokens(ctx context.Context) {
	s.act("7. A thief takes two tokens",
		"The archivist has a bearer token and one that is bound to its key. A thief finds both in a log, with a proof that "+
			"was used. The photo service runs twice, and both replicas know which proofs were used.")
	var l loot
	s.archivistUsesBoundToken(ctx, &l)
	s.thiefUsesBoundToken(ctx, &l)
	s.thiefUsesBearerToken(ctx, &l)
}

func (s *story) archivistUsesBoundToken(ctx context.Context, l *loot) {
	s.play(ctx, step{
		who: archivist, whom: authServer, asked: "two tokens for itself", with: "its secret, and for one a proof by its key",
		want: "200", do: func(ctx context.Context) answer { return tokenEndpointAnswer(s.archivistTokens(ctx, l)) },
	})
	s.play(ctx, step{
		who: archivist, whom: photoService, asked: "GET /photos", with: "the bound token, and a proof for this call",
		want: "200", deciders: []string{photoService}, do: func(ctx context.Context) (seen answer) {
			l.proof, seen = s.proveAndPresent(ctx, s.archivistKey, l.bound)
			return seen
		},
	})
}

func (s *story) thiefUsesBoundToken(ctx context.Context, l *loot) {
	attempt := func(whom, with, want string, do func(context.Context) answer) {
		s.play(ctx, step{who: thief, whom: whom, asked: "GET /photos", with: with, want: want, deciders: []string{whom}, do: do})
	}
	attempt(photoService, "the bound token alone", "401 binding", s.present(photoService, l.bound, ""))
	attempt(photoService, "the bound token, and a proof by a key of the thief's", "401 binding", func(ctx context.Context) answer {
		_, seen := s.proveAndPresent(ctx, s.thiefKey, l.bound)
		return seen
	})
	attempt(photoService, "the bound token and its proof, once more", "401 replay", s.present(photoService, l.bound, l.proof))
	attempt(photoReplica, "the same, at the other replica", "401 replay", s.present(photoReplica, l.bound, l.proof))
}

func (s *story) thiefUsesBearerToken(ctx context.Context, l *loot) {
	const late = tokenLifetime + time.Minute // more than the leeway given to clocks
	attempt := func(with, want string) {
		s.play(ctx, step{
			who: thief, whom: photoService, asked: "GET /photos", with: with, want: want,
			deciders: []string{photoService}, do: s.present(photoService, l.bearer, ""),
		})
	}
	attempt("the bearer token", "200")
	s.clock.moveOn(late)
	attempt("the bearer token, "+minutes(late)+" later", "401 expired")
}

// present asks a replica for the photos, with a proof if it is not "".
func (s *story) present(replica, raw, proof string) func(context.Context) answer {
	at := map[string]string{photoService: s.photosURL, photoReplica: s.replicaURL}[replica]
	return s.ask(replica, request{url: at + "/photos", bearer: raw, proof: proof})
}

// proveAndPresent makes a proof and uses it. It is for the one address that clients
// know, which stands for all replicas.
func (s *story) proveAndPresent(ctx context.Context, by *dpop.Prover, raw string) (proof string, seen answer) {
	proof, err := by.Proof(dpop.Claims{Method: http.MethodGet, URL: s.photosURL + "/photos", Token: raw, IssuedAt: s.clock.now()})
	if err != nil {
		return "", noAnswer(err)
	}
	return proof, s.present(photoService, raw, proof)(ctx)
}

func (s *story) archivistTokens(ctx context.Context, l *loot) (err error) {
	if l.bearer, err = s.archivistToken(ctx, photosResource); err != nil {
		return err
	}
	client := &http.Client{Timeout: patience, Transport: proving{s.archivistKey, s.http.Transport, s.clock.now}}
	l.bound, err = s.ownTokenOver(ctx, client, ownClient{"archivist", s.secrets.archivist, photosvc.ScopeRead}, photosResource)
	return err
}

// proving sends a proof with each request to an authorization server (RFC 9449 §5).
type proving struct {
	by   *dpop.Prover
	next http.RoundTripper
	now  func() time.Time
}

func (p proving) RoundTrip(r *http.Request) (*http.Response, error) {
	proof, err := p.by.Proof(dpop.Claims{Method: r.Method, URL: r.URL.String(), IssuedAt: p.now()})
	if err != nil {
		return nil, err
	}
	r = r.Clone(r.Context())
	r.Header.Set("DPoP", proof)
	return p.next.RoundTrip(r)
}

func newProver() (*dpop.Prover, error) {
	key, err := dpop.NewKey()
	if err != nil {
		return nil, err
	}
	return dpop.NewProver(key)
}
