package story

import (
	"context"
	"fmt"
	"slices"

	"github.com/postern-go/postern/examples/photos/internal/authserver"
)

// enough is how many rounds of traffic must have gone on for a step to count.
const enough = 10

func (s *story) issuerRotatesItsKey(ctx context.Context) {
	s.act("5. The issuer rotates its key in mid-flight",
		fmt.Sprintf("%d clients get fresh tokens and call all three services without a pause, over HTTP and gRPC. "+
			"Not one good call may be refused, whether the new key is announced ahead or used at once.", workers))
	first := s.auth.Keys().Signing()
	early, err := s.statisticsToken(ctx)
	tr := s.startTraffic(ctx)
	announced := new(string)
	s.playTraffic(ctx, "before", "0 calls refused", func(ctx context.Context) answer {
		return tr.after(ctx, err, first)
	})
	s.playTraffic(ctx, "announce a key", "known to 3 services", func(ctx context.Context) answer {
		return s.announce(ctx, announced)
	})
	s.playTraffic(ctx, "sign with it", "0 calls refused", func(ctx context.Context) answer {
		return tr.after(ctx, s.auth.Keys().Sign(*announced), *announced)
	})
	s.play(ctx, step{
		who: statistics, whom: photoService, asked: "GET /statistics", with: "a token of the old key, which is retired and still published",
		want: "200", do: s.get(photoService, "/statistics", &early), crowd: true,
	})
	late, err := s.statisticsToken(ctx)
	s.playTraffic(ctx, "sign at once again", "0 calls refused", func(ctx context.Context) answer {
		if err != nil {
			return noAnswer(err)
		}
		kid, err := s.auth.Keys().SignAtOnce(authserver.PS256)
		return tr.after(ctx, err, kid)
	})
	tr.stop()
	s.withdraw(ctx, *announced, late)
}

// playTraffic plays a step of the issuer's while the traffic goes on.
func (s *story) playTraffic(ctx context.Context, what, want string, do func(context.Context) answer) {
	s.play(ctx, step{who: authServer, whom: "everyone", asked: what, want: want, do: do, crowd: true})
}

// after is what the traffic has seen when it has gone on for a while after
// something was done to the keys.
func (tr *traffic) after(ctx context.Context, done error, kid string) answer {
	if done == nil {
		done = tr.goOn(ctx, enough)
	}
	if done != nil {
		return noAnswer(done)
	}
	return tr.seen(kid)
}

// announce publishes a key and lets most of the key set's lifetime pass, by
// when every service that is in use has fetched the set again, unasked.
func (s *story) announce(ctx context.Context, kid *string) answer {
	var err error
	if *kid, err = s.auth.Keys().Announce(authserver.EdDSA); err != nil {
		return noAnswer(err)
	}
	s.clock.moveOn(keyLifetime * 95 / 100)
	_ = until(ctx, func() bool { return s.holders(*kid) == len(s.keys) })
	return answer{
		text: fmt.Sprintf("known to %d services", s.holders(*kid)),
		note: "picked up in the background, before it has signed anything",
	}
}

// holders is how many services hold a key.
func (s *story) holders(kid string) int {
	n := 0
	for _, keys := range s.keys {
		if slices.Contains(keys.Status().KeyIDs, kid) {
			n++
		}
	}
	return n
}

// withdraw takes a key back while tokens of it are still within their
// lifetime: they die with the key set.
func (s *story) withdraw(ctx context.Context, kid, raw string) {
	s.play(ctx, s.countsPhotos("a token of the second key, before that is withdrawn", "200", &raw))
	after := s.countsPhotos("the same token, "+minutes(keyLifetime)+" after the second key was withdrawn", "401 unknown_key", &raw)
	call := after.do
	after.do = func(ctx context.Context) answer {
		if err := s.auth.Keys().Withdraw(kid); err != nil {
			return noAnswer(err)
		}
		s.clock.moveOn(keyLifetime)
		return call(ctx)
	}
	s.play(ctx, after)
}
