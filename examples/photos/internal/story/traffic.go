package story

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	pb "github.com/postern-go/postern/examples/internal/albumspb"
)

// traffic is good calls that go on in the background: each worker gets a fresh
// token and presents it to all three services, again and again.
type traffic struct {
	story  *story
	cancel context.CancelFunc
	wg     sync.WaitGroup
	rounds []atomic.Int64 // of each worker
	good   atomic.Int64
	bad    atomic.Int64

	mu      sync.Mutex
	trouble string          // the first
	signers map[string]bool // keys that signed a token which was accepted everywhere
}

const workers = 3

func (s *story) startTraffic(ctx context.Context) *traffic {
	ctx, cancel := context.WithCancel(ctx)
	tr := &traffic{story: s, cancel: cancel, rounds: make([]atomic.Int64, workers), signers: make(map[string]bool)}
	for i := range tr.rounds {
		tr.wg.Go(func() { tr.work(ctx, &tr.rounds[i]) })
	}
	return tr
}

// stop ends the traffic. A call that is under way is finished first.
func (tr *traffic) stop() {
	tr.cancel()
	tr.wg.Wait()
}

func (tr *traffic) work(ctx context.Context, rounds *atomic.Int64) {
	for ctx.Err() == nil {
		// The round goes on when the traffic ends: a call that is cut short
		// is not a refusal.
		tr.round(context.WithoutCancel(ctx))
		rounds.Add(1)
	}
}

func (tr *traffic) round(ctx context.Context) {
	raw, err := tr.story.statisticsToken(ctx)
	if err != nil {
		tr.refused("no token: " + err.Error())
		return
	}
	allGood := true
	for _, call := range []func(context.Context, string) error{tr.callAPI, tr.callPhotos, tr.callAlbums} {
		if err := call(ctx, raw); err != nil {
			tr.refused(err.Error())
			allGood = false
			continue
		}
		tr.good.Add(1)
	}
	if allGood {
		tr.accepted(raw)
	}
}

func (tr *traffic) callAPI(ctx context.Context, raw string) error {
	return tr.get(ctx, tr.story.apiURL+"/statistics", raw)
}

func (tr *traffic) callPhotos(ctx context.Context, raw string) error {
	return tr.get(ctx, tr.story.photosURL+"/statistics", raw)
}

func (tr *traffic) get(ctx context.Context, to, raw string) error {
	resp, err := tr.story.send(ctx, request{url: to, bearer: raw})
	if err == nil && resp.status != http.StatusOK {
		err = fmt.Errorf("%s answered %d", to, resp.status)
	}
	return err
}

func (tr *traffic) callAlbums(ctx context.Context, raw string) error {
	if code := rpc(ctx, tr.story.albums.CountAlbums, &pb.CountAlbumsRequest{}, raw); code != "OK" {
		return errors.New("the album service answered " + code)
	}
	return nil
}

func (tr *traffic) refused(what string) {
	tr.bad.Add(1)
	tr.mu.Lock()
	defer tr.mu.Unlock()
	if tr.trouble == "" {
		tr.trouble = what
	}
}

func (tr *traffic) accepted(raw string) {
	p, err := split(raw)
	if err != nil {
		return
	}
	kid, _ := p.header["kid"].(string)
	tr.mu.Lock()
	defer tr.mu.Unlock()
	tr.signers[kid] = true
}

// goOn waits until every worker has made n whole rounds from now on.
func (tr *traffic) goOn(ctx context.Context, n int64) error {
	target := make([]int64, len(tr.rounds))
	for i := range tr.rounds {
		target[i] = tr.rounds[i].Load() + n + 1 // one is under way
	}
	return until(ctx, func() bool {
		for i := range tr.rounds {
			if tr.rounds[i].Load() < target[i] {
				return false
			}
		}
		return true
	})
}

// seen says how many calls were refused, if tokens of that key were among
// those accepted.
func (tr *traffic) seen(kid string) answer {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	note := fmt.Sprintf("%d good calls so far", tr.good.Load())
	if tr.trouble != "" {
		note += "; first trouble: " + tr.trouble
	}
	if !tr.signers[kid] {
		return answer{text: "key never accepted", note: note}
	}
	return answer{text: fmt.Sprintf("%d calls refused", tr.bad.Load()), note: note}
}

// until polls for something to happen, within the patience of a caller.
func until(ctx context.Context, happened func() bool) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	often := time.NewTicker(2 * time.Millisecond)
	defer often.Stop()
	for !happened() {
		select {
		case <-often.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}
